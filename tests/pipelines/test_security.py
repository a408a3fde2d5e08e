# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs do not do: talk to the network unasked, write where nothing was
named, pass on as commands what others have put into names and labels. And how they
are built."""
import csv
import json
import os
import re
import subprocess
import unicodedata
import urllib.request
from pathlib import Path
from typing import Callable, Dict, List

import cv2

from cliruns import call, folder, program, write_people, write_video
from common import build_folder, checked, launch
from marks import Skip, cases
from serving import CANNED, Server, picture

# ---- network and files ----


def traced(place: str, calls: str, *words: object) -> List[str]:
    """The system calls of a run, one a line."""
    log = Path(place) / "trace"
    try:
        checked(["strace", "-f", "-qq", "-o", log, "-e", f"trace={calls}", program(), *words],
                timeout=100)
    except FileNotFoundError as error:
        raise Skip("strace is not installed") from error
    return log.read_text(errors="replace").splitlines()


def test_no_network():
    """A picture and a video are looked at without one socket of the internet."""
    with folder() as name:
        inputs = [write_people(Path(name)), write_video(Path(name) / "in.mkv", 5)]
        for line in traced(name, "network", "-q", "--json", f"{name}/report", "-o",
                           f"{name}/out/", *inputs):
            assert not re.search(r"AF_INET|AF_PACKET|AF_NETLINK", line), line


def test_without_any_network():
    """Nor is one missed where there is none, not even to oneself."""
    with folder() as name:
        words = ["unshare", "--net", program(), "-q", "--json", "-", write_people(Path(name))]
        done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if b"unshare failed" in done.stderr:
            raise Skip("a network of its own cannot be had here")
        assert done.returncode == 0 and json.loads(done.stdout)["objects"], done


def opened_for_writing(lines: List[str]) -> "set[str]":
    pattern = re.compile(r'open(?:at)?\((?:[^,"]*, )?"([^"]*)", ([A-Z_|]*)')
    found = [pattern.search(line) for line in lines if "= -1" not in line]
    return {each.group(1) for each in found
            if each and re.search("O_WRONLY|O_RDWR|O_CREAT", each.group(2))}


def test_writes_only_what_is_named():
    """Nothing but the outputs. (The registry of plugins is there before; liborc keeps the
    code it makes in a file that it takes away at once; a build that counts lines writes
    what it has counted.)"""
    with folder() as name:
        inputs = [write_people(Path(name)), write_video(Path(name) / "in.mkv", 5)]
        words = ["-q", "--json", f"{name}/report", "--csv", f"{name}/table", "--log",
                 f"{name}/log", "-o", f"{name}/out/", *inputs]
        checked([program(), *words])
        written = opened_for_writing(traced(name, "open,openat,creat", *words))
        allowed = {f"{name}/report", f"{name}/table", f"{name}/log",
                   f"{name}/out/people.png.part", f"{name}/out/in.mp4.part"}
        extra = {path for path in written - allowed
                 if not re.match(r"/dev/(null|tty|shm/)|/proc/|/sys/|.*/orcexec\.|.*\.gcda$", path)}
        assert not extra, extra
        assert allowed <= written, allowed - written
        assert sorted(os.listdir(f"{name}/out")) == ["in.mp4", "people.png"]


# ---- labels ----

HOSTILE = {
    "formula": '=HYPERLINK("http://x","y")', "plus": "+1+1", "minus": "-1+1", "at": "@SUM(1)",
    "wide formula": "\uff1d1+1", "blank formula": "  =1+1", "quotes": '"\'`,;', "lines": "a\r\nb\nc",
    "tab": "\t=1", "terminal": "\x1b[2J\x1b]0;title\x07", "c1": "\u009b2J", "bell": "a\x07\x7f",
    "markup": "<b>&amp;</b><script>", "broken markup": "<span foo='", "backslash": "\\n\\u0041\\",
    "separator": "a\u2028b\u2029c", "direction": "a\u202egpj.exe", "cue": "1\n00:00 --> 00:01\nx",
    "format": "%s%n%100000d", "metric": 'a"} 1\nevil{x="', "json": '","x":"', "long": "x" * 5000,
}


def write_model(place: str, label: str) -> Path:
    """Finds a dog, whom it calls by the label, and a cat."""
    path = Path(place) / "canned.null"
    path.write_text(CANNED.split("[metadata]")[0])
    labels = Path(place) / "labels.yaml"
    labels.write_text("names:\n  0: cat\n  1: " + json.dumps(label) + "\n")
    return path


def plain(text: str) -> bool:
    """Nothing in it steers a terminal, or breaks a line."""
    return not any(unicodedata.category(c) in ("Cc", "Zl", "Zp") or c in "\u202e\u202d\u2066"
                   for c in text)


def run_program(place: str, label: str, *words: str) -> str:
    source = Path(place) / "in.png"
    if not source.exists():
        assert cv2.imwrite(str(source), picture())
    done = call("-m", write_model(place, label), "--labels", f"{place}/labels.yaml", *words,
                source)
    assert done.status == 0, done
    lines = done.err.splitlines()
    assert all(plain(line) for line in lines), lines
    assert "CRITICAL" not in done.err and "WARNING" not in done.err, done
    return done.out


def check_json(place: str, label: str) -> None:
    text = run_program(place, label, "-q", "--json", "-")
    (line,) = text.split("\n")[:-1]
    assert plain(line) and not set("<>&") & set(line)
    assert json.loads(line)["objects"][0]["label"] == label


def check_csv(place: str, label: str) -> None:
    text = run_program(place, label, "-q", "--csv", "-")
    lines = text.split("\n")[:-1]
    assert len(lines) == 3 and all(plain(line) for line in lines), lines
    cell = list(csv.reader(lines))[1][3]
    assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), cell


def check_summary(place: str, label: str) -> None:
    run_program(place, label)


def check_picture(place: str, label: str) -> None:
    run_program(place, label, "-q", "-o", f"{place}/out.png")


def export(place: str, label: str, ending: str, more: str = "") -> str:
    model = write_model(place, label)
    out = Path(place) / f"report.{ending}"
    done = launch(f"videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64 ! detect "
                  f"model={model} labels={place}/labels.yaml {more} ! detectexport location={out} "
                  "! fakesink async=false", "-q")
    assert done.returncode == 0 and done.stdout == "", done.stdout
    return out.read_text()


def check_mot(place: str, label: str) -> None:
    for row in export(place, label, "csv").splitlines():
        assert re.fullmatch(r"[-\d.,]+", row), row


def check_coco(place: str, label: str) -> None:
    assert len(json.loads(export(place, label, "json"))) == 4


def check_text(place: str, label: str) -> None:
    lines = export(place, label, "txt", "overlay=true").split("\n")[:-1]
    assert len(lines) == 4 and all(plain(line) for line in lines), lines


OUTPUTS: Dict[str, Callable[[str, str], None]] = {
    "json": check_json, "csv": check_csv, "summary": check_summary, "picture": check_picture,
    "mot": check_mot, "coco": check_coco, "text": check_text,
}
# Where it does not matter how a label begins, one that holds all stands for all.
BEGINNING = ("csv",)


@cases(*OUTPUTS)
def test_labels(output: str):
    """A label is data in every output."""
    labels = HOSTILE.values() if output in BEGINNING else ["".join(HOSTILE.values())]
    with folder() as place:
        for label in labels:
            try:
                OUTPUTS[output](place, label)
            except AssertionError as error:
                raise AssertionError(f"{label!r}: {error}") from error


def get(server: Server, path: str, body: bytes = b"", kind: str = "") -> "tuple[dict, bytes]":
    request = urllib.request.Request(server.url + path, body or None,
                                     {"Content-Type": kind} if kind else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return dict(answer.headers), answer.read()


def test_server_labels():
    """In JSON, in the reply to old clients, in metrics, headers, lines of the log."""
    png = cv2.imencode(".png", picture())[1].tobytes()
    label = "".join(each for name, each in HOSTILE.items() if name != "long")
    with folder() as place, Server("--labels", f"{place}/labels.yaml",
                                   model=write_model(place, label)) as server:
        plain_headers, _ = get(server, "/healthz")
        headers, body = get(server, "/v1/detect", png, "image/png")
        assert set(headers) == set(plain_headers), headers
        assert body.endswith(b"\n") and plain(body[:-1].decode())
        assert json.loads(body)["objects"][0]["label"] == label
        assert json.loads(get(server, "/v1/models")[1])["models"][0]["classes"][1] == label
        assert server.ask({"image": picture()})["det_output"][0]["label"] == label
        for line in get(server, "/metrics")[1].decode().splitlines():
            assert re.fullmatch(r'# .*|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[a-z]*")*\})? [-+.\de]+',
                                line), line
        assert all(map(plain, server.log().splitlines())), server.log()


def test_names_of_files():
    """A name of a file is data in the log, the table and what is said of it."""
    with folder() as name:
        path = write_people(Path(name))
        odd = path.rename(path.parent / "=a\n\tb\x1b[2J\u009b\u202e.png")
        call_words = ["-q", "--csv", f"{name}/table", "--log", f"{name}/log", odd]
        assert call(*call_words).status == 0
        for report, columns in (("table", 10), ("log", 6)):
            lines = Path(name, report).read_text().split("\n")[:-1]
            assert len(lines) >= 2 and plain("".join(lines).replace("\t", "")), lines
            split = csv.reader(lines) if report == "table" else [x.split("\t") for x in lines]
            assert all(len(row) == columns for row in split), lines
        odd.write_bytes(b"no picture")
        done = call("-q", odd)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done
        assert plain(done.err.rstrip("\n")), done


# ---- how they are built ----


def built() -> Dict[str, Path]:
    """Programs and libraries that are installed."""
    text = checked(["meson", "introspect", "--installed", build_folder()])
    paths = [Path(path) for path in json.loads(text)]
    return {path.name: path for path in paths if path.is_absolute() and path.is_file()}


def read_elf(path: Path) -> "tuple[str, str]":
    return (checked(["readelf", "--wide", "--file-header", "--program-headers", "--dynamic", path]),
            checked(["readelf", "--wide", "--dyn-syms", path]))


def test_hardening():
    """Position independent, tables read-only and bound at the start, no executable stack,
    stacks guarded, and the checked forms of the C library's calls."""
    if "-asan" in str(build_folder()) or "-tsan" in str(build_folder()):
        raise Skip("sanitizers have their own ways")
    guarded, checking, files = 0, 0, []
    for path in built().values():
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        shape, symbols = read_elf(path)
        files.append(path.name)
        assert re.search(r"Type:\s+DYN", shape), path
        assert "GNU_RELRO" in shape and "BIND_NOW" in shape, path
        assert re.search(r"GNU_STACK.* RW ", shape), path
        assert not re.search(r"\((RPATH|TEXTREL)\)", shape), path
        guarded += "__stack_chk_fail" in symbols
        checking += "_chk@" in symbols.replace("__stack_chk_fail@", "")
    assert len(files) >= 5, files
    assert guarded >= len(files) - 1 and checking >= 3, (guarded, checking, files)
