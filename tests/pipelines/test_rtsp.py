# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-rtsp-1.0: clients, passwords, certificates, dead inputs, the file of
mounts."""
import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, List

import cv2

from common import Gst, build_folder, checked, command
from marks import Skip, cases, timeout
from streams import (NEIGHBOUR_HOST, NEIGHBOUR_INTERFACE, ONE_BOX, Camera, Program, Server,
                     ffmpeg_rtsp, neighbour, packet_times, probe, receive, small_video)

SECONDS = float(os.environ.get("DETECT_RTSP_SECONDS", "2"))


@contextlib.contextmanager
def video() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield small_video(Path(folder) / "video.avi")


def mounts(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def largest_gap(times: List[float]) -> float:
    return max(b - a for a, b in zip(times, times[1:]))


@cases("tcp", "udp")
@timeout(200)
def test_three_clients(transport: str):
    """At once, of one mount: all frames come, at the camera's rate."""
    with Camera() as camera, tempfile.TemporaryDirectory() as folder, \
            Server("--interval", "10", camera.uri) as server:
        targets = [Path(folder) / f"{i}.crc" for i in range(3)]
        clients = [subprocess.Popen(
            [str(word) for word in ffmpeg_rtsp(server.uri(), transport, target, SECONDS)])
            for target in targets]
        assert all(client.wait(90) == 0 for client in clients)
        for target in targets:
            times = packet_times(target)
            # These are times of capture, so a gap is a frame that was lost; a machine
            # that is busy may lose some before they are encoded.
            assert len(times) == int(SECONDS * 25) and largest_gap(times) < 0.5, times
            print(f"# {len(times)} frames in {times[-1] - times[0]:.2f} s, "
                  f"largest gap {largest_gap(times) * 1000:.0f} ms")


@timeout(120)
def test_multicast():
    """Another host gets the packets that were sent to a group."""
    with video() as path, neighbour() as inside:
        text = (f"multicast-interface: {NEIGHBOUR_INTERFACE}\nmounts:\n  /live:\n"
                f"    input: {path.name}\n    interval: 10\n    transports: multicast\n"
                "    multicast: 239.255.42.9\n    multicast-port: 5600\n")
        with Server("--mounts", mounts(path.with_suffix(".yaml"), text), "--address",
                    NEIGHBOUR_HOST, host=NEIGHBOUR_HOST) as server:
            target = path.with_suffix(".crc")
            checked([*inside, *ffmpeg_rtsp(server.uri(), "udp_multicast", target, 0.5)])
            assert len(packet_times(target)) >= 5
            refused = command([*inside, *ffmpeg_rtsp(server.uri(), "tcp", target, 0.5)])
            assert refused.returncode != 0, "TCP was not among the transports"


@cases("h264", "h265", "jpeg")
@timeout(120)
def test_codecs(codec: str):
    encoder = {"h264": "x264enc", "h265": "x265enc", "jpeg": "jpegenc"}[codec]
    if not Gst.ElementFactory.find(encoder):
        raise Skip(f"{encoder} is missing")
    with video() as path, Server("--codec", codec, "--size", "160x120", path) as server:
        found = probe(server.uri(), "-rtsp_transport", "tcp", "-read_intervals", "%+#10")
        assert (found["width"], found["height"]) == ("160", "120"), found
        assert found["codec_name"] == {"h265": "hevc", "jpeg": "mjpeg"}.get(codec, codec)


@cases("basic", "digest")
@timeout(120)
def test_passwords(method: str):
    with video() as path:
        text = (f"auth: {method}\nusers:\n  anna: right\nmounts:\n  /live:\n"
                f"    input: {path.name}\n    interval: 10\n")
        with Server("--mounts", mounts(path.with_suffix(".yaml"), text)) as server:
            target = path.with_suffix(".crc")
            for user in ("", "anna:wrong", "berta:right"):
                refused = command(ffmpeg_rtsp(server.uri(user=user), "tcp", target, 0.4))
                assert refused.returncode != 0 and "401" in refused.stdout, refused.stdout
            checked(ffmpeg_rtsp(server.uri(user="anna:right"), "tcp", target, 0.4))
            assert packet_times(target)
            assert "right" not in "\n".join(server.lines + server.pending())


@timeout(120)
def test_certificate():
    if not Path("/usr/lib/x86_64-linux-gnu/gio/modules/libgiognutls.so").exists() and \
            not list(Path("/usr/lib").glob("*/gio/modules/libgio*tls*")):
        raise Skip("glib-networking is missing")
    with video() as path:
        folder = path.parent
        checked(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                 "-subj", "/CN=localhost", "-keyout", folder / "key.pem",
                 "-out", folder / "certificate.pem"])
        text = ("tls-certificate: certificate.pem\ntls-key: key.pem\nmounts:\n  /live:\n"
                f"    input: {path.name}\n")
        with Server("--mounts", mounts(folder / "m.yaml", text), scheme="rtsps") as server:
            receive(f"rtspsrc location={server.uri(scheme='rtsps')} protocols=tcp "
                    "tls-validation-flags=0 ! rtph264depay ! fakesink num-buffers=10")
            plain = command(ffmpeg_rtsp(server.uri(), "tcp", folder / "o.crc", 0.4))
            assert plain.returncode != 0


@timeout(120)
def test_dead_input():
    """It costs its own mount the picture, and no other mount anything."""
    with video() as path:
        text = ("mounts:\n  /dead:\n    input: rtsp://127.0.0.1:9/none\n"
                f"  /live:\n    input: {path.name}\n    interval: 10\n")
        with Server("--mounts", mounts(path.with_suffix(".yaml"), text)) as server:
            targets = [path.with_name(f"{name}.crc") for name in ("dead", "live")]
            clients = [subprocess.Popen([str(word) for word in ffmpeg_rtsp(
                server.uri(f"/{target.stem}"), "tcp", target, 2)]) for target in targets]
            server.expect(r"/dead: rtsp://127.0.0.1:9/none: .*trying again")
            assert [client.wait(60) for client in clients] == [0, 0]
            dead, live = (packet_times(target) for target in targets)
            assert len(dead) >= 5, dead
            assert len(live) >= 10, live


@timeout(120)
def test_slate():
    """What is shown while an input is away says so, and keeps its password."""
    with tempfile.TemporaryDirectory() as name, \
            Server("rtsp://anna:secret@127.0.0.1:9/none") as server:
        picture = Path(name) / "slate.png"
        checked(["ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i", server.uri(),
                 "-frames:v", "1", picture])
        server.expect(r"/live: rtsp://127.0.0.1:9/none: .*trying again")
        assert "secret" not in "\n".join(server.lines)
        pixels = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
        assert pixels.shape == (360, 640), pixels.shape
        assert pixels[:300].max() < 40 and pixels[330:].max() > 180, pixels.max(axis=1)


def test_graceful_stop():
    """A client's stream ends; the program leaves with status 0 and nothing behind."""
    with video() as path, Server("--interval", "10", path) as server:
        client = Program(["ffmpeg", "-v", "verbose", "-rtsp_transport", "tcp", "-i", server.uri(),
                          "-f", "null", "-"])
        with client:
            client.expect(r"Output #0")
            assert server.interrupt() == 0
            assert client.process.wait(30) is not None
        assert not any("CRITICAL" in line for line in server.lines + server.pending())


@timeout(120)
def test_overlay_or_clean():
    """The same frames, with boxes and without."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / "grey.png"
        checked(["gst-launch-1.0", "-q", "videotestsrc", "pattern=solid-color",
                 "foreground-color=0xff808080", "num-buffers=1", "!",
                 "video/x-raw,width=320,height=240", "!", "pngenc", "!", "filesink",
                 f"location={picture}"])
        model = folder / "one.null"
        model.write_text(ONE_BOX)
        text = "".join(f"  /{word}:\n    input: grey.png\n    model: one.null\n    policy: sync\n"
                       f"    overlay: {flag}\n    codec: jpeg\n"
                       for word, flag in (("boxes", "true"), ("clean", "false")))
        with Server("--mounts", mounts(folder / "m.yaml", "mounts:\n" + text)) as server:
            sizes = {}
            for word in ("boxes", "clean"):
                target = folder / f"{word}.png"
                checked(["ffmpeg", "-v", "error", "-y", "-rtsp_transport", "tcp", "-i",
                         server.uri(f"/{word}"), "-frames:v", "3", "-update", "1", target])
                sizes[word] = target.stat().st_size
            # A single grey compresses to next to nothing, a box does not.
            assert sizes["boxes"] > sizes["clean"] + 200, sizes


WRONG_FILES = (
    ("/live:\n    inputt: a.avi", "unknown key 'inputt'; did you mean 'input'", "4:5"),
    ("/live:\n    input: none.avi", "no such file", "4:12"),
    ("/live:\n    input: v.avi\n    codec: h263", "expected one of auto, h264, h265, jpeg", "5:12"),
    ("/live:\n    input: v.avi\n    threshold: 3", "threshold", "5:16"),
    ("/live:\n    input: v.avi\n    thresold: 1", "did you mean 'threshold'", "5:5"),
    ("/live:\n    input: v.avi\n    size: 3x4", "WxH", "5:11"),
    ("/live:\n    input: v.avi\n    transports: [udp, ftp]", "expected udp, tcp", "5:23"),
    ("/live:\n    input: v.avi\n    transports: multicast", "needs an address", "3:3"),
    ("/live:\n    input: v.avi\n    multicast: 1.2.3.4", "a multicast address", "5:16"),
    ("/live:\n    codec: h264", "has no input", "3:3"),
    ("live:\n    input: v.avi", "expected a path", "3:3"),
    ("/live: 3", "expected lines of KEY", "3:10"),
    ("/live:\n    input: v.avi\n  /live:\n    input: v.avi", "a second time", "5:3"),
    ("/live:\n    input: v.avi\nport: 70000", "a port", "5:7"),
    ("/live:\n    input: v.avi\nauth: none", "basic or digest", "5:7"),
    ("/live:\n    input: v.avi\nprot: 3", "did you mean 'port'", "5:1"),
)


@timeout(200)
def test_wrong_file():
    """One line that says where, what, and what would be right."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "v.avi").write_bytes(b"")
        for body, reason, place in WRONG_FILES:
            path = mounts(Path(name) / "m.yaml", f"address: 127.0.0.1\nmounts:\n  {body}\n")
            done = run_program("--mounts", path)
            assert done.returncode == 2 and reason in done.stdout, (body, done.stdout)
            assert f"m.yaml:{place}: " in done.stdout, (body, done.stdout)
            assert len(done.stdout.splitlines()) == 1, done.stdout


def run_program(*words: object):
    program = build_folder() / "pipelines" / "gst-detect-rtsp-1.0"
    if not program.exists():
        raise Skip("gst-detect-rtsp-1.0 was left out of the build")
    return command([program, *words])


def test_wrong_usage():
    for words, reason in ((("--port", "x", "a"), "a: no such file"), ((), "nothing to serve"),
                          (("--mounts", "/none.yaml"), "/none.yaml"),
                          (("--codec", "x", "rtsp://a/"), "expected one of auto"),
                          (("--port", "-1", "rtsp://a/"), "--port: expected a port")):
        done = run_program(*words)
        assert done.returncode == 2 and reason in done.stdout, (words, done.stdout)
        assert len(done.stdout.splitlines()) == 1, done.stdout


def test_wrong_model():
    done = run_program("--model", "/none.onnx", "rtsp://127.0.0.1:9/")
    assert done.returncode == 1 and "/live: " in done.stdout and "/none.onnx" in done.stdout, \
        done.stdout


def test_taken_port():
    with video() as path, Server(path) as server:
        done = run_program("--address", "127.0.0.1", "--port", server.port, path)
        assert done.returncode == 1 and "cannot be listened on" in done.stdout, done.stdout


@timeout(120)
def test_record():
    """rtspclientsink sends what is found to another server."""
    if not Gst.ElementFactory.find("rtspclientsink"):
        raise Skip("gstreamer1.0-rtsp is missing")
    with Camera("record") as camera, video() as path:
        sender = Program(["gst-launch-1.0", "filesrc", f"location={path}", "!", "decodebin", "!",
                          "detect", "overlay=true", "interval=10", "!", "videoconvert", "!",
                          "x264enc", "tune=zerolatency", "speed-preset=ultrafast", "!",
                          "rtspclientsink", f"location={camera.uri}"])
        with sender:
            # At the very end a receiver may leave with frames still in its jitter buffer.
            for _ in range(90):
                camera.expect("^frame$")
            sender.interrupt()
        camera.expect("^end$")
