# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch recipes, as their heads say; what they send is received by FFmpeg."""
import contextlib
import json
import socket
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, List

import cv2

import samples
from common import Gst, asset, checked, command
from marks import Skip, cases, timeout
from streams import Camera, Program, ffmpeg_rtsp, has_multicast, packet_times, probe, \
    small_video

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"
# What is sourced, and what is no recipe.
OTHERS = {"setup.sh", "recipe.sh", "demo.sh", "get-model.sh"}
FRAMES = 50
GROUP = "239.255.42.21"
# Formats that an RTP receiver has to be told.
SDP = ("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 {host}\nt=0 0\n"
       "m=video {port} RTP/AVP {type}\na=rtpmap:{type} {name}/90000\n")
RTP = {"h264": (96, "H264"), "jpeg": (26, "JPEG")}


def recipe(name: str) -> Path:
    return PIPELINES / f"{name}.sh"


def needs(*elements: str) -> None:
    for element in elements:
        if not Gst.ElementFactory.find(element):
            raise Skip(f"the element {element} is missing")


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def free_port() -> int:
    """An even one, as RTP likes it."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
            probe_socket.bind(("127.0.0.1", 0))
            port = probe_socket.getsockname()[1]
        if port % 2 == 0:
            return port


def queue_of(port: int) -> int:
    """Bytes that wait at a UDP port, or -1 when nobody listens."""
    waiting = [int(line.split()[4].split(":")[1], 16)
               for line in Path("/proc/net/udp").read_text().splitlines()[1:]
               if int(line.split()[1].split(":")[1], 16) == port]
    return max(waiting, default=-1)


def wait_until(condition: Callable[[], bool]) -> None:
    """The test's own time is the limit."""
    while not condition():
        time.sleep(0.02)


def two_seconds(at: Path) -> Path:
    return small_video(at / "video.avi", seconds=FRAMES // 25)


# ---- heads ----


def names() -> List[str]:
    return sorted(path.stem for path in PIPELINES.glob("*.sh") if path.name not in OTHERS)


@timeout(240)
def test_heads():
    """Each says its purpose, its needs and its result, and has a test of its own."""
    tests = [name for name in globals() if name.startswith("test_")]
    for name in names():
        shown = command([recipe(name), "-h"])
        assert shown.returncode == 0, shown.stdout
        lines = shown.stdout.splitlines()
        assert lines[0].startswith(f"{name}.sh "), lines[0]
        for word in ("Purpose:", "Needs:", "Result:"):
            assert sum(line.startswith(word) for line in lines) == 1, (name, word)
        assert not any("recipe_" in line for line in lines), (name, lines)
        subject = name.replace("-receive", "").replace("-", "_")
        assert any(subject in test for test in tests), f"nothing tests {name}.sh"


def test_missing_input():
    """One line, no pipeline."""
    for name, *rest in (("file", "o.mp4"), ("udp-ts",), ("udp-rtp",), ("blur", "o.mp4", "m")):
        done = command([recipe(name), "/none.avi", *rest])
        assert done.returncode == 1 and "/none.avi: no such file" in done.stdout, done.stdout
    done = command([recipe("file")])
    assert done.returncode == 2 and "Purpose:" in done.stdout, done.stdout


# ---- files ----


@timeout(120)
def test_file():
    """With a space in its name, and a property of the element."""
    needs("x264enc")
    with folder() as at:
        video = two_seconds(at).rename(at / "a b.avi")
        checked([recipe("file"), video, at / "o.mp4", "--", "interval=10"])
        assert probe(at / "o.mp4")["nb_read_frames"] == str(FRAMES)
        wrong = command([recipe("file"), video, at / "o.mp4", "--", "intervall=10"])
        assert wrong.returncode != 0 and "intervall" in wrong.stdout, wrong.stdout


@timeout(120)
def test_folder():
    with folder() as at:
        (at / "in").mkdir()
        for name in ("1.png", "2.png"):
            cv2.imwrite(str(at / "in" / name), samples.people())
        checked([recipe("folder"), at / "in", at / "out", "--", "threshold=0.3"])
        lines = (at / "out" / "objects.jsonl").read_text().splitlines()
        assert len(lines) == 2 and all(json.loads(line)["objects"] for line in lines), lines
        assert {path.name for path in (at / "out").glob("*.png")} == {"1.png", "2.png"}


@timeout(120)
def test_record():
    """The subtitles of the recording are what was found."""
    needs("x264enc", "detectexport")
    with folder() as at:
        video = samples.people_video(at / "walk.avi", 12, "-c:v", "mpeg4")
        checked([recipe("record"), video, at / "o.mkv", "--", "policy=sync"])
        assert probe(at / "o.mkv")["nb_read_frames"] == "12"
        text = checked(["ffmpeg", "-v", "error", "-i", at / "o.mkv", "-map", "0:s", "-f", "srt",
                        "-"])
        assert "person" in text, text


@timeout(120)
def test_blur():
    """No detector finds a face in the copy."""
    needs("x264enc", "detectoverlay")
    model = asset("models/face_detection_yunet_2023mar.onnx")
    photo = asset("media/photos/two_people.jpg")
    with folder() as at:
        checked(["ffmpeg", "-v", "error", "-y", "-loop", "1", "-i", photo, "-frames:v", "3",
                 "-vf", "scale=640:-2", "-c:v", "mpeg4", "-q:v", "2", at / "v.avi"])
        checked([recipe("blur"), at / "v.avi", at / "o.mp4", model])
        counts = [count_objects(path, model) for path in (at / "v.avi", at / "o.mp4")]
        assert counts[0] > 0 and counts[1] == 0, counts


def count_objects(path: Path, model: Path) -> int:
    text = checked(["gst-detect-1.0", "--quiet", "--json", "-", "-m", model, path])
    return sum(len(json.loads(line)["objects"]) for line in text.splitlines())


@timeout(120)
def test_two_models():
    needs("x264enc", "detectoverlay")
    persons = asset("models/yolox_nano.onnx")
    faces = asset("models/face_detection_yunet_2023mar.onnx")
    photo = asset("media/photos/two_people.jpg")
    with folder() as at:
        checked(["ffmpeg", "-v", "error", "-y", "-loop", "1", "-i", photo, "-frames:v", "3",
                 "-vf", "scale=640:-2", "-c:v", "mpeg4", at / "v.avi"])
        checked([recipe("two-models"), at / "v.avi", at / "o.mp4", persons, "person", faces])
        assert probe(at / "o.mp4")["nb_read_frames"] == "3"


# ---- cameras and RTSP ----


@timeout(120)
def test_camera():
    """Into a file, until Ctrl-C."""
    with folder() as at, Camera() as camera:
        with Program([recipe("camera"), camera.uri, at / "o.mkv", "--", "interval=10"]) as program:
            program.expect(r"^[1-9]\d* frames")
            assert program.interrupt() == 130
        assert int(probe(at / "o.mkv")["nb_read_frames"]) > 0


@timeout(120)
def test_rtsp_in():
    with Camera() as camera:
        with Program([recipe("rtsp-in"), camera.uri, "--", "interval=10"]) as program:
            line = json.loads(program.expect(r"^\{.*\}$").group())
            assert line["input"] == camera.uri and line["width"] == 320, line
            assert program.interrupt() == 130


@timeout(120)
def test_rtsp_out():
    with folder() as at:
        with Program([recipe("rtsp-out"), two_seconds(at), "0", "--", "interval=10"]) as program:
            port = program.expect(r"rtsp://0.0.0.0:(\d+)/live").group(1)
            checked(ffmpeg_rtsp(f"rtsp://127.0.0.1:{port}/live", "tcp", at / "o.crc", 0.5))
            assert len(packet_times(at / "o.crc")) == 12
            assert program.interrupt() == 0


@timeout(120)
def test_rtsp_push():
    needs("x264enc", "rtspclientsink")
    with folder() as at, Camera("record") as server:
        with Program([recipe("rtsp-push"), two_seconds(at), server.uri, "--",
                      "interval=10"]) as program:
            for _ in range(FRAMES - 10):  # the last ones may stay in the receiver's buffer
                server.expect("^frame$")
            program.interrupt()


# ---- UDP ----


def count_packets(source: List[object], port: int, sender: List[object]) -> int:
    """Frames that FFmpeg receives from a recipe, which is started when it listens."""
    receiver = Program(["ffmpeg", "-v", "error", "-probesize", "32768", "-analyzeduration",
                        "300000", *source, "-map", "0:v", "-c", "copy", "-f",
                        "framecrc", "-flush_packets", "1", "-"])
    with receiver:
        wait_until(lambda: queue_of(port) >= 0 or receiver.process.poll() is not None)
        checked(sender)
        wait_until(lambda: queue_of(port) == 0)
        # The last frame stays in the parser until the end.
        for _ in range(FRAMES - 1):
            receiver.expect(r"^0, ", seconds=30)
        receiver.kill()  # it would wait for more to come
        receiver.drain()
    return sum(line.startswith("0, ") for line in receiver.lines)


@cases("h264", "jpeg", "multicast")
@timeout(120)
def test_udp_rtp(what: str):
    """To FFmpeg, frame by frame; the last one may be held by its parser."""
    codec = "jpeg" if what == "jpeg" else "h264"
    needs(*(["x264enc"] if codec == "h264" else []))
    host = GROUP if what == "multicast" else "127.0.0.1"
    if what == "multicast" and not has_multicast():
        raise Skip("nothing comes back from a multicast group on the loopback")
    with folder() as at:
        port = free_port()
        payload, name = RTP[codec]
        sdp = at / "stream.sdp"
        sdp.write_text(SDP.format(host=host, port=port, type=payload, name=name))
        found = count_packets(
            ["-protocol_whitelist", "file,udp,rtp", "-localaddr", "127.0.0.1", "-i", sdp], port,
            [recipe("udp-rtp"), two_seconds(at), host, port, codec,
             *(["lo"] if what == "multicast" else []), "--", "interval=10"])
        assert FRAMES - 1 <= found <= FRAMES, found


@cases("unicast", "multicast")
@timeout(120)
def test_udp_ts(what: str):
    needs("x264enc", "mpegtsmux")
    host = GROUP if what == "multicast" else "127.0.0.1"
    if what == "multicast" and not has_multicast():
        raise Skip("nothing comes back from a multicast group on the loopback")
    with folder() as at:
        port = free_port()
        found = count_packets(
            ["-i", f"udp://{host}:{port}?localaddr=127.0.0.1"], port,
            [recipe("udp-ts"), two_seconds(at), host, port,
             *(["lo"] if what == "multicast" else []), "--", "interval=10"])
        assert FRAMES - 1 <= found <= FRAMES, found


@cases("h264", "jpeg")
@timeout(120)
def test_udp_rtp_receive(codec: str):
    """What one recipe sends the other records."""
    needs("x264enc", "avdec_h264")
    with folder() as at:
        port = free_port()
        target = at / "o.mkv"
        with Program([recipe("udp-rtp-receive"), target, port, codec, "127.0.0.1", "--",
                      "interval=10"]) as receiver:
            wait_until(lambda: queue_of(port) >= 0)
            checked([recipe("udp-rtp"), two_seconds(at), "127.0.0.1", port, codec, "--",
                     "interval=10"])
            wait_until(lambda: queue_of(port) == 0)
            receiver.interrupt()
        assert FRAMES - 2 <= int(probe(target)["nb_read_frames"]) <= FRAMES


@timeout(120)
def test_udp_ts_receive():
    needs("x264enc", "mpegtsmux")
    with folder() as at:
        port = free_port()
        video = small_video(at / "video.avi", seconds=FRAMES // 25)
        with Program([recipe("udp-ts-receive"), port, "127.0.0.1", "--",
                      "interval=10"]) as receiver:
            wait_until(lambda: queue_of(port) >= 0)
            checked([recipe("udp-ts"), video, "127.0.0.1", port, "--", "interval=10"])
            for _ in range(FRAMES // 2):
                receiver.expect(r"^\{.*\}$")
            assert receiver.interrupt() == 130
