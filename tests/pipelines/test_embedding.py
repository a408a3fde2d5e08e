# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples for embedding, as built here and outside the tree."""
import re
import tempfile
from pathlib import Path

import samples
from common import build_folder, checked, command
from marks import cases, timeout
from test_install import environment, installed

EXAMPLES = Path(__file__).resolve().parents[2] / "pipelines" / "examples"


def built(name: str) -> Path:
    return build_folder() / "pipelines" / "examples" / name


def check_minimal(program: Path, env: dict) -> None:
    with tempfile.TemporaryDirectory() as folder:
        video = samples.people_video(Path(folder) / "walk.avi", 4, "-c:v", "mpeg4")
        lines = checked([program, video], env=env).splitlines()
        assert len(lines) >= 4 and all(re.fullmatch(r"person \d\.\d\d", line) for line in lines), \
            lines
    missing = command([program, "/none.avi"], env=env)
    assert missing.returncode == 1 and "/none.avi" in missing.stdout, missing.stdout


def check_own_frames(program: Path, env: dict) -> None:
    """Every frame comes back, and each was looked at."""
    lines = checked([program, "320", "240", "12"], env=env).splitlines()
    assert lines[-1] == "12 frames, 12 looked at", lines
    assert command([program, "321", "240", "12"], env=env).returncode == 2


def test_minimal():
    assert len((EXAMPLES / "minimal.c").read_text().splitlines()) < 80
    check_minimal(built("minimal"), {})


def test_own_frames():
    check_own_frames(built("own-frames"), {})


@cases("minimal", "own-frames", "read-detections")
@timeout(120)
def test_outside_the_tree(name: str):
    """The command at the head of the program builds it, with what is installed."""
    source = EXAMPLES / f"{name}.c"
    packages = re.search(r"--cflags --libs ([^)]+)\)", source.read_text()).group(1).split()
    with installed() as root:
        env = environment(root)
        flags = checked(["pkg-config", "--cflags", "--libs", *packages], env=env).split()
        # The .pc files name the final prefix; the files lie under the root for now.
        flags = [re.sub(r"^(-[IL])(/usr/local)", rf"\g<1>{root}\2", flag) for flag in flags]
        program = root / name
        checked(["cc", "-Wall", "-Werror", source, "-o", program, *flags], env=env)
        if name == "minimal":
            check_minimal(program, env)
        elif name == "own-frames":
            check_own_frames(program, env)
