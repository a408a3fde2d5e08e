# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is installed works from where it was installed; gst-inspect-1.0 tells all
that the option table says."""
import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import Iterator

from common import ELEMENT, Gst, build_folder, checked

PROGRAM = r"""
#include <detect/detect.h>
#include <gst/gst.h>
#include <%s>

int
main (int argc, char **argv)
{
  g_autoptr (DetOptions) options = det_options_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DetModel) model = det_model_new (options, &error);

  gst_init (&argc, &argv);
  g_assert_no_error (error);
  g_print ("%%s %%s\n", det_model_get_decoder (model),
      gst_detect_meta_get_info () ? "meta" : "");
  return 0;
}
"""


@contextlib.contextmanager
def installed() -> Iterator[Path]:
    """An installation in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        # It is built already; building here would build as another user.
        checked(["meson", "install", "-C", build_folder(), "--no-rebuild", "--destdir", folder])
        yield Path(folder)


def only(root: Path, pattern: str) -> Path:
    found = list(root.rglob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def environment(root: Path) -> dict:
    libraries = only(root, "gstreamer-1.0/libgstdetect.so").parent.parent
    return {
        "GST_PLUGIN_PATH": str(libraries / "gstreamer-1.0"),
        "GST_REGISTRY": str(root / "registry.bin"),
        "LD_LIBRARY_PATH": str(libraries),
        "PKG_CONFIG_PATH": str(libraries / "pkgconfig"),
        "PATH": f"{root}/usr/local/bin:{os.environ['PATH']}",
    }


def test_installed_element():
    """Found and usable with nothing but the installed files."""
    with installed() as root:
        env = environment(root)
        text = checked(["gst-inspect-1.0", ELEMENT], env=env)
        assert str(root) in text, "not the installed plugin: " + text
        checked(["gst-launch-1.0", "videotestsrc", "num-buffers=2", "!", ELEMENT, "!",
                 "fakesink"], env=env)


def test_installed_library():
    """A program builds against the installed headers and .pc files, and runs."""
    with installed() as root:
        env = environment(root)
        packages = [path.stem for path in root.rglob("pkgconfig/*.pc")]
        assert len(packages) >= 2, packages
        header = only(root, "gstdetectmeta.h")
        include = header.relative_to(next(parent for parent in header.parents
                                          if parent.name in ("include", "gstreamer-1.0")))
        source, program = root / "program.c", root / "program"
        source.write_text(PROGRAM % include)
        flags = checked(["pkg-config", "--cflags", "--libs", *packages], env=env).split()
        # The .pc files name the final prefix; the files lie under the root for now.
        flags = [re.sub(r"^(-[IL])(/usr/local)", rf"\g<1>{root}\2", flag) for flag in flags]
        checked(["cc", "-Wall", "-Werror", source, "-o", program, *flags], env=env)
        assert checked([program], env=env).split()[1:] == ["meta"]


def test_installed_program():
    """The programs start from where they were installed."""
    with installed() as root:
        programs = list((root / "usr/local/bin").iterdir())
        assert root / "usr/local/bin/gst-detect-1.0" in programs
        for path in programs:
            assert "Usage" in checked([path, "--help"], env=environment(root)), path


def option_names() -> "list[str]":
    """The rows of the option table, as they stand in its source."""
    table = Path(__file__).parents[2] / "src" / "optiontable.c"
    names = re.findall(r'\.name = "([a-z-]+)"', table.read_text())
    assert len(names) > 20, names
    return names


def test_inspect():
    """Every option is a property, and gst-inspect-1.0 shows each with a text."""
    element = Gst.ElementFactory.make(ELEMENT)
    properties = {each.name: each for each in element.list_properties()}
    text = checked(["gst-inspect-1.0", ELEMENT])
    for name in option_names():
        assert name in properties, name
        assert properties[name].blurb, name
        assert re.search(rf"^\s+{re.escape(name)}\s*: ", text, re.MULTILINE), name
    for template in ("SINK template: 'sink'", "SRC template: 'src'"):
        assert template in text


def test_property_round_trip():
    """What is set can be read back, and the default as well."""
    element = Gst.ElementFactory.make(ELEMENT)
    for name, value in (("threshold", 0.25), ("interval", 3), ("classes", "person"),
                        ("overlay", True), ("model", "/some/where.onnx")):
        assert element.get_property(name) == element.find_property(name).default_value
        element.set_property(name, value)
        assert element.get_property(name) == value
