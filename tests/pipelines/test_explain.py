# SPDX-License-Identifier: LGPL-2.1-or-later
"""gst-detect-1.0 --explain: how a model is understood, or why it is refused."""
import os
from pathlib import Path

from common import asset, command
from marks import Skip


def explain(*words, env=None):
    program = Path(os.environ.get("DETECT_BUILD", "")) / "pipelines" / "gst-detect-1.0"
    if not program.is_file():
        raise Skip(f"{program} is not built")
    return command([program, "--explain", *words], env=env)


def test_built_in():
    done = explain()
    assert done.returncode == 0, done.stdout
    assert "decoder=classic" in done.stdout and "engine=opencv" in done.stdout, done.stdout


def test_understood():
    done = explain("-m", asset("models/yolox_nano.onnx"))
    assert done.returncode == 0, done.stdout
    for words in ("output float32[1,3549,85]", "decoder=yolox", "input-size=416x416",
                  "color-order=bgr", "resize-mode=letterbox-top-left", "classes: 80", "COCO"):
        assert words in done.stdout, (words, done.stdout)


def test_overridden():
    """What the user sets is what is said."""
    done = explain("-m", asset("models/yolox_nano.onnx"), "--engine", "opencv",
                   "--color-order", "rgb", "--pad-value", "7")
    for words in ("color-order=rgb", "pad-value=7", "engine=opencv"):
        assert words in done.stdout, (words, done.stdout)


def test_refused():
    """What is known of the file, and the reason."""
    done = explain("-m", asset("models/yolo11n_int8.onnx"), "--engine", "opencv")
    assert done.returncode == 1, done.stdout
    for words in ("output0 float32[1,84,2100]", "names", "refused: ", "DynamicQuantizeLinear",
                  "onnxruntime"):
        assert words in done.stdout, (words, done.stdout)
