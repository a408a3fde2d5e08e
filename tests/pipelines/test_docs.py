# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documentation repeats of the tables is what the tables say."""
import ctypes
import re
from pathlib import Path

import flat
from common import Gst, command
from marks import cases

TOP = Path(__file__).resolve().parents[2]


def choices(option: str) -> list:
    blurb = Gst.ElementFactory.make("detect").find_property(option).blurb
    return re.search(r"one of: ([^)]*)\)", blurb).group(1).split(", ")


# Pages that docs/generate-options.py prints, and of which element.
PAGES = {"options.md": "detect", "detectoverlay.md": "detectoverlay"}


@cases(*PAGES)
def test_options(page: str):
    """A page of properties is what its generator prints."""
    printed = command(["/usr/bin/python3", TOP / "docs" / "generate-options.py",
                       PAGES[page]]).stdout
    assert printed == (TOP / "docs" / page).read_text(), \
        f"run docs/generate-options.py {PAGES[page]} > docs/{page}"


def test_families():
    """Every decoder and engine has its row in docs/models.md, and no other has."""
    text = (TOP / "docs" / "models.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted({*choices("decoder"), *choices("engine")} - {"auto"})


def test_export_and_import():
    """Every property, format and counter of the elements is in docs/metadata.md."""
    text = (TOP / "docs" / "metadata.md").read_text()
    for name in ("detectexport", "detectimport"):
        element = Gst.ElementFactory.make(name)
        section = text.split(f"## {name}")[1].split("\n## ")[0]
        base = {each.name for each in Gst.ElementFactory.make("identity").list_properties()}
        own = {each.name for each in element.list_properties()} - (base & {"name", "parent", "qos"})
        stats = element.get_property("stats")
        words = own | {stats.nth_field_name(number) for number in range(stats.n_fields())}
        if name == "detectexport":
            words |= {value.value_nick for value in
                      type(element.get_property("format")).__enum_values__.values()}
        missing = sorted(word for word in words if f"`{word}`" not in section)
        assert not missing, (name, missing)


def test_links():
    """Every file that a page points to is there."""
    for page in (TOP / "README.md", *(TOP / "docs").glob("*.md")):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def code(page: str, language: str) -> list:
    text = (TOP / "docs" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_python_code():
    """It is Python; and the structures are those the tests use."""
    blocks = code("python.md", "python")
    for block in blocks:
        compile(block, "python.md", "exec")
    structures = {}
    exec(blocks[-1].split("\nlib =")[0], structures)  # pylint: disable=exec-used
    for name in ("PythonImage", "cv_box", "cv_object", "cv_object_list"):
        assert ctypes.sizeof(structures[name]) == ctypes.sizeof(getattr(flat, name)), name
