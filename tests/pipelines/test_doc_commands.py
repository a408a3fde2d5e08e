# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every command in the documentation runs, and every piece of Python and C."""
import json
import re
import shutil
import struct
from collections import Counter
from typing import Dict, List

from common import asset, build_folder, checked, command
from docpages import COMMANDS, LANGUAGES, REASONS, TOP, blocks, commands, pages, prose
from docsandbox import Sandbox
from marks import cases, timeout
from test_docs import choices

# What pieces of Python take for granted, by page.
BEFORE = {
    "docs/python.md": "import cv2, detect\n"
                      "detector = detect.Detector('yolov8n.onnx')\n"
                      "pictures = [cv2.imread(name) for name in ('one.jpg', 'two.png')]\n"
                      "data = bytes(1920 * 1080 * 3 // 2)\n",
    "docs/metadata.md": "import gi\ngi.require_version('Gst', '1.0')\n"
                        "from gi.repository import Gst\nGst.init(None)\n"
                        "detect = Gst.ElementFactory.make('detect')\nbuffer = Gst.Buffer.new()\n",
}

# Commands that stand within a line of text, and why they are not run.
INLINE = {
    "meson devenv": "builds everything",
    "./tests/run.sh --quick": "runs all tests",
    "meson test": "runs all tests",
    "meson test -C build decoders": "runs all tests",
    "meson setup": "builds everything",
    "pip install openvino --no-deps --target ~/.local/share/detect": "installs packages",
    "ffplay udp://@:5000": "waits for a sender",
}

WITH_CODE = [page for page in pages()
             if any(each.language in ("sh", "python", "c", "yaml") and not each.reason
                    for each in blocks(page))]


@cases(*WITH_CODE)
@timeout(300)
def test_page(page: str):
    """Everything on a page runs, in its order."""
    count = Counter()
    with Sandbox() as sandbox:
        for block in blocks(page):
            try:
                if block.language == "python":
                    sandbox.run_python(block.text, BEFORE.get(page, ""))
                elif block.language == "c":
                    sandbox.compile(block.text)
                elif block.language == "yaml":
                    sandbox.configure(block.text)
                elif block.language == "sh" and not block.reason:
                    for each in commands(block.text):
                        if page != "docs/models.md" or "# " not in each:  # those are below
                            sandbox.run(each)
                        count["sh"] += 1
                    continue
                else:
                    continue
            except AssertionError as error:
                raise AssertionError(f"{block.place}: {error}") from error
            count[block.language] += 1
    print("#", ", ".join(f"{number} {language}" for language, number in count.items()))


# ---- models ----

# What files of tensors cannot tell of their family; see tests/unit/golden-files.c.
UNTOLD = {"detr-end2end", "end2end", "yolox"}
DARKNET = """[net]
width=32
height=32
channels=3
[convolutional]
filters=7
size=1
stride=1
pad=0
activation=linear
[yolo]
mask=0
anchors=16,16
classes=2
num=1
"""


def family_lines() -> Dict[str, str]:
    """The command of docs/models.md for each family."""
    lines = [each for block in blocks("docs/models.md") if block.language == "sh"
             for each in commands(block.text)]
    return {line.rpartition("#")[2].strip(): line.rpartition("#")[0].strip() for line in lines
            if re.search(r"# [\w-]+$", line)}


def model_of(line: str) -> str:
    found = re.search(r"-m (\S+)", line)
    return found.group(1) if found else ""


def write_golden(sandbox: Sandbox, decoder: str) -> str:
    """A model of a family that sees an object in every picture; the file's name."""
    if decoder != "darknet":
        name = f"{decoder}.null"
        shutil.copy(build_folder() / "tests/data/goldens" / name, sandbox.path)
        return name
    (sandbox.path / "tiny.cfg").write_text(DARKNET)
    biases = [0, 0, 0, 0, 4, 4, -4]  # of the box, its objectness, two classes
    (sandbox.path / "tiny.weights").write_bytes(
        struct.pack("<3iq", 0, 2, 0, 0) + struct.pack("<28f", *biases, *[0] * 21))
    return "tiny.weights"


def explained(line: str) -> str:
    return line.replace("--json -", "--explain").replace(" street.jpg", "")


@timeout(200)
def test_families():
    """Each family has a line that finds something, and says the same family."""
    lines = family_lines()
    assert sorted(lines) == sorted(set(choices("decoder")) - {"auto"})
    with Sandbox() as sandbox:
        for decoder, line in lines.items():
            if not model_of(line):
                sandbox.run(line)
                continue
            line = line.replace(model_of(line), write_golden(sandbox, decoder))
            line += f" --decoder {decoder}" if decoder in UNTOLD else ""
            printed = sandbox.run(f"{line} --quiet --threshold 0.2")
            assert json.loads(printed)["objects"], line
            assert f"decoder={decoder}," in sandbox.run(explained(line)), line


@timeout(200)
def test_real_models():
    """The lines as they stand, of files that are there."""
    folder, found = asset("models"), []
    with Sandbox() as sandbox:
        sandbox.places.clear()
        for file in folder.iterdir():
            (sandbox.path / file.name).unlink(missing_ok=True)
            (sandbox.path / file.name).symlink_to(file)
        for decoder, line in family_lines().items():
            if not model_of(line) or not (folder / model_of(line)).exists():
                continue
            told = command(["bash", "-c", f"cd '{sandbox.path}' && {explained(line)}"]).stdout
            if re.search("no engine that is present can|OpenCV cannot load", told):
                continue
            assert f"decoder={decoder}," in told, told
            found.append(decoder)
    print("#", *found)
    assert found


# ---- the form of pages ----

def test_blocks():
    """Every block is fenced and says what it is, and why it does not run."""
    wrong: List[str] = []
    run, left_out = 0, Counter()
    for page in pages():
        for block in blocks(page):
            n = len(commands(block.text)) if block.language == "sh" else 0
            if block.language not in LANGUAGES:
                wrong.append(f"{block.place}: a block of language '{block.language}'")
            elif block.info and block.reason not in REASONS:
                wrong.append(f"{block.place}: no such reason: '{block.info}'")
            elif block.language == "text" and any(
                    COMMANDS.match(line) and "..." not in line for line in block.text.splitlines()):
                wrong.append(f"{block.place}: a command in a block of text")
            run += 0 if block.reason else n
            left_out[block.reason] += n if block.reason else 0
    reasons = ", ".join(f"{number} ({reason})" for reason, number in left_out.items() if reason)
    print(f"# {run} commands are run, {sum(left_out.values())} are not: {reasons}")
    assert not wrong, "\n".join(wrong)


def holds(span: str) -> bool:
    """Whether a command within a line is one that the table lists, or only names options
    of a program, and those are there."""
    if span in INLINE:
        return True
    program, *words = span.split()
    if program.startswith("tests/"):
        # What takes minutes; that its flags are there is all that is looked at.
        text = (TOP / program).read_text()
        return all(re.search(rf"(?<![\w-]){word}(?![\w-])", text) for word in words
                   if word.startswith("-"))
    if program == "gst-inspect-1.0":
        return bool(checked([program, *words]))
    if not program.startswith("gst-detect") or not all(re.fullmatch(r"--?[\w-]+|[A-Z]+", word)
                                                       for word in words):
        return False
    text = checked([program, "--help"])
    return all(re.search(rf"(?<![\w-]){word}(?![\w-])", text) for word in words
               if word.startswith("-"))


def test_nothing_beside():
    """No command stands outside of the blocks: indented, or within a line."""
    wrong: List[str] = []
    for page in pages():
        before = ""
        for number, line in enumerate(prose(page), 1):
            if line.startswith("    ") and not before.strip():
                wrong.append(f"{page}:{number}: a block that is not fenced")
            for span in re.findall(r"`([^`]+)`", line):
                if COMMANDS.match(span) and " " in span.strip() and not holds(span):
                    wrong.append(f"{page}:{number}: {span}")
            before = line
    assert not wrong, "\n".join(wrong)
    assert set(INLINE.values()) <= REASONS
