# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs do when files, memory or disk run out: one line that says what to
do next, the right exit status, and files that stay whole."""
import contextlib
import csv
import http.client
import json
import os
import resource
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator

import cv2

from cliruns import (call, decode, folder, packet_times, parse, program, write_people,
                     write_video)
from common import build_folder, launch
from marks import Skip, cases, sanitized
from serving import CANNED, WRAPPER, Server

MIB = 1 << 20
PROGRAMS = ("gst-detect-1.0", "gst-detect-server-1.0", "gst-detect-rtsp-1.0")


def limit(kind: int, value: int):
    return lambda: resource.setrlimit(kind, (value, value))


def run_limited(name: str, kind: int, value: int, *words: object) -> subprocess.CompletedProcess:
    path = build_folder() / "pipelines" / name
    if not path.exists():
        raise Skip(f"{path} is not built")
    return subprocess.run([str(path), *map(str, words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                          preexec_fn=limit(kind, value))


# ---- files and memory ----


# Below GLib aborts, or GStreamer waits for threads that could not be started.
TOO_LITTLE = [(resource.RLIMIT_NOFILE, n, f"{n} files may be open at a time, it takes 64; raise "
               "the limit (ulimit -n)") for n in (16, 40, 63)]
TOO_LITTLE += [(resource.RLIMIT_AS, n * MIB, f"{n} MiB of memory may be used, it takes 1024; "
                "raise the limit (ulimit -v)") for n in (256, 512, 1023)]


@cases(*PROGRAMS)
def test_too_little(name: str):
    for kind, value, text in TOO_LITTLE:
        done = run_limited(name, kind, value, "missing.jpg")
        assert done.returncode == 1 and done.stdout == "", done
        assert done.stderr == f"{name}: only {text}\n", done


def test_just_enough():
    """At the limits that are asked for a picture is looked at."""
    with folder() as name:
        path = write_people(Path(name))
        for kind, value in ((resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_AS, 1536 * MIB)):
            done = run_limited("gst-detect-1.0", kind, value, "-q", "--json", "-", path)
            assert done.returncode == 0 and len(parse(done.stdout)) == 1, done


def test_soft_limit_is_raised():
    """The usual limit is a soft one, and lower than needed for many clients."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with folder() as name:
        path = write_people(Path(name))
        done = call("-q", "--json", "-", path, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (32, hard)))
        assert done.status == 0 and len(parse(done.out)) == 1, done


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@sanitized
def test_server_without_files():
    """Clients that find no file descriptor wait; the server does not spin, and goes on."""
    if WRAPPER:
        raise Skip("valgrind keeps limits of its own")
    with Server(http=False) as server:
        server.check_alive()
        n = server.n_files()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (n + 4, n + 4))
        held = [socket.create_connection(("localhost", server.port)) for _ in range(12)]
        server.wait_for("cannot be taken.*open files")
        start, used = time.monotonic(), processor_seconds(server.process.pid)
        server.wait_for("(?s)(cannot be taken.*){4}")
        took = time.monotonic() - start
        assert processor_seconds(server.process.pid) - used < 0.5 * took + 0.1
        for raw in held:
            raw.close()
        server.check_alive()


# ---- the disk ----


@contextlib.contextmanager
def disk(kib: int, free: int) -> Iterator[Path]:
    """A small disk of its own, with so much left on it."""
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib}k", "none", name],
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Skip(f"nothing can be mounted here: {done.stderr.strip()}")
        try:
            Path(name, "filler").write_bytes(bytes((kib - free) * 1024))
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def make_read_only(path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", path], check=True)


def check_lines(path: Path) -> int:
    text = path.read_text()
    assert text == "" or text.endswith("\n"), text[-100:]
    return len(parse(text))


def check_table(path: Path) -> int:
    text = path.read_text()
    assert text == "" or text.endswith("\n"), text[-100:]
    rows = list(csv.reader(text.splitlines()))
    assert all(len(row) == len(rows[0]) for row in rows)
    return len(rows)


def check_log(path: Path) -> int:
    text = path.read_text()
    assert text == "" or text.endswith("\n"), text[-100:]
    rows = [line.split("\t") for line in text.splitlines()]
    assert all(len(row) == 6 for row in rows)
    return len(rows)


REPORTS = {"json": check_lines, "csv": check_table, "log": check_log}


@cases(*REPORTS)
def test_full_disk_report(kind: str):
    """What was written of a record that does not fit is taken back."""
    with folder() as name, disk(64, 8) as full:
        model = Path(name) / "canned.null"
        model.write_text(CANNED)
        path = write_video(Path(name) / "in.avi", 200, "-c:v", "mjpeg", "-an")
        done = call("-q", "-m", model, f"--{kind}", full / "report", path)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert "No space left" in done.err and "make room" in done.err, done
        assert REPORTS[kind](full / "report") > 5


def test_full_disk_behind_others():
    """What others wrote to the same standard output before stays there."""
    with folder() as name, disk(64, 8) as full:
        model = Path(name) / "canned.null"
        model.write_text(CANNED)
        path = write_video(Path(name) / "in.avi", 200, "-c:v", "mjpeg", "-an")
        (full / "all").write_text("before\n" * 200)
        with open(full / "all", "a") as out:
            done = subprocess.run([program(), "-q", "-m", model, "--json", "-", path],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                                  timeout=60)
        assert done.returncode == 1 and b"No space left" in done.stderr, done
        assert (full / "all").read_text().startswith("before\n" * 200 + '{"schema"')


@cases("json", "jsonl", "csv", "txt")
def test_full_disk_export(ending: str):
    """The element warns and the video goes on; the file is whole."""
    with folder() as name, disk(64, 8) as full:
        model = Path(name) / "canned.null"
        model.write_text(CANNED)
        path = full / f"report.{ending}"
        done = launch("videotestsrc num-buffers=400 ! video/x-raw,width=64,height=64 ! detect "
                      f"model={model} ! detectexport location={path} ! fakesink async=false")
        assert done.returncode == 0, done.stdout
        assert done.stdout.count("WARNING: ") == 1 and "make room" in done.stdout, done.stdout
        assert 0 < path.stat().st_size <= 8192
        text = path.read_text()
        assert text.endswith("\n"), text[-100:]
        if ending == "json":
            assert len(json.loads(text)) > 5
        elif ending == "jsonl":
            assert len(parse(text)) > 5


def test_full_disk_pictures():
    """Those that were written before stay as they are, and no part of the other."""
    with folder() as name, disk(256, 200) as full:
        for i in (1, 2, 3):
            write_people(Path(name), f"{i}.jpg")
        done = call("-q", "-o", f"{full}/out/", f"{name}/1.jpg", f"{name}/2.jpg", f"{name}/3.jpg")
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert "2.jpg: " in done.err and "make room" in done.err, done
        assert sorted(os.listdir(full / "out")) == ["1.jpg"]
        assert cv2.imread(str(full / "out/1.jpg")).shape == (576, 768, 3)


@cases("mp4", "mkv")
def test_full_disk_video(ending: str):
    """A video that was finished before plays; nothing is left of the other."""
    with folder() as name, disk(320, 240) as full:
        short = write_video(Path(name) / "a.mkv", 5, "-c:v", "mpeg4", "-an")
        long = write_video(Path(name) / "b.mkv", 300, "-c:v", "mpeg4", "-an")
        assert call("-q", "-o", full / f"a.{ending}", short).status == 0
        before = (full / f"a.{ending}").read_bytes()
        done = call("-q", "-o", full / f"b.{ending}", long)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert "make room" in done.err, done
        assert sorted(os.listdir(full)) == [f"a.{ending}", "filler"]
        assert (full / f"a.{ending}").read_bytes() == before
        assert len(packet_times(full / f"a.{ending}")) == len(decode(full / f"a.{ending}")) == 5


OUTPUTS = {
    "picture": ("people.png", ["-o", "DISK/out.png"]),
    "folder": ("people.png", ["-o", "DISK/out/"]),
    "video": ("in.avi", ["-o", "DISK/out.mkv"]),
    "json": ("people.png", ["--json", "DISK/out"]),
    "csv": ("people.png", ["--csv", "DISK/out"]),
    "log": ("people.png", ["--log", "DISK/out"]),
}


@cases(*OUTPUTS)
def test_read_only_disk(case: str):
    with folder() as name, disk(64, 32) as place:
        write_people(Path(name))
        write_video(Path(name) / "in.avi", 5, "-c:v", "mjpeg", "-an")
        make_read_only(place)
        source, words = OUTPUTS[case]
        done = call("-q", *(word.replace("DISK", str(place)) for word in words),
                    f"{name}/{source}")
        assert done.status in (1, 2) and len(done.err.splitlines()) == 1, done
        assert done.errors and str(place) in done.err and "; " in done.err, done
        assert os.listdir(place) == ["filler"]


def test_full_devices():
    """Without any disk of one's own: the device on which nothing fits."""
    with folder() as name:
        path = write_people(Path(name))
        for kind in REPORTS:
            done = call("-q", f"--{kind}", "/dev/full", path)
            assert done.status == 1 and len(done.err.splitlines()) == 1, done
            assert "No space left" in done.err and "make room" in done.err, done


@sanitized
def test_server_without_disk():
    """A video that finds no room on the server is refused as that, and the next is not."""
    with tempfile.TemporaryDirectory() as name, disk(64, 32) as full:
        video = write_video(Path(name) / "in.avi", 50, "-c:v", "mjpeg", "-an").read_bytes()
        assert len(video) > 100_000
        os.environ["TMPDIR"] = str(full)  # the server's; this process made its folders
        with Server(wire=False) as server:
            for _ in range(2):
                connection = http.client.HTTPConnection("localhost", server.http_port, timeout=60)
                connection.request("POST", "/v1/detect", video, {"Content-Type": "video/mp4"})
                answer = connection.getresponse()
                body = answer.read()
                assert answer.status == 507 and b"No space left" in body, (answer.status, body)
                connection.close()
