# SPDX-License-Identifier: LGPL-2.1-or-later
"""States and caps come and go; nothing is left behind.

The counting is done in processes of their own, which this file also is:
test_states.py cycles|caps|leak|exit [OPTION=VALUE...].
"""
import re
import sys
import time
from statistics import median
from typing import List

if "unwind" in sys.argv[1:2]:
    import cv2  # noqa: F401 pylint: disable=unused-import

import numpy as np

import pixels
from common import (ELEMENT, Gst, Pipeline, asset, build_folder, command, detect, launch,
                    push, run)
from test_accuracy import skip_without
from marks import cases, sanitized, timeout

N_CYCLES = 200
TRACED = {"GST_TRACERS": "leaks(log-leaks-on-deinit=true)", "GST_DEBUG": "GST_TRACER:7",
          "GST_DEBUG_NO_COLOR": "1",
          # Else the C library takes memory for each of many threads that come and go.
          "MALLOC_ARENA_MAX": "1"}


def resident_kib() -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))


def cycle_states(*options: str) -> None:
    with Pipeline(f"videotestsrc ! video/x-raw,width=160,height=128 ! {ELEMENT} "
                  f"{' '.join(options)} ! fakesink") as pipeline:
        sizes = []
        for _ in range(N_CYCLES):
            pipeline.set_state(Gst.State.PLAYING)
            pipeline.set_state(Gst.State.NULL)
            sizes.append(resident_kib())
    # Medians, since memory of the moment comes and goes with each cycle.
    quarter = N_CYCLES // 4
    print("resident", *(int(median(each)) for each in
                        (sizes[quarter:2 * quarter], sizes[-quarter:])))


def shade(width: int, height: int) -> pixels.Picture:
    return pixels.from_bgr(np.full((height, width, 3), 90, np.uint8))


def change_caps() -> None:
    frames = [pixels.frame(name, shade(*size)) for _ in range(3)
              for name in ("I420", "NV12", "RGB", "ARGB64")
              for size in ((160, 120), (322, 242), (64, 480))]
    results = push(frames, f"{detect()} ! queue")
    assert ([(result.width, result.height) for result in results] ==
            [(frame.width, frame.height) for frame in frames])


def alive(output: str) -> List[str]:
    """What the leaks tracer found alive when GStreamer was left."""
    return re.findall(r"object-alive, type-name=\(string\)Gst.*", output)


def traced(*words: str, script: str = __file__) -> str:
    done = command([sys.executable, script, *words], timeout=280, env=TRACED)
    assert done.returncode == 0, done.stdout
    assert not alive(done.stdout), "\n".join(alive(done.stdout)[:20])
    return done.stdout


def test_tracer_sees_leaks():
    """The tracer is at work: an object kept on purpose is reported."""
    done = command([sys.executable, __file__, "leak"], env=TRACED)
    assert any("GstFakeSink" in line for line in alive(done.stdout)), done.stdout


def model_options(engine: str) -> List[str]:
    if engine == "people":
        return []
    skip_without(engine, "yolox_nano.onnx")
    return [f"model={asset('models/yolox_nano.onnx')}", f"engine={engine}"]


# What an engine's allocator may keep, in KiB: ONNX Runtime's settles within a
# hundred cycles, a dozen MiB up or down.
KEPT = {"people": 4096, "opencv": 4096, "onnxruntime": 24576, "openvino": 24576}


@cases(*KEPT)
@timeout(300)
def test_state_cycles(engine: str):
    """Two hundred times up and down: no object stays alive, and no memory."""
    output = traced("cycles", *model_options(engine))
    early, late = map(int, re.search(r"resident (\d+) (\d+)", output).groups())
    print(f"# resident in the second quarter {early} KiB, in the last {late} KiB")
    assert late - early < KEPT[engine]


N_EXITS = 20


@cases(*KEPT)
def test_exit_while_loading(engine: str):
    """A program that leaves while its detector is still being loaded leaves in peace."""
    options = model_options(engine)
    for i in range(N_EXITS):
        done = command([sys.executable, __file__, "exit", str(3 * i), *options])
        assert done.returncode == 0, f"left after {3 * i} ms: {done.returncode}\n{done.stdout}"


@cases("onnxruntime", "openvino")
def test_two_unwinders(engine: str):
    """Where C++ libraries came before GStreamer, exceptions would end the process: the
    engine's library is opened so that they do not. OpenVINO throws them in any case,
    ONNX Runtime for a model that it cannot load."""
    options = model_options(engine)
    if engine == "onnxruntime":
        options[0] = f"model={build_folder() / 'tests/data/nms.onnx'}"
    done = command([sys.executable, __file__, "unwind", *options])
    wanted = "cannot load" if engine == "onnxruntime" else "no error"
    assert done.returncode == 0 and wanted in done.stdout, done.stdout


@sanitized
def test_caps_changes():
    """Format and size change from frame to frame."""
    traced("caps")


@sanitized
def test_stream_changing_size():
    """A broadcast whose pictures change size on the way."""
    path = asset("media/odd/pedestrians_varres.ts")
    results = run(f"filesrc location={path} ! decodebin ! {detect(interval=5)} ! fakesink")
    sizes = {(result.width, result.height) for result in results}
    print("# sizes", sorted(sizes))
    assert len(sizes) > 1
    for result in results:
        for each in result.objects:
            assert 0 <= each.box[0] < each.box[2] <= result.width, (each, result)
            assert 0 <= each.box[1] < each.box[3] <= result.height, (each, result)


@sanitized
def test_launch_leaks():
    """gst-launch leaves nothing alive, in none of the ways a stream can end."""
    source = f"videotestsrc num-buffers=5 ! video/x-raw,width=160,height=128 ! {ELEMENT}"
    for description, succeeds in (
            (f"{source} overlay=true ! fakesink", True),
            (f"{source} ! tee name=t t. ! queue ! {ELEMENT} ! fakesink "
             f"t. ! queue ! {ELEMENT} ! fakesink", True),
            (f"{source} model=/nonexistent.onnx ! fakesink", False),
            (f"{source} ! identity error-after=2 ! fakesink", False),
            (f"{source} ! identity eos-after=2 ! fakesink", True)):
        done = launch(description, env=TRACED)
        assert (done.returncode == 0) == succeeds, done.stdout
        assert "Setting pipeline to NULL" in done.stdout, done.stdout
        assert not alive(done.stdout), description + "\n" + "\n".join(alive(done.stdout))


def leave_early(milliseconds: str, *options: str) -> None:
    """Leaves as a program does that is closed: nothing is waited for."""
    pipeline = Gst.parse_launch(f"videotestsrc ! {ELEMENT} {' '.join(options)} ! fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    time.sleep(int(milliseconds) / 1000)  # where in the loading it is caught varies
    pipeline.set_state(Gst.State.NULL)
    sys.exit()


def leak() -> None:
    sink = Gst.ElementFactory.make("fakesink")
    globals()["kept"] = sink  # still held when GStreamer is left


def unwind(*options: str) -> None:
    pipeline = Gst.parse_launch("videotestsrc num-buffers=1 ! "
                                f"{ELEMENT} {' '.join(options)} ! fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        60 * Gst.SECOND, Gst.MessageType.ERROR | Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    print(message.parse_error()[0].message if message.type == Gst.MessageType.ERROR
          else "no error")


if __name__ == "__main__":
    {"cycles": cycle_states, "caps": change_caps, "leak": leak,
     "unwind": unwind,
     "exit": leave_early}[sys.argv[1]](*sys.argv[2:])
    import gc

    gc.collect()
    Gst.deinit()
