# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-1.0 --server and --log."""
import json
import re
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

import samples
from common import asset, build_folder
from marks import sanitized
from serving import Server, picture


def run(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(build_folder() / "pipelines/gst-detect-1.0"),
                           *(str(word) for word in words)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)


def lines(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()]


def check_log(text: str, frames: list) -> None:
    head, *rows = [line.split("\t") for line in text.splitlines()]
    assert head == ["frame", "start", "end", "ms", "objects", "input"], head
    assert [int(row[0]) for row in rows] == frames, rows
    for row in rows:
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", row[i]) for i in (1, 2))
        assert row[1] <= row[2] and int(row[3]) >= 0 and int(row[4]) == 2, row


@sanitized
def test_inputs():
    """A picture, a folder and a video: drawn, written and logged as without a server."""
    with tempfile.TemporaryDirectory() as name, Server(wire=False) as server:
        folder = Path(name)
        model = server.path / "canned.null"
        (folder / "data").mkdir()
        for i in range(3):
            cv2.imwrite(str(folder / "data" / f"{i}.png"), picture(128 + i))
        video = samples.people_video(folder / "video.avi", 10, "-c:v", "mjpeg")
        for inputs, frames in (([folder / "data"], [0, 0, 0]), ([video], list(range(10)))):
            results = []
            for where, options in (("here", ["--model", model]),
                                   ("there", ["--server", server.url + "/"])):
                done = run(*options, "--json", folder / f"{where}.json", "--log",
                           folder / f"{where}.log", "--output", folder / f"{where}/", *inputs)
                assert done.returncode == 0, done
                check_log((folder / f"{where}.log").read_text(), frames)
                assert re.search(r"[\d.]+ FPS", done.stderr), done
                results.append(lines(folder / f"{where}.json"))
            for here, there in zip(*results):
                assert here["objects"] == there["objects"] and len(here["objects"]) == 2
                assert sorted(here) == sorted(there) and here["pts"] == there["pts"]
                assert there["ms"]["inference"] > 0 and there["model"] == "canned.null"
        for i in range(3):
            here, there = (cv2.imread(str(folder / where / f"{i}.png"))
                           for where in ("here", "there"))
            assert np.array_equal(here, there)
            assert not np.array_equal(here, cv2.imread(str(folder / "data" / f"{i}.png")))
        assert (folder / "there/video.mp4").stat().st_size > 1000


def test_real_model():
    """JPEG moves boxes by a little, no more."""
    model = asset("models/yolox_nano.onnx")
    with samples.png(samples.people()) as path, Server(model=model, wire=False) as server:
        there = json.loads(run("--server", server.url, "-q", "--json", "-", path).stdout)
        here = json.loads(run("--model", model, "-q", "--json", "-", path).stdout)
    strong = [[each for each in frame["objects"] if each["score"] > 0.5] for frame in (here, there)]
    assert len(strong[0]) > 3
    for one in strong[0]:
        nearest = min(strong[1], key=lambda other: sum(
            abs(a - b) for a, b in zip(one["box"], other["box"])))
        assert max(abs(a - b) for a, b in zip(one["box"], nearest["box"])) < 4, (one, nearest)


@sanitized
def test_style():
    """How boxes are drawn is said here."""
    with tempfile.TemporaryDirectory() as name, Server(wire=False) as server:
        path = Path(name) / "a.png"
        cv2.imwrite(str(path), np.full((128, 128, 3), 90, np.uint8))
        pictures = []
        for i, options in enumerate(([], ["--overlay-labels", "false"], ["--line-width", "9"])):
            out = Path(name) / f"out{i}.png"
            assert run("--server", server.url, *options, "-o", out, path).returncode == 0
            pictures.append(cv2.imread(str(out)).tobytes())
        assert len(set(pictures)) == 3


@sanitized
def test_failures():
    """One line that says what to do; a server that goes away in the middle, too."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.png"
        token = Path(name) / "token"
        cv2.imwrite(str(path), picture())
        token.write_text("secret\n")
        with Server("--token-file", token, wire=False) as server:
            cases = [(["--server", server.url], "401"), (["--server", "nonsense"], "URL"),
                     (["--server", "http://localhost:1"], "does not answer"),
                     (["--server", server.url, "--model", "x"], "--model"),
                     (["--server", server.url, "--token-file", name], "directory"),
                     (["--token-file", token], "--server"),
                     (["--server", server.url, "--token-file", token, "--log", name], "written")]
            for words, text in cases:
                done = run(*words, path)
                assert done.returncode in (1, 2) and text in done.stderr, (words, done)
                assert len(done.stderr.splitlines()) == 1, done
            assert run("--server", server.url, "--token-file", token, path).returncode == 0
        with Server(behaviour="[behaviour]\nfault=error\nafter=5\n", wire=False) as server:
            video = samples.people_video(Path(name) / "video.avi", 20, "-c:v", "mjpeg")
            done = run("--server", server.url, "-q", video)
            assert done.returncode == 1 and "null engine fails" in done.stderr, done
