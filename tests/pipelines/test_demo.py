# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demonstration, run as the README says, from another folder."""
import json
import tempfile
from pathlib import Path

import cv2

import samples
from common import command
from marks import timeout

DEMO = Path(__file__).parents[2] / "pipelines" / "demo.sh"


def run_demo(folder: str, *arguments: object) -> str:
    done = command(["sh", "-c", f'cd "$1" && shift && exec "{DEMO}" "$@"', "sh", folder,
                    *arguments], timeout=200)
    assert done.returncode == 0, done.stdout
    return done.stdout


def read_lines(path: Path) -> list:
    return [json.loads(line) for line in path.read_text().splitlines()]


@timeout(240)
def test_picture():
    with tempfile.TemporaryDirectory() as folder, samples.png(samples.people()) as picture:
        output = run_demo(folder, picture)
        out = Path(folder) / "demo-out"
        lines = read_lines(out / "objects.jsonl")
        assert len(lines) == 1 and lines[0]["objects"], lines
        annotated = cv2.imread(str(out / picture.name))
        assert annotated.shape == (576, 768, 3)
        for name in (picture.name, "objects.jsonl"):
            assert f"{out / name}\n" in output, output


@timeout(240)
def test_video():
    """Options behind the input reach the program."""
    with tempfile.TemporaryDirectory() as folder:
        video = samples.people_video(Path(folder) / "walk.avi", 8, "-c:v", "mpeg4")
        output = run_demo(folder, video, "--threshold", "1", "--quiet")
        lines = read_lines(Path(folder) / "demo-out" / "objects.jsonl")
        assert len(lines) == 8 and not any(line["objects"] for line in lines)
        copies = [line for line in output.splitlines() if "/walk." in line]
        assert len(copies) == 1, output
        assert int(cv2.VideoCapture(copies[0]).get(cv2.CAP_PROP_FRAME_COUNT)) == 8


def test_missing_input():
    with tempfile.TemporaryDirectory() as folder:
        done = command([DEMO, f"{folder}/none.avi"])
        assert done.returncode != 0 and "none.avi" in done.stdout
        assert len(done.stdout.splitlines()) == 1, done.stdout
