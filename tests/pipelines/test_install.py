# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is installed works from where it was installed; gst-inspect-1.0 tells all
that the option table says."""
import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import Iterator

import flat
from common import ELEMENT, Gst, build_folder, checked, command
from docpages import code

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
        program = built(root, PROGRAM % include, *packages)
        assert checked([program], env=env).split()[1:] == ["meta"]


def built(root: Path, text: str, *packages: str) -> Path:
    """A program of that text, made with nothing but what is installed."""
    source, program = root / "program.c", root / "program"
    source.write_text(text)
    flags = checked(["pkg-config", "--cflags", "--libs", *packages], env=environment(root)).split()
    # The .pc files name the final prefix; the files lie under the root for now.
    flags = [re.sub(r"^(-[IL])(/usr/local)", rf"\g<1>{root}\2", flag) for flag in flags]
    checked(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o", program, *flags],
            env=environment(root))
    return program


def test_installed_c_example():
    """The program in docs/c-api.md, as it stands there."""
    text, = code("docs/c-api.md", "c")
    with installed() as root, flat.canned() as model:
        program = built(root, text, "libdetect")
        picture = root / "picture.ppm"
        picture.write_bytes(b"P6\n128 128\n255\n" + bytes(128 * 128 * 3))
        printed = checked([program, model, picture], env=environment(root))
        assert printed == "dog 0.75 at 48,32 to 112,64\ncat 0.50 at 8,8 to 28,48\n"
        picture.write_bytes(b"P6\n128 128\n255\n" + bytes(100))
        done = command([program, model, picture], env=environment(root))
        assert done.returncode == 1 and "49152 bytes, and 100 are there" in done.stdout
        done = command([program, "no.onnx", picture], env=environment(root))
        assert done.returncode == 1 and "no.onnx: no such model file" in done.stdout


FLAT_PROGRAM = r"""
#include <detect/ctypes-abi.h>
#include <stdio.h>

int
main (int argc, char **argv)
{
  static char pixels[128 * 128 * 3];
  PythonImage image = { 1, { 128 }, { 128 }, { pixels } };
  Detect *det = Detect_new ();

  if (argc != 2 || Detect_Init (det, argv[1]) != 0)
    return puts (Detect_LastError ()), 1;
  DetectOutput out = Detect_Run (det, image);
  for (int i = 0; i < out.object_num; i++)
    printf ("%d %.2f %g\n", out.object[i].classes, (double) out.object[i].prob[0],
        (double) out.object[i].bbox.w);
  Detect_delete (det);
  return 0;
}
"""


def test_installed_flat_interface():
    """From C with its header, and as a copy that finds the core beside it."""
    with installed() as root, flat.canned() as model:
        config = model.with_suffix(".yaml")
        config.write_text("model: canned.null\n")
        program = built(root, FLAT_PROGRAM, "libdetect-ctypes")
        assert checked([program, config], env=environment(root)) == "1 0.75 64\n0 0.50 20\n"
        library = only(root, "libDetect.so")
        checked(["/usr/bin/python3", "-c", "import ctypes, sys; ctypes.CDLL(sys.argv[1])", library],
                env={"LD_LIBRARY_PATH": ""})


def test_installed_python():
    """The module finds the library it was installed with."""
    script = """
import sys, detect
with detect.Detector(sys.argv[1]) as detector:
    print(detect.__file__, [each.label for each in detector.run(bytes(12), size=(2, 2))])
print([line.split()[-1] for line in open("/proc/self/maps") if "libdetect" in line][0])
"""
    with installed() as root, flat.canned() as model:
        module = only(root, "detect.py")
        paths = checked(["/usr/bin/python3", "-c", "import sys; print(*sys.path)"]).split()
        assert "/" + str(module.parent.relative_to(root)) in paths, module
        env = {"PYTHONPATH": str(module.parent), "LD_LIBRARY_PATH": "", "DETECT_LIBRARY": ""}
        printed = checked(["/usr/bin/python3", "-c", script, model], env=env).splitlines()
        assert printed[0].startswith(f"{module} ["), printed
        assert printed[1].startswith(str(root)), printed


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
