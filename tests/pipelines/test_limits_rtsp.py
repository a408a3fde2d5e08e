# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-rtsp-1.0 when it finds no files to open any more: those who watch go on
watching, others wait, and all goes on when there are files again."""
import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator, Tuple

from common import checked
from marks import Skip, sanitized, timeout
from streams import ONE_BOX, Camera, Program, Server, ffmpeg_rtsp, packet_times, small_video

SECONDS = 60  # of the video: longer than any test plays it
FPS = 25


@contextlib.contextmanager
def serving(*paths: str, source: str = "video.avi") -> Iterator[Tuple[Server, Path]]:
    """A server with the same input at each path, and a folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small_video(folder / "video.avi", SECONDS, "160x120")
        (folder / "one.null").write_text(ONE_BOX)
        (folder / "m.yaml").write_text("mounts:\n" + "".join(
            f"  {path}:\n    input: {source}\n    model: one.null\n" for path in paths))
        with Server("--mounts", folder / "m.yaml") as server:
            yield server, folder
            assert server.interrupt() == 0
            server.drain()
            lines = "\n".join(server.lines)
            assert "CRITICAL" not in lines and "WARNING" not in lines, lines


def watch(uri: str) -> Program:
    """A client that prints a line for each packet, from the first on."""
    viewer = Program(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-analyzeduration",
                      "100000", "-i", uri, "-c", "copy", "-flush_packets", "1", "-f", "framecrc", "-"])
    expect_packets(viewer, 1)
    return viewer


def expect_packets(viewer: Program, n: int) -> None:
    for _ in range(n):
        viewer.expect("^0, ")


def limit_files(server: Server, more: int) -> Tuple[int, int]:
    """So many more than are open now; the limit before."""
    before = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    n = server.usage()[1] + more
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (n, before[1]))
    return before


def limit_without_source(server: Server, n: int, more: int) -> Tuple[int, int]:
    """The same at a moment when n files or less are open: none by a source, nor by one
    that is just being opened."""
    while True:
        server.process.send_signal(signal.SIGSTOP)
        os.waitpid(server.process.pid, os.WUNTRACED)
        is_gone = server.usage()[1] <= n
        before = limit_files(server, more) if is_gone else (0, 0)
        server.process.send_signal(signal.SIGCONT)
        if is_gone:
            return before


def raise_limit(server: Server, before: Tuple[int, int]) -> None:
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, before)


@sanitized
@timeout(200)
def test_none_left():
    """Who comes waits, until there are files again; one line says why."""
    with serving("/live") as (server, folder), watch(server.uri()) as viewer, \
            contextlib.ExitStack() as stack:
        before = limit_files(server, 4)
        for _ in range(12):
            stack.enter_context(socket.create_connection((server.host, server.port)))
        target = folder / "late.crc"
        late = stack.enter_context(Program(ffmpeg_rtsp(server.uri(), "tcp", target, 1)))
        server.expect(r"clients have to wait: only \d+ files may be open at a time; raise the "
                      r"limit \(ulimit -n\)$")
        expect_packets(viewer, FPS)
        assert late.process.poll() is None and not server.pending()
        raise_limit(server, before)
        server.expect("^clients are taken again$")
        assert late.process.wait(60) == 0 and len(packet_times(target)) == FPS
        expect_packets(viewer, FPS)


@timeout(200)
def test_fewer_than_open():
    """A source that was lost is not opened anew while there are too few files for it;
    clients go on, and see it again."""
    with Camera() as camera, \
            serving("/live", source=camera.uri.replace("rtsp", "rtspt")) as (server, _), \
            watch(server.uri()) as viewer:
        server.pending()
        n = server.usage()[1]
        camera.kill()
        server.expect("/live: rtspt:.*; trying again$")
        before = limit_without_source(server, n - 5, 1)
        with Camera(port=camera.port):
            expect_packets(viewer, 30)  # of the picture that says so, for several tries
            lines = server.pending()
            assert not lines, lines
            raise_limit(server, before)
            server.expect("/live: rtspt:.*: frames come again")
            expect_packets(viewer, FPS)


@timeout(330)
def test_too_few_for_all():
    """More clients than there is room for are served one after the other."""
    with serving("/a", "/b") as (server, folder), contextlib.ExitStack() as stack:
        limit_files(server, 52)
        targets = [folder / f"{i}.crc" for i in range(4)]
        clients = [stack.enter_context(Program(ffmpeg_rtsp(
            server.uri("/" + "ab"[i % 2]), "udp" if i > 1 else "tcp", target, 1)))
            for i, target in enumerate(targets)]
        assert [client.process.wait(150) for client in clients] == [0] * len(clients), \
            [client.pending() for client in clients]
        assert all(len(packet_times(target)) == FPS for target in targets)
        # One of UDP whose goodbye was lost keeps its place for a minute.
        checked(ffmpeg_rtsp(server.uri("/a"), "tcp", folder / "last.crc", 0.4), timeout=150)


def set_up(server: Server, connection: socket.socket) -> bytes:
    """A stream on a connection, which does not begin to play; returns what keeps it."""
    connection.settimeout(60)
    connection.sendall(f"SETUP {server.uri()}/stream=0 RTSP/1.0\r\nCSeq: 1\r\n"
                       "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".encode())
    session = re.search(r"(?m)^Session: ([^;\r]+)", connection.recv(4096).decode())
    assert session
    return f"OPTIONS * RTSP/1.0\r\nCSeq: 2\r\nSession: {session[1]}\r\n\r\n".encode()


def talk(connection: socket.socket, words: bytes, viewer: Program) -> None:
    """Words, as one says who wants to stay, until the viewer is done."""
    while viewer.process.poll() is None:
        with contextlib.suppress(OSError):
            connection.send(words)
        with contextlib.suppress(subprocess.TimeoutExpired):
            viewer.process.wait(5)


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(4096), b""))


@timeout(200)
def test_idle_make_room():
    """Connections that have not played for a minute are closed when others wait."""
    if os.environ.get("DETECT_LONG") != "1":
        raise Skip("takes more than a minute; DETECT_LONG=1 runs it")
    with serving("/live") as (server, folder), watch(server.uri()) as viewer, \
            contextlib.ExitStack() as stack:
        limit_files(server, 30)
        idle = stack.enter_context(socket.create_connection((server.host, server.port)))
        words = set_up(server, idle)
        target = folder / "late.crc"
        late = stack.enter_context(Program(ffmpeg_rtsp(server.uri(), "tcp", target, 1)))
        server.expect("clients have to wait: .*")
        talk(idle, words, late)
        assert late.process.returncode == 0 and len(packet_times(target)) == FPS
        assert read_all(idle).startswith(b"RTSP/1.0 200 OK")
        expect_packets(viewer, FPS)
