# SPDX-License-Identifier: LGPL-2.1-or-later
"""docs/troubleshooting.md and the messages in the sources agree, both ways."""
import re
from functools import lru_cache
from pathlib import Path
from typing import Iterator, List, NamedTuple

from docpages import DOCS, TOP

ROOMS = ("src", "gst", "pipelines")

# What reports, by its own name or by the end of it.
REPORTER = re.compile(r"\b(g_set_error(?:_literal)?|g_error_new(?:_literal)?|g_prefix_error|"
                      r"GST_ELEMENT_(?:ERROR|WARNING)|server_log|"
                      r"\w*(?:refuse|fail|complain|warn\w*|failed|failure))\s*\(")
STRING = r'"(?:[^"\\]|\\.)*"'
# Strings one after the other, and macros of formats and versions between them.
RUN = re.compile(rf"(?:[A-Z][A-Z0-9_]+\s*)?{STRING}(?:\s*(?:[A-Z][A-Z0-9_]+|{STRING}))*")
CONVERSION = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?"
                        r"[diouxXeEfgGcsp]")

# Letters from which on a beginning tells which message it is.
MEANINGFUL = 10

# Pieces that never stand alone: a row above has the message they are a part of.
PARTS = {
    "the built-in model", "; did you mean ", "; did you mean '", "; check model=",
    "no reason given",
    "make room, or write to another disk", "name another file", "the video goes on",
    "the video goes on; later lines that are left out are only counted",
    "the other lines are read; later ones like it are only counted",
    "video goes on without results, since on-error=pass", "the value set before stays in use",
    "the frame does not fit its memory", "; the option reference lists the keys",
    "fetch the model again, or export it as ONNX",
    " (cv2.imread gives None for a file that it cannot read)",
}


class Message(NamedTuple):
    place: str
    text: str  # with … for what differs


def without_comments(text: str) -> str:
    """The text with blanks for comments and characters, which may hold quotes."""
    def blank(found: "re.Match[str]") -> str:
        token = found.group()
        return token if token.startswith('"') else re.sub(r"[^\n]", " ", token)

    return re.sub(rf"{STRING}|'(?:[^'\\]|\\.)+'|/\*.*?\*/|//[^\n]*", blank, text, flags=re.DOTALL)


def arguments(text: str, start: int) -> str:
    """What stands in the brackets that open at start."""
    depth = 0
    for found in re.compile(rf"{STRING}|[()]").finditer(text, start):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return text[start + 1:found.start()]
    return ""


def spoken(run: str) -> str:
    """A run of strings as it is read, with … for macros and what printf puts in."""
    run = re.sub(r"PRI[a-z]\d+|G_\w+_FORMAT", '""', run)
    pieces = [piece[1:-1] if piece.startswith('"') else "…"
              for piece in re.findall(rf"{STRING}|[A-Z][A-Z0-9_]+", run)]
    text = "".join(pieces).replace('\\"', '"').replace("\\n", " ")
    text = CONVERSION.sub("…", re.sub(r"%(?= |x|$)", "…", text).replace("%%", "%"))
    return re.sub("…+", "…", text)


def sources() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((TOP / room).rglob("*.*")):
            if path.suffix in (".c", ".cc", ".h") and "examples" not in path.parts:
                yield path


@lru_cache(None)
def messages() -> List[Message]:
    """What the sources report."""
    found = []
    for path in sources():
        text = without_comments(path.read_text())
        for call in REPORTER.finditer(text):
            inside = arguments(text, call.end() - 1)
            behind = text[call.end() + len(inside) + 1:].lstrip()[:1]
            if behind == "{" or call.group(1).endswith("match_refuse"):  # a definition; a hint
                continue
            place = f"{path.relative_to(TOP)}:{text.count(chr(10), 0, call.start()) + 1}"
            found += [Message(place, spoken(run.group())) for run in RUN.finditer(inside)]
    return [each for each in found if " " in each.text and len(each.text.strip("… ")) > 10]


@lru_cache(None)
def texts() -> str:
    """All strings of the sources, a line each."""
    return "\n".join(spoken(run.group()) for path in sources()
                     for run in RUN.finditer(without_comments(path.read_text())))


@lru_cache(None)
def headings() -> List[str]:
    """The messages that the page has: code in the first column of its tables."""
    cells = [line.split(" | ")[0] for line in (DOCS / "troubleshooting.md").read_text().splitlines()
             if line.startswith("| `")]
    return [heading for cell in cells for heading in re.findall(r"`([^`]+)`", cell)]


def pattern(heading: str) -> str:
    """… stands for as little as can be, and for nothing where the source says nothing."""
    return ".*?".join(re.escape(piece.strip()) for piece in heading.split("…"))


def covers(heading: str, message: str) -> bool:
    """Whether the message begins like this; what is short has to be all of it."""
    if len(re.sub("[…:;, ]", "", heading)) < MEANINGFUL:
        return heading == message
    return bool(re.match(rf"(?:…[:;=]? ?)*{pattern(heading.lstrip('…:;, '))}", message))


def test_headings_are_messages():
    """Each is in the sources."""
    assert len(headings()) > 100
    missing = [each for each in headings() if not re.search(pattern(each), texts())]
    assert not missing, "\n".join(missing)


def test_messages_are_explained():
    """Each that the sources have is on the page."""
    assert len(messages()) > 150
    missing = [f"{each.place}: {each.text}" for each in messages()
               if each.text not in PARTS
               and not any(covers(heading, each.text) for heading in headings())]
    assert not missing, "not in docs/troubleshooting.md:\n" + "\n".join(missing)


def test_no_idle_exceptions():
    idle = PARTS - {each.text for each in messages()}
    assert not idle, idle
