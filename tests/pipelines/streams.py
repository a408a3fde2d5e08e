# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs that serve and play streams, started and ended by the tests."""
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Iterator, List, Optional, Sequence

from common import Gst, build_folder, checked, command
from marks import Skip

# A network that finds one box in the middle of every frame.
ONE_BOX = """[input images]
type=float32
shape=1;3;64;64
[output output0]
shape=1;84;84
data=0;32;84;32;168;32;252;32;336;0.9
"""

NEIGHBOUR_HOST = "10.211.77.1"
NEIGHBOUR_INTERFACE = "detect-test"

PATIENCE = 60  # seconds until something that should happen counts as missed


class Program:
    """A program whose lines can be waited for. It ends with its block."""

    def __init__(self, words: Sequence[object], env: Optional[dict] = None):
        self.lines: List[str] = []
        self._queue: "queue.Queue[Optional[str]]" = queue.Queue()
        self.process = subprocess.Popen(
            [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, **(env or {})})
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_error) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def expect(self, pattern: str, seconds: float = PATIENCE) -> "re.Match[str]":
        """The next line that the pattern is found in."""
        while True:
            try:
                line = self._queue.get(timeout=seconds)
            except queue.Empty:
                line = None
            assert line is not None, f"no {pattern!r} in:\n" + "\n".join(self.lines)
            self.lines.append(line)
            found = re.search(pattern, line)
            if found:
                return found

    def drain(self) -> None:
        """The lines until the program closes its output."""
        for line in iter(lambda: self._queue.get(timeout=PATIENCE), None):
            self.lines.append(line)

    def pending(self) -> List[str]:
        """The lines that have come since, without waiting."""
        lines = []
        while not self._queue.empty():
            line = self._queue.get()
            if line is not None:
                lines.append(line)
        self.lines += lines
        return lines

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def usage(self) -> "tuple[int, int, int]":
        """Resident kB, file descriptors and threads."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kilobytes, threads = (int(re.search(rf"{name}:\s+(\d+)", status).group(1))
                              for name in ("VmRSS", "Threads"))
        return kilobytes, len(os.listdir(f"/proc/{self.process.pid}/fd")), threads


def usage_grows(before: "tuple[int, int, int]", after: "tuple[int, int, int]") -> bool:
    """Whether a program holds more than a run can hold by chance: a connection that is
    just being made has descriptors and threads, and the allocator keeps some memory."""
    return (after[0] > before[0] * 1.25 + 20000 or after[1] > before[1] + 12 or
            after[2] > before[2] + 12)


class Camera(Program):
    """An RTSP server with a moving ball, or one that takes what is sent to it."""

    def __init__(self, what: str = "320x240", codec: str = "h264", port: int = 0):
        script = Path(__file__).with_name("rtspsource.py")
        super().__init__(["/usr/bin/python3", script, port, what, codec])
        try:
            self.port = int(self.expect(r"^port (\d+)$").group(1))
        except AssertionError:
            if any("GstRtspServer" in line for line in self.lines):
                raise Skip("gir1.2-gst-rtsp-server-1.0 is missing")
            raise
        self.uri = f"rtsp://127.0.0.1:{self.port}/camera"


class Server(Program):
    """gst-detect-rtsp-1.0 on a free port."""

    def __init__(self, *words: object, scheme: str = "rtsp", host: str = "127.0.0.1"):
        program = build_folder() / "pipelines" / "gst-detect-rtsp-1.0"
        if not program.exists():
            raise Skip("gst-detect-rtsp-1.0 was left out of the build")
        super().__init__([program, "--port", "0", "--address", "127.0.0.1", *words])
        self.host = host
        self.port = int(self.expect(rf"serving .* at {scheme}://{host}:(\d+)/").group(1))

    def uri(self, path: str = "/live", user: str = "", scheme: str = "rtsp") -> str:
        return f"{scheme}://{user}{'@' if user else ''}{self.host}:{self.port}{path}"


def ffmpeg_rtsp(uri: str, transport: str, target: Path, seconds: float) -> List[object]:
    """A client's command line: so many seconds at 25 frames per second, with a line
    for each packet in a file."""
    return ["ffmpeg", "-v", "error", "-y", "-rtsp_transport", transport, "-i", uri,
            "-map", "0:v", "-frames:v", int(seconds * 25), "-c", "copy", "-f", "framecrc", target]


def packet_times(path: Path) -> List[float]:
    """Seconds, of the packets that such a client received."""
    text = path.read_text()
    base = [int(word) for word in re.search(r"#tb 0: (\d+)/(\d+)", text).groups()]
    return [int(line.split(",")[1]) * base[0] / base[1] for line in text.splitlines()
            if not line.startswith("#")]


def probe(source: object, *options: object) -> dict:
    """Codec, size and number of decoded frames of a video."""
    text = checked(["ffprobe", "-v", "error", *options, "-select_streams", "v:0",
                    "-count_frames", "-show_entries",
                    "stream=codec_name,width,height,nb_read_frames", "-of",
                    "default=nw=1", source])
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def small_video(path: Path, seconds: int = 4, size: str = "320x240") -> Path:
    checked(["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
             f"testsrc=size={size}:rate=25:duration={seconds}", "-c:v", "mpeg4", path])
    return path


def receive(description: str, seconds: int = PATIENCE) -> None:
    """Plays until the end. rtspsrc complains when a server is gone before it has said
    goodbye, so nothing that comes behind the end counts."""
    pipeline = Gst.parse_launch(description)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        seconds * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    assert message, "nothing came"
    assert message.type == Gst.MessageType.EOS, message.parse_error()


@contextlib.contextmanager
def neighbour() -> Iterator[List[str]]:
    """Another host: what is put before a command to run it there. It sees this one as
    NEIGHBOUR_HOST, through NEIGHBOUR_INTERFACE."""
    name = f"detect{os.getpid()}"
    inside = ["ip", "netns", "exec", name]
    wires = [["ip", "netns", "add", name],
             ["ip", "link", "add", NEIGHBOUR_INTERFACE, "type", "veth", "peer", "name", "inside",
              "netns", name],
             ["ip", "address", "add", f"{NEIGHBOUR_HOST}/24", "dev", NEIGHBOUR_INTERFACE],
             ["ip", "link", "set", NEIGHBOUR_INTERFACE, "up"],
             [*inside, "ip", "address", "add", "10.211.77.2/24", "dev", "inside"],
             [*inside, "ip", "link", "set", "inside", "up"],
             [*inside, "ip", "route", "add", "224.0.0.0/4", "dev", "inside"]]
    if not shutil.which("ip"):
        raise Skip("iproute2 is missing")
    try:
        for wire in wires:
            if command(wire).returncode != 0:
                raise Skip("no network namespace can be made here: " + " ".join(wire))
        yield inside
    finally:
        command(["ip", "netns", "del", name])


def has_multicast() -> bool:
    """Whether what is sent to a group on the loopback comes back."""
    code = ("import socket\n"
            "group = '239.255.42.77'\n"
            "i = socket.inet_aton('127.0.0.1')\n"
            "r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "r.bind((group, 0)); r.settimeout(2)\n"
            "r.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + i)\n"
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "s.setsockopt(0, socket.IP_MULTICAST_IF, i)\n"
            "s.sendto(b'x', (group, r.getsockname()[1])); r.recv(1)\n")
    return command([sys.executable, "-c", code]).returncode == 0
