# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tools that only read the code have to say about it: nothing."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

sys.path.insert(0, str(Path(__file__).parents[1] / "pipelines"))
from marks import Skip, timeout  # noqa: E402

TOP = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
FOLDERS = ["src", "gst", "pipelines"]


def tool(name: str) -> str:
    path = shutil.which(name)
    if not path:
        raise Skip(f"{name} is not installed")
    return path


def complaints(*command: "str | Path") -> str:
    done = subprocess.run(command, cwd=TOP, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return "" if done.returncode == 0 else done.stdout


@timeout(240)
def test_cppcheck():
    said = complaints(
        tool("cppcheck"), "-j2", "--quiet", "--error-exitcode=1", "--std=c11", "--library=gtk",
        f"--library={HERE / 'cppcheck.cfg'}", "--enable=warning,performance,portability",
        f"--suppressions-list={HERE / 'cppcheck-suppressions.txt'}", "--inline-suppr",
        "-Isrc", "-Igst", "-Ipipelines", *FOLDERS)
    assert not said, said


@timeout(120)
def test_shellcheck():
    scripts = [path for folder in ("pipelines", "tests", ".ci")
               for path in sorted((TOP / folder).rglob("*"))
               if path.is_file() and re.match(rb"#!.*\b(ba)?sh\b", path.read_bytes()[:40])]
    assert len(scripts) > 10, scripts
    # With what they source, in which some lists are for others to use.
    said = complaints(tool("shellcheck"), "--external-sources", "--source-path=SCRIPTDIR",
                      *scripts)
    assert not said, said


def tidy(command: str, build: str, file: Path) -> str:
    """Errors in a file, and the notes that lead to them."""
    return complaints(command, "-p", build, "--quiet", "--extra-arg=-w", file)


def built_sources(build: str) -> List[Path]:
    """Those of the three rooms that this build compiles."""
    database = Path(build, "compile_commands.json").read_text()
    return [path for folder in FOLDERS for path in sorted((TOP / folder).rglob("*.c*"))
            if path.suffix in (".c", ".cc") and f"/{path.relative_to(TOP)}\"" in database]


@timeout(1800)
def test_clang_tidy():
    """Some minutes, so not in a quick run."""
    if os.environ.get("DETECT_TIDY") != "1":
        raise Skip("takes minutes: DETECT_TIDY=1 asks for it")
    command = tool("clang-tidy-14")
    build = os.environ.get("DETECT_BUILD")
    if not build:
        raise Skip("DETECT_BUILD does not name a build folder")
    files = built_sources(build)
    assert len(files) > 150, files
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = "".join(pool.map(lambda file: tidy(command, build, file), files))
    assert not said, said
