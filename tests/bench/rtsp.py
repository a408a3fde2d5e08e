#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""rtsp.py [SECONDS]: what `detect` adds to the delay of a live RTSP chain.

A camera (an RTSP server of its own, 25 frames a second, 640x480, H.264) is decoded
once; each frame then goes three ways at once to an encoder and a payloader: as it is,
through `detect policy=async`, and through `detect policy=sync`, with a detector that
takes 100 ms. Delay is from the decoder to the packet. Prints a table in Markdown."""
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipelines"))
from common import Gst  # noqa: E402
from streams import ONE_BOX, Camera  # noqa: E402

SLOW = ONE_BOX + "[behaviour]\ndelay-ms=100\n"
ENCODE = ("videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast bitrate=1000 ! "
          "rtph264pay name={name} ! fakesink sync=false async=false")
# A camera does not wait: who is slower loses frames.
QUEUE = "queue max-size-buffers=2 max-size-bytes=0 max-size-time=0 leaky=downstream"
WAYS = {"without": "", "async": "detect model={model} policy=async overlay=true ! ",
        "sync": "detect model={model} policy=sync overlay=true ! "}
LEAST_MS = 5  # what async may add at the 95th percentile
X264_START = 3600 * 1000 * Gst.SECOND  # where x264enc lets times begin
WARM_UP = 1  # seconds, in which the model is loaded


class Delays:
    """Of frames between two pads, by their times; a packet's last one counts."""

    def __init__(self):
        self.entered = {}
        self.left = {}

    def enter(self, _pad, info):
        self.entered[info.get_buffer().pts] = time.monotonic()
        return Gst.PadProbeReturn.OK

    def leave(self, name):
        def note(_pad, info):
            now = time.monotonic()
            lists = info.get_buffer_list() if info.type & Gst.PadProbeType.BUFFER_LIST else None
            buffer = lists.get(0) if lists else info.get_buffer()
            self.left.setdefault(name, {})[buffer.pts - X264_START] = now
            return Gst.PadProbeReturn.OK
        return note

    def measure(self, name):
        first = min(self.entered)
        start = self.entered[first] + WARM_UP
        return sorted((left - self.entered[pts + first]) * 1000
                      for pts, left in self.left[name].items()
                      if self.entered.get(pts + first, 0) > start)


def play(uri: str, model: Path, seconds: float) -> Delays:
    branches = " ".join(f"t. ! {QUEUE} ! {way.format(model=model)}{ENCODE.format(name=name)}"
                        for name, way in WAYS.items())
    pipeline = Gst.parse_launch(f"rtspsrc location={uri} latency=0 ! rtph264depay ! avdec_h264 ! "
                                f"tee name=t {branches}")
    delays = Delays()
    pipeline.get_by_name("t").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER,
                                                               delays.enter)
    for name in WAYS:
        pipeline.get_by_name(name).get_static_pad("src").add_probe(
            Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST, delays.leave(name))
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(int((seconds + WARM_UP) * Gst.SECOND),
                                                    Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message:
        sys.exit(message.parse_error()[0].message)
    return delays


def percentile(values: list, percent: int) -> float:
    return values[min(len(values) * percent // 100, len(values) - 1)]


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder, Camera("640x480") as camera:
        model = Path(folder) / "slow.null"
        model.write_text(SLOW)
        delays = play(camera.uri, model, seconds)
    print("| chain | frames | delay median ms | p95 ms |\n|---|---|---|---|")
    p95 = {}
    for name in WAYS:
        values = delays.measure(name)
        p95[name] = percentile(values, 95)
        print(f"| {name} | {len(values)} | {percentile(values, 50):.1f} | {p95[name]:.1f} |")
    added = p95["async"] - p95["without"]
    print(f"\nasync adds {added:.1f} ms at the 95th percentile")
    return int(added >= LEAST_MS)


if __name__ == "__main__":
    sys.exit(main())
