# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every program has a manual page that says what its --help says, and its examples run."""
import re
from pathlib import Path
from typing import Dict, List

from common import build_folder, checked
from docpages import TOP
from docsandbox import Sandbox
from marks import Skip, cases, timeout

PAGES = {path.name[:-len(".1.scd")]: path for path in (TOP / "pipelines").glob("*.1.scd")}
GSTREAMERS = {"gst-debug"}  # its own options, for which its manual stands
OPTION = r"--([a-z][a-z-]+)"


def program(name: str) -> Path:
    path = build_folder() / "pipelines" / name
    if not path.exists():
        raise Skip(f"{name} was left out of the build")
    return path


def help_text(name: str) -> str:
    return checked([program(name), "--help"])


def flags(text: str) -> set:
    return set(re.findall(rf"(?<![\w-]){OPTION}", text)) - GSTREAMERS


def described(name: str) -> Dict[str, str]:
    """What the page says of each option that has an entry: indented below its name."""
    entries = re.findall(r"^(\*-.*)\n((?:\t.*\n?)+)", PAGES[name].read_text(), re.MULTILINE)
    return {flag: text for head, text in entries for flag in re.findall(rf"\*{OPTION}\*", head)}


def defaults(text: str) -> Dict[str, str]:
    """The number or address that --help gives as an option's default."""
    flat = re.sub(r"\s+", " ", text)
    entries = re.split(r" (?=(?:-\w, )?--[a-z])", flat)
    found = [(re.search(OPTION, each), re.search(r"default: ([\w.:]*\d[\w.:]*)", each))
             for each in entries]
    return {option.group(1): default.group(1) for option, default in found if option and default}


def test_every_program():
    text = (TOP / "pipelines" / "meson.build").read_text()
    assert set(re.findall(r"executable\('([^']+)'", text)) == set(PAGES)


@cases(*PAGES)
def test_options(name: str):
    """The page has what is the program's own, and nothing that is not. What programs
    have in common stands once, in gst-detect-1.0(1)."""
    text, page = help_text(name), described(name)
    own = flags(text)
    if name != "gst-detect-1.0":
        own &= flags(text.split("\nModel\n")[0])
    assert len(own) > 8 and set(page) == own, (own - set(page), set(page) - own)
    named = set(re.findall(rf"\*{OPTION}\*", PAGES[name].read_text()))
    assert named <= flags(text), named - flags(text)
    said = defaults(text)
    for option in own:
        if "default" in page[option].lower() and option in said:
            assert said[option] in page[option], (option, said[option], page[option])


def examples(name: str) -> List[str]:
    section = PAGES[name].read_text().split("# EXAMPLES\n")[1].split("\n# ")[0]
    return re.findall(r"^\t(.+)$", section, re.MULTILINE)


@cases(*PAGES)
@timeout(200)
def test_examples(name: str):
    found = examples(name)
    assert found
    with Sandbox() as sandbox:
        for each in found:
            sandbox.run(each)
