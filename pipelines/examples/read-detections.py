#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""read-detections.py WAY VIDEO: prints what `detect` finds, in one of four ways.

signal   the element calls a function, in its streaming thread
bus      it posts messages, read in the main thread
probe    its buffers are looked at where they pass, in the streaming thread
appsink  its buffers are pulled, in a thread of one's own
"""
import sys
import threading
import warnings

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstDetect", "1.0")
from gi.repository import Gst, GstApp, GstDetect  # noqa: E402,F401

# A structure's array comes as a GValueArray, which is deprecated.
warnings.filterwarnings("ignore", category=DeprecationWarning)


def print_object(pts, label, score, *box):
    corners = ",".join(f"{edge:.1f}" for edge in box)
    print(f"{pts / Gst.SECOND:.3f} {label or 'object'} {score:.3f} {corners}", flush=True)


def print_structure(detections):
    """By signal and by bus: a structure says it all."""
    pts = detections.get_value("pts")
    _, objects = detections.get_array("objects")
    for number in range(objects.n_values):
        each = objects.get_nth(number)
        print_object(pts, *(each.get_value(name)
                            for name in ("label", "score", "x0", "y0", "x1", "y1")))


def print_buffer(buffer):
    """By probe and by appsink: buffers carry it."""
    for each in GstDetect.buffer_get_detections(buffer):
        print_object(each.pts, each.label, each.score, each.x0, each.y0, each.x1, each.y1)


def on_buffer(_pad, info):
    print_buffer(info.get_buffer())
    return Gst.PadProbeReturn.OK


def pull(sink):
    """Until the end of the stream, or until it is stopped."""
    for sample in iter(sink.pull_sample, None):
        print_buffer(sample.get_buffer())


def main():
    ways = ("signal", "bus", "probe", "appsink")
    if len(sys.argv) != 3 or sys.argv[1] not in ways:
        sys.exit(f"Usage: {sys.argv[0]} {'|'.join(ways)} VIDEO")
    way, video = sys.argv[1:]
    Gst.init(None)
    sink = "appsink sync=false max-buffers=4" if way == "appsink" else "fakesink"
    pipeline = Gst.parse_launch(f"filesrc name=file ! decodebin ! detect name=detect ! "
                                f"{sink} name=sink")
    pipeline.get_by_name("file").set_property("location", video)
    detect = pipeline.get_by_name("detect")
    thread = None
    if way == "signal":
        detect.connect("detections", lambda _detect, detections: print_structure(detections))
    elif way == "bus":
        detect.set_property("post-messages", True)
    elif way == "probe":
        detect.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, on_buffer)
    else:
        thread = threading.Thread(target=pull, args=[pipeline.get_by_name("sink")])

    pipeline.set_state(Gst.State.PLAYING)
    if thread:
        thread.start()
    status = 0
    while True:
        message = pipeline.get_bus().timed_pop_filtered(
            Gst.CLOCK_TIME_NONE,
            Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR)
        if message.has_name("detections"):
            print_structure(message.get_structure())
        if message.type == Gst.MessageType.ERROR:
            print(message.parse_error()[0].message, file=sys.stderr)
            status = 1
        if message.type != Gst.MessageType.ELEMENT:
            break
    pipeline.set_state(Gst.State.NULL)
    if thread:
        thread.join()
    return status


if __name__ == "__main__":
    sys.exit(main())
