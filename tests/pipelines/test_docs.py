# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the documentation repeats of the tables is what the tables say, and its pages
lead to each other."""
import ctypes
import re

import flat
from common import Gst, checked
from docpages import DOCS, TOP, code, pages, prose
from marks import cases


def choices(option: str) -> list:
    blurb = Gst.ElementFactory.make("detect").find_property(option).blurb
    return re.search(r"one of: ([^)]*)\)", blurb).group(1).split(", ")


# Pages that are printed, and what prints them.
PRINTED = {
    "options.md": ["generate-options.py", "detect"],
    "detectoverlay.md": ["generate-options.py", "detectoverlay"],
    "elements.md": ["generate-elements.py"],
}


@cases(*PRINTED)
def test_printed(page: str):
    """A page that is printed from the elements is what its script prints."""
    script, *words = PRINTED[page]
    printed = checked(["/usr/bin/python3", DOCS / script, *words])
    assert printed == (DOCS / page).read_text(), \
        f"run {' '.join(['docs/' + script, *words])} > docs/{page}"


def test_all_elements():
    """Every element of the plugin has its section."""
    text = (DOCS / "elements.md").read_text()
    features = Gst.Registry.get().get_feature_list_by_plugin("detect")
    names = {each.get_name() for each in features if isinstance(each, Gst.ElementFactory)}
    assert names and names == set(re.findall(r"^## (\S+)$", text, re.MULTILINE)), names


def test_readme():
    """Its table of properties names all of them, and no other."""
    section = (TOP / "README.md").read_text().split("## Properties")[1].split("\n## ")[0]
    named = {word for line in section.splitlines() if line.startswith("| ")
             for word in re.findall(r"`([a-z-]+)`", line)}
    element = Gst.ElementFactory.make("detect")
    own = {each.name for each in element.list_properties()
           if each.owner_type == type(element).__gtype__}
    assert named == own, named ^ own


def test_families():
    """Every decoder and engine has its row in docs/models.md, and no other has."""
    text = (DOCS / "models.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted({*choices("decoder"), *choices("engine")} - {"auto"})


def test_export_and_import():
    """Every property, format and counter of the elements is in docs/metadata.md."""
    text = (DOCS / "metadata.md").read_text()
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


def anchors(page: str) -> set:
    """What a link may name in a page: its headings, as GitHub spells them."""
    headings = (line.lstrip("#").strip() for line in prose(page) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Pages that are linked already and come by themselves.
AHEAD: "set[str]" = set()


def links() -> "list[tuple[str, str]]":
    return [(page, link) for page in pages() for line in prose(page)
            for link in re.findall(r"\]\((?!http)([^)\s]+)\)", line)]


def test_links():
    """Every file, and every heading in it, that a page points to is there."""
    wrong = []
    for page, link in links():
        path, _, anchor = link.partition("#")
        target = (pages()[page].parent / path).resolve() if path else pages()[page]
        if not target.exists() and target.name not in AHEAD:
            wrong.append((page, link))
        elif anchor and anchor not in anchors(str(target.relative_to(TOP))):
            wrong.append((page, link))
    assert not wrong, wrong


def test_index():
    """docs/index.md leads to every page."""
    named = {link for page, link in links() if page == "docs/index.md"}
    missing = [path.name for path in DOCS.iterdir()
               if path.is_file() and path.name not in named and path.name != "index.md"]
    assert not missing, missing


def test_changelog():
    """What is not released stands on top, then the version that is built."""
    text = (TOP / "CHANGELOG.md").read_text()
    version = re.search(r"version: '([\d.]+)'", (TOP / "meson.build").read_text()).group(1)
    assert re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)[:2] == ["Unreleased", version]


def test_python_structures():
    """Those in docs/python.md are those the tests use."""
    structures = {}
    text = code("docs/python.md", "python")[-1]
    exec(text.split("\nlib =")[0], structures)  # pylint: disable=exec-used
    for name in ("PythonImage", "cv_box", "cv_object", "cv_object_list"):
        assert ctypes.sizeof(structures[name]) == ctypes.sizeof(getattr(flat, name)), name
