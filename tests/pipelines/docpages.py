# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages of the documentation, and the blocks of code in them.

A block is fenced and names its language. One of language `sh` holds commands that
a test runs, unless it says why not: ```sh not-run: REASON
"""
import re
from pathlib import Path
from typing import Dict, List, NamedTuple

TOP = Path(__file__).resolve().parents[2]
DOCS = TOP / "docs"

# Languages of blocks. What stands in `text` is output, a fragment or a diagram.
LANGUAGES = {"sh", "python", "c", "yaml", "json", "text"}

# Why a command is not run, and what runs it instead where something does.
REASONS = {
    "installs packages",
    "builds everything",
    "runs all tests",
    "measures for minutes",
    "downloads files",
    "waits for a sender",
    "needs GStreamer 1.24 and two programs at once",
}

# What a command line begins with.
COMMANDS = re.compile(
    r"^\s*(?:\$ )?(?:\w+=\S+ )*(?:sudo |\./)?(?:gst-[\w.-]+|meson|ninja|cc|gcc|curl|ffplay|ffmpeg|"
    r"pip3?|python3?|apt(?:-get)?|git|man|cat|(?:\.?/)?(?:pipelines|tests|docs)/\S+)"
    r"(?: |$)")


class Block(NamedTuple):
    page: str
    line: int
    language: str
    info: str  # what follows the language
    text: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def reason(self) -> str:
        """Why its commands are not run; empty: they are."""
        return self.info[len("not-run:"):].strip() if self.info.startswith("not-run:") else ""


def pages() -> Dict[str, Path]:
    """Every page by the name it is told of."""
    top = [path for path in TOP.glob("*.md")]
    return {str(path.relative_to(TOP)): path for path in sorted([*top, *DOCS.glob("*.md")])}


def blocks(page: str) -> List[Block]:
    """The fenced blocks of a page."""
    found, lines, info, start = [], [], None, 0
    for number, line in enumerate(pages()[page].read_text().splitlines(), 1):
        fence = re.match(r"^\s*```(.*)$", line)
        if fence and info is None:
            info, lines, start = fence.group(1).strip(), [], number
        elif fence:
            language, _, rest = info.partition(" ")
            text = "".join(f"{each}\n" for each in lines)
            found.append(Block(page, start, language, rest.strip(), text))
            info = None
        elif info is not None:
            lines.append(line)
    assert info is None, f"{page}:{start}: a block that does not end"
    return found


def code(page: str, language: str) -> List[str]:
    """The text of a page's blocks of one language."""
    return [each.text for each in blocks(page) if each.language == language]


def prose(page: str) -> List[str]:
    """The lines of a page outside of its blocks; of each block an empty one is left."""
    lines, inside = [], False
    for line in pages()[page].read_text().splitlines():
        if re.match(r"^\s*```", line):
            inside = not inside
            line = ""
        lines.append("" if inside else line)
    return lines


def commands(text: str) -> List[str]:
    """The commands of a block: each begins at the margin, goes on where a line ends in
    \\ or the next one is indented, and takes in what is put into it with <<."""
    found: List[str] = []
    end = ""  # of a text put in
    for line in text.splitlines():
        goes_on = bool(found) and (end or found[-1].endswith("\\") or line[:1].isspace())
        if end and line == end:
            end = ""
        elif not end:
            here = re.search(r"<<\s*'?(\w+)'?", line)
            end = here.group(1) if here else ""
        if goes_on:
            found[-1] += f"\n{line}"
        elif line.strip() and not line.startswith("#"):
            found.append(line)
    return found
