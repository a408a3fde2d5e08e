# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cameras that go and come back, for gst-detect-1.0 --live and for
gst-detect-rtsp-1.0."""
import json
import os
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Iterator, List, Tuple

from common import command
from marks import timeout
from streams import Camera, Program, Server, ffmpeg_rtsp, probe, usage_grows

LIVES = int(os.environ.get("DETECT_CAMERA_LIVES", "3"))
AWAY = 2  # seconds; frames are put in after one
# What the camera may be when it comes back.
FORMS = (("320x240", "h264"), ("160x120", "h264"), ("320x240", "jpeg"))


def forms() -> Iterator[Tuple[str, str]]:
    """Size and codec of each of the camera's lives."""
    return islice(cycle(FORMS), LIVES)


def next_frame(program: Program, width: int = 0) -> dict:
    """The next JSON line, of a frame of that width."""
    while True:
        line = json.loads(program.expect(r"^\{.*\}$").group())
        if width in (0, line["width"]):
            return line


def check_usage(usage: List[Tuple[int, int, int]]) -> None:
    """Of a program, in each of its camera's lives. The first ones make room for each of
    the forms."""
    print("# kB, descriptors, threads:", *usage)
    before = usage[min(len(FORMS), len(usage)) - 1]
    assert not usage_grows(before, usage[-1]), usage


def gst_detect(*words: object) -> Program:
    return Program(["gst-detect-1.0", "--live", "--json", "-", "--interval", "10", *words])


@timeout(60 + 30 * LIVES)
def test_file_goes_on():
    """What is written has no hole, while the camera is away and with each form."""
    with tempfile.TemporaryDirectory() as name, Camera() as first:
        target = Path(name) / "out.mp4"
        with gst_detect("--output", target, first.uri) as program:
            next_frame(program)
            first.kill()
            usage = []
            for size, codec in forms():
                program.expect("trying again")
                time.sleep(AWAY)  # nothing tells of frames that are put in
                with Camera(size, codec, first.port):
                    program.expect("frames come again")
                    for _ in range(10):
                        next_frame(program, int(size.split("x")[0]))
                    usage.append(program.usage())
            check_usage(usage)
            assert program.interrupt() == 130
        lines = [line for line in program.lines + program.pending() if line.startswith("{")]
        found = probe(target)
        assert (found["width"], found["height"]) == ("320", "240"), found
        # Frames that were put in are in the video, but are no frames of the camera's.
        assert int(found["nb_read_frames"]) > len(lines), (found, len(lines))
        times = [float(word) for word in command(
            ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0",
             target]).stdout.replace(",", " ").split()]
        times.sort()
        assert max(b - a for a, b in zip(times, times[1:])) < 4, times


@timeout(60 + 30 * LIVES)
def test_served_stream_goes_on():
    """A client of the RTSP server gets frames all the time, whatever happens to the
    camera behind it."""
    with Camera() as first, Server("--interval", "10", first.uri) as server:
        client = Program([*ffmpeg_rtsp(server.uri(), "tcp", "-", 3600), "-flush_packets", "1"])
        with client:
            for _ in range(20):
                client.expect(r"^0, ")
            first.kill()
            usage = []
            for size, codec in forms():
                server.expect("trying again")
                client.pending()
                for _ in range(5):  # while it is away
                    client.expect(r"^0, ")
                with Camera(size, codec, first.port):
                    server.expect("frames come again")
                    client.pending()
                    for _ in range(10):
                        client.expect(r"^0, ")
                    usage.append(server.usage())
            check_usage(usage)
        assert server.interrupt() == 0


@timeout(120)
def test_several():
    """At once, each with its own fate."""
    with Camera() as one, Camera("160x120") as other:
        with gst_detect(one.uri, other.uri, "rtsp://127.0.0.1:9/none") as program:
            program.expect(r"127.0.0.1:9/none: .*trying again")
            seen = set()
            while len(seen) < 2:
                seen.add(next_frame(program)["input"])
            assert seen == {one.uri, other.uri}
            one.kill()
            program.expect(f"{one.uri}: .*trying again")
            for _ in range(20):
                assert next_frame(program)["input"] in seen
            program.pending()
            for _ in range(20):
                assert next_frame(program)["input"] == other.uri
            assert program.interrupt() == 130


def test_wrong_usage():
    done = command(["gst-detect-1.0", "--live", __file__])
    assert done.returncode == 2 and "leave --live out" in done.stdout, done.stdout


def test_unwritable():
    """One that cannot be written does not end in silence."""
    with Camera() as camera:
        done = command(["gst-detect-1.0", "--live", camera.uri, "--output",
                        "/proc/none/out.mp4"], timeout=60)
        assert done.returncode != 0 and "/proc/none" in done.stdout, done.stdout
