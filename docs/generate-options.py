#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""generate-options.py [ELEMENT]: prints the page of an element's properties, which
are made from tables: docs/options.md for `detect`, else docs/ELEMENT.md. Run it in
the environment of `meson devenv -C build`. generate-elements.py has the rest of the
elements, and generates docs/elements.md."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402 pylint: disable=wrong-import-position

HEADS = {"detect": """# Options

One table feeds the element's properties, the keys of the configuration file and the flags of `gst-detect-1.0`, and this page: the
words are the same everywhere. Live options may change while playing; what is set there holds from the next frame on.

```text
gst-launch-1.0 ... ! detect NAME=VALUE ! ...      property
gst-detect-1.0 --NAME VALUE ...                   flag
NAME: VALUE                                       in the file of config=
```
""", "detectoverlay": """# detectoverlay

Draws the objects that a frame's metadata tells of: boxes, labels, track ids, landmarks. It reads `GstDetectMeta` first, then
`GstAnalyticsRelationMeta`, then `GstVideoRegionOfInterestMeta`, so objects of other elements are drawn too, and none is drawn twice.
It draws with the painter of `detect overlay=true`, on any format made of whole bytes a pixel, and only where something is drawn: a
frame with nothing to draw passes as it came.

```sh
gst-launch-1.0 filesrc location=walk.mp4 ! decodebin ! detect ! detectoverlay ! videoconvert ! autovideosink
```

Drawing at the end of a pipeline leaves the picture untouched for the elements before it, and lets another process or machine draw.

## Privacy

`blur-classes` makes objects unrecognisable, by a mosaic of few tiles or by one colour. Nothing finer than a tile is left. Tiles are
at least 1/40 of the frame's longer side, so small objects get one or few. The area is wider than the box by `blur-margin`.

```sh
gst-launch-1.0 filesrc location=street.mp4 ! decodebin ! detect model=face_detection_yunet_2023mar.onnx ! \\
    detectoverlay blur-classes=* hide-classes=* ! videoconvert ! autovideosink
```

With its defaults no face that YuNet found in the test pictures was found again afterwards. What the detector does not find is not
blurred: lower its `threshold`, and let it look at every frame (`policy=sync`, `interval=1`), since between two inferences the area
stays where the object was. A frame that cannot be drawn on is an error, and does not pass.

## Properties
"""}

TABLE = """
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
    name = sys.argv[1] if len(sys.argv) > 1 else "detect"
    element = Gst.ElementFactory.make(name)
    print(HEADS[name], TABLE, sep="")
    for spec in element.list_properties():
        if spec.name not in INHERITED:
            print(row(spec))


if __name__ == "__main__":
    main()
