#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""generate-elements.py: prints docs/elements.md from the elements as they are built.
Run it in the environment of `meson devenv -C build`. What depends on the machine, or on
the release of GStreamer, is left out."""
import importlib.util
import tempfile
import warnings
from pathlib import Path
from typing import Dict, Iterator, List

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402 pylint: disable=wrong-import-position

warnings.filterwarnings("ignore", category=DeprecationWarning)

_spec = importlib.util.spec_from_file_location(
    "options", Path(__file__).with_name("generate-options.py"))
options = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(options)

# The elements, and what cannot be read off them: the page that describes an element
# further, and whether that has the meaning of each property.
ELEMENTS = {
    "detect": ("options.md", True),
    "detectoverlay": ("detectoverlay.md", True),
    "detectexport": ("metadata.md#detectexport", False),
    "detectimport": ("metadata.md#detectimport", False),
}

SIGNALS = {
    ("detect", "detections"): "for every inference, in the thread that pushes its frame on, before the frame "
                              "moves on: the video waits for the handler. The structure is that "
                              "of the message below",
}

MESSAGES = {
    "detect": """- `ERROR`, `WARNING`: see [troubleshooting.md](troubleshooting.md).
- `PROGRESS`, code `load-model`: when loading the model takes more than half a second; started, then complete or failed.
- `ELEMENT`, structure `detections`: for every inference, with `post-messages=true`.""",
    "detectoverlay": "- `ERROR`, `WARNING`: see [troubleshooting.md](troubleshooting.md).",
    "detectexport": "- `WARNING`: see [troubleshooting.md](troubleshooting.md). It posts no errors: "
                    "the video goes on.",
    "detectimport": "- `ERROR`, `WARNING`: see [troubleshooting.md](troubleshooting.md).",
}

HEAD = """# Elements

Printed by [generate-elements.py](generate-elements.py) from the plugin as it is built; a test fails where it differs. For what an
element does and how it is used, follow the link under its name."""

# A network that finds one box in the middle of every frame.
MODEL = """[input images]
shape=1;3;64;64
[output output0]
shape=1;84;84
data=0;32;84;32;168;32;252;32;336;0.9
"""

# More than any list of ours: then it is GStreamer's, and grows with its releases.
MANY_FORMATS = 40


def describe_formats(structure: Gst.Structure) -> str:
    found, formats = structure.get_list("format")
    if not found:
        return f"`{structure.get_value('format')}`"
    if formats.n_values > MANY_FORMATS:
        return "every raw format of GStreamer"
    return ", ".join(f"`{formats.get_nth(i)}`" for i in range(formats.n_values))


def describe_type(caps: Gst.Caps, i: int) -> str:
    name, features = caps.get_structure(i).get_name(), caps.get_features(i)
    if features and features.is_any():
        return f"`{name}(ANY)`"
    if features and features.to_string() != "memory:SystemMemory":
        return f"`{name}({features.to_string()})`"
    return f"`{name}`"


def describe_caps(caps: Gst.Caps) -> str:
    """The types, and behind each what formats it may have; alike ones together."""
    types: Dict[str, List[str]] = {}  # by formats
    for i in range(caps.get_size()):
        structure = caps.get_structure(i)
        formats = describe_formats(structure) if structure.has_field("format") else ""
        types.setdefault(formats, []).append(describe_type(caps, i))
    return "; ".join(", ".join(names) + (f": {formats}" if formats else "")
                     for formats, names in types.items())


def pads(element: Gst.Element) -> Iterator[str]:
    yield "| pad | direction | there | caps |\n|---|---|---|---|"
    seen: Dict[str, str] = {}
    for template in sorted(element.get_pad_template_list(), key=lambda each: each.name_template):
        caps = describe_caps(template.get_caps())
        caps = f"as `{seen[caps]}`" if caps in seen else caps
        seen.setdefault(caps, template.name_template)
        yield (f"| `{template.name_template}` | {template.direction.value_nick} | "
               f"{template.presence.value_nick} | {caps} |")


def own_properties(element: Gst.Element) -> List[GObject.ParamSpec]:
    return [spec for spec in element.list_properties()
            if spec.owner_type == type(element).__gtype__]


def type_name(kind: GObject.GType) -> str:
    return {"gchararray": "string"}.get(kind.name, kind.name.lstrip("g"))


def describe_kind(spec: GObject.ParamSpec) -> str:
    return "enumeration" if hasattr(spec, "enum_class") else type_name(spec.value_type)


def describe_values(element: Gst.Element, spec: GObject.ParamSpec) -> str:
    if hasattr(spec, "enum_class"):
        return ", ".join(f"`{value.value_nick}`" for value in words(element, spec).values())
    return options.describe_range(spec)


def words(element: Gst.Element, spec: GObject.ParamSpec) -> Dict[int, GObject.GEnum]:
    """What an enumeration may be. (Newer bindings give its default as a plain number.)"""
    return type(element.get_property(spec.name)).__enum_values__


def describe_default(element: Gst.Element, spec: GObject.ParamSpec) -> str:
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return ""
    if hasattr(spec, "enum_class"):
        return words(element, spec)[int(spec.default_value)].value_nick
    return options.text(spec.default_value)


def describe_flags(spec: GObject.ParamSpec) -> str:
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        return "read"
    return "read, write " + ("always" if spec.flags & Gst.PARAM_MUTABLE_PLAYING
                             else "before PAUSED")


def properties(element: Gst.Element, with_meaning: bool) -> Iterator[str]:
    more, rule = (" meaning |", "---|") if with_meaning else ("", "")
    yield f"| property | type | default | values | flags |{more}\n|---|---|---|---|---|{rule}"
    for spec in own_properties(element):
        meaning = f" {spec.blurb} |" if with_meaning else ""
        yield (f"| `{spec.name}` | {describe_kind(spec)} | {describe_default(element, spec)} | "
               f"{describe_values(element, spec)} | {describe_flags(spec)} |{meaning}")


def fields(structure: Gst.Structure) -> str:
    names = sorted(structure.nth_field_name(i) for i in range(structure.n_fields()))
    return ", ".join(f"`{name}` {type_name(structure.get_field_type(name))}"
                     for name in names)


def signals(name: str, element: Gst.Element) -> Iterator[str]:
    for number in GObject.signal_list_ids(type(element)):
        query = GObject.signal_query(number)
        types = ", ".join(each.name for each in query.param_types)
        yield (f"Signal `{query.signal_name}` ({types}): {SIGNALS[name, query.signal_name]}.")


def detections_message() -> Iterator[str]:
    """The fields of a message, as a run posts it."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.null"
        model.write_text(MODEL)
        pipeline = Gst.parse_launch("videotestsrc num-buffers=1 ! detect name=detect "
                                    "post-messages=true ! fakesink async=false")
        pipeline.get_by_name("detect").set_property("model", str(model))
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            60 * Gst.SECOND, Gst.MessageType.ELEMENT | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
    structure = message.get_structure()
    assert structure.get_name() == "detections", structure.to_string()
    objects = structure.get_array("objects")[1]
    yield f"Fields of `detections`: {fields(structure)}."
    yield f"Fields of each of its `objects`: {fields(objects.get_nth(0))}."


def describe(name: str) -> Iterator[str]:
    page, has_meaning = ELEMENTS[name]
    element = Gst.ElementFactory.make(name)
    factory = element.get_factory()
    yield (f"## {name}\n\n{factory.get_metadata('description')} "
           f"(`{factory.get_metadata('klass')}`, "
           f"a {GObject.type_parent(type(element)).name}). See [{page}]({page}).")
    yield "\n".join(pads(element))
    yield "\n".join(properties(element, not has_meaning))
    if has_meaning:
        yield f"[{page}]({page}) has the meaning of each."
    if element.find_property("stats"):
        yield f"Fields of `stats`: {fields(element.get_property('stats'))}."
    yield from signals(name, element)
    yield f"Messages:\n\n{MESSAGES[name]}"
    if name == "detect":
        yield from detections_message()


def main() -> None:
    Gst.init(None)
    sections = [HEAD]
    for name in ELEMENTS:
        sections += describe(name)
    print("\n\n".join(sections))


if __name__ == "__main__":
    main()
