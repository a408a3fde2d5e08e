# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may include whom, and headers that stand alone."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

sys.path.insert(0, str(Path(__file__).parents[1] / "pipelines"))
from marks import Skip, cases, timeout  # noqa: E402

TOP = Path(__file__).parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.MULTILINE)
CODE = {".c", ".h", ".cc"}


def sources(*folders: str) -> List[Path]:
    found = [path for folder in folders for path in sorted((TOP / folder).rglob("*"))
             if path.suffix in CODE]
    assert found, folders
    return found


def includes(*folders: str) -> Iterator[Tuple[str, str]]:
    for path in sources(*folders):
        for name in INCLUDE.findall(path.read_text()):
            yield str(path.relative_to(TOP)), name


def refuse(broken: List[Tuple[str, str]]) -> None:
    assert not broken, "\n".join(f"{path} includes {name}" for path, name in broken)


def test_gst_sees_public_headers_only():
    core = {path.name for path in sources("src")}
    own = {path.name for path in sources("gst")}
    refuse([(path, name) for path, name in includes("gst")
            if Path(name[1:-1]).name in core - own and not name.startswith("<detect/")])


def test_core_knows_no_gstreamer():
    refuse([(path, name) for path, name in includes("src") if re.match(r'[<"]gst', name)])


def test_opencv_in_its_shim_only():
    refuse([(path, name) for path, name in includes("src", "gst", "pipelines")
            if re.match(r'[<"]opencv2?/', name) and path != "src/engines/opencv-shim.cc"])
    assert [path.name for path in sources("src", "gst", "pipelines")
            if path.suffix == ".cc"] == ["opencv-shim.cc"]


def test_decoders_see_no_engine():
    refuse([(path, name) for path, name in includes("src/decoders")
            if Path(name[1:-1]).name == "engine.h" or "engines/" in name])


def test_engines_see_no_decoder():
    refuse([(path, name) for path, name in includes("src/engines")
            if Path(name[1:-1]).name == "decoder.h" or "decoders/" in name])


def flags(*packages: str) -> List[str]:
    return subprocess.run(["pkg-config", "--cflags", *packages], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


def compile_alone(header: Path, language: str, packages: Tuple[str, ...]) -> str:
    """What the compiler says to a header with nothing before it."""
    compiler, standard = {"c": ("cc", "c11"), "c++": ("c++", "c++17")}[language]
    done = subprocess.run(
        [compiler, "-x", language, f"-std={standard}", "-fsyntax-only", "-Wall", "-Wextra",
         "-Werror", f"-I{TOP}/src", f"-I{TOP}/gst", *flags(*packages), "-include", header,
         "/dev/null"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return "" if done.returncode == 0 else f"{header.relative_to(TOP)}: {done.stdout}"


def check_headers(headers: List[Path], language: str, *packages: str) -> None:
    complaints = [compile_alone(header, language, packages) for header in headers]
    assert not any(complaints), "\n".join(filter(None, complaints))


@cases("c", "c++")
def test_public_headers(language: str):
    headers = sorted((TOP / "src" / "detect").glob("*.h"))
    assert len(headers) > 5
    check_headers(headers, language, "glib-2.0")
    check_headers([TOP / "gst" / "meta" / "gstdetectmeta.h"], language, "gstreamer-video-1.0")


@timeout(240)
def test_all_headers():
    """Those of the project's own use, as C."""
    headers = [path for path in sources("src", "gst") if path.suffix == ".h"]
    check_headers(headers, "c", "glib-2.0", "gmodule-2.0", "gstreamer-video-1.0",
                  "gstreamer-base-1.0", "pangocairo", "yaml-0.1")


def test_format():
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not tool:
        raise Skip("clang-format is not installed")
    version = subprocess.run([tool, "--version"], text=True, stdout=subprocess.PIPE).stdout
    if not re.search(r"version 14\.", version):
        raise Skip(f"clang-format 14 is asked for, this is {version.strip()}")
    folders = [name for name in ("src", "gst", "pipelines", "tests") if os.path.isdir(TOP / name)]
    done = subprocess.run([tool, "--style=file", "--dry-run", *sources(*folders)], text=True,
                          cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    files = sorted({line.split(":")[0] for line in done.stdout.splitlines()
                    if "[-Wclang-format-violations]" in line})
    assert not files, "clang-format would change " + ", ".join(
        os.path.relpath(path, TOP) for path in files)
