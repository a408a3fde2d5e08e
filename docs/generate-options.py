#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Prints docs/options.md from the element's properties, which are made from the
option table. Run it in the environment of `meson devenv -C build`."""
import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402 pylint: disable=wrong-import-position

HEAD = """# Options

One table feeds the element's properties, the keys of the configuration file and the flags of `gst-detect-1.0`, and this page: the
words are the same everywhere. Live options may change while playing; what is set there holds from the next frame on.

    gst-launch-1.0 ... ! detect NAME=VALUE ! ...      # property
    gst-detect-1.0 --NAME VALUE ...                   # flag
    NAME: VALUE                                       # in the file of config=

| option | default | range | live | what it does |
|---|---|---|---|---|"""

# What GstElement and GstBaseTransform bring along, and what cannot be set.
INHERITED = {"name", "parent", "qos", "stats"}


def text(value) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_range(spec: GObject.ParamSpec) -> str:
    if hasattr(spec, "minimum") and hasattr(spec, "maximum"):
        return f"{text(spec.minimum)} to {text(spec.maximum)}"
    return "true, false" if spec.value_type == GObject.TYPE_BOOLEAN else ""


def row(spec: GObject.ParamSpec) -> str:
    live = "yes" if spec.flags & Gst.PARAM_MUTABLE_PLAYING else ""
    help_text = spec.blurb.replace("|", "\\|")
    return (f"| `{spec.name}` | {text(spec.default_value)} | {describe_range(spec)} | {live} | "
            f"{help_text} |")


def main() -> None:
    Gst.init(None)
    element = Gst.ElementFactory.make("detect")
    print(HEAD)
    for spec in element.list_properties():
        if spec.name not in INHERITED:
            print(row(spec))


if __name__ == "__main__":
    main()
