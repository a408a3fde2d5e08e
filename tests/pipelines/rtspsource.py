# SPDX-License-Identifier: LGPL-2.1-or-later
"""A camera to be killed, or a server to be sent to: rtspsource.py PORT
WxH|record [h264|jpeg]. Prints the port when it listens, and in record mode a line
for each frame that arrives."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 bitrate=300 "
            "! rtph264pay name=pay0 config-interval=-1",
    "jpeg": "jpegenc ! rtpjpegpay name=pay0",
}


def say(*words) -> None:
    print(*words, flush=True)


def note_frames(_factory, media) -> None:
    sink = media.get_element().get_by_name("sink")
    sink.connect("handoff", lambda *_: say("frame"))
    media.connect("unprepared", lambda *_: say("end"))


def make_factory(what: str, codec: str) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    if what == "record":
        factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
        factory.set_launch("( rtph264depay name=depay0 ! avdec_h264 ! "
                           "fakesink name=sink signal-handoffs=true sync=false )")
        factory.connect("media-configure", note_frames)
    else:
        width, height = what.split("x")
        factory.set_launch(f"( videotestsrc is-live=true pattern=ball ! video/x-raw,"
                           f"format=I420,width={width},height={height},framerate=25/1 ! "
                           f"{ENCODERS[codec]} )")
    factory.set_shared(True)
    return factory


def main() -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(sys.argv[1])
    server.get_mount_points().add_factory("/camera",
                                          make_factory(*(sys.argv[2:] + ["h264"])[:2]))
    if not server.attach(None):
        sys.exit("the port is taken")
    say("port", server.get_bound_port())
    GLib.MainLoop().run()


main()
