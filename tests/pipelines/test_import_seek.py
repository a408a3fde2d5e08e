# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file that carries its detections is sought: every frame has its own again."""
import contextlib
import json
import tempfile
from pathlib import Path
from typing import Iterator, List, Tuple

from common import TIMEOUT, Gst, GstVideo, Pipeline
from gi.repository import GLib
from marks import sanitized, timeout

N_FRAMES = 60
FPS = 30
FLUSH = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE


def make_film(place: Path) -> Path:
    """Every frame a key frame, with one object that has the frame's number as label."""
    lines, film = place / "in.jsonl", place / "film.mkv"
    lines.write_text("".join(json.dumps(
        {"frame": number, "pts": number / FPS, "age": 0, "model": "made",
         "objects": [{"label": str(number), "box_normalized": [0, 0, 1, 1]}]}) + "\n"
        for number in range(N_FRAMES)))
    with Pipeline(f"videotestsrc num-buffers={N_FRAMES} ! "
                  f"video/x-raw,format=I420,width=64,height=64,framerate={FPS}/1 ! "
                  f"detectimport location={lines} ! detectexport name=export format=jsonlines "
                  f"location={place / 'out.jsonl'} ! jpegenc ! queue ! mux. export.meta ! "
                  "text/x-raw ! mux.subtitle_0 matroskamux name=mux ! "
                  f"filesink location={film}") as pipeline:
        pipeline.run()
    return film


def read(buffer: Gst.Buffer) -> Tuple[int, str]:
    """The frame's number, by its time, and its label."""
    region = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, 0)
    return (round(buffer.pts * FPS / Gst.SECOND),
            GLib.quark_to_string(region.roi_type) if region else "none")


class Player(Pipeline):
    def __init__(self, film: Path):
        super().__init__(f"filesrc location={film} ! matroskademux name=demux demux.video_0 ! "
                         "queue ! jpegdec ! detectimport name=import ! fakesink name=sink "
                         "sync=false demux.subtitle_0 ! queue ! import.meta")
        self.frames: List[Tuple[int, str]] = []
        self["sink"].get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._note)

    def _note(self, _: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self.frames.append(read(info.get_buffer()))
        return Gst.PadProbeReturn.OK

    def seek(self, number: int) -> None:
        """To a frame, and until it is shown."""
        self.frames.clear()
        assert self.element.seek_simple(Gst.Format.TIME, FLUSH, number * Gst.SECOND // FPS)
        change, _, _ = self.element.get_state(TIMEOUT * Gst.SECOND)
        assert change == Gst.StateChangeReturn.SUCCESS, change
        shown = self["sink"].get_property("last-sample").get_buffer()
        assert read(shown) == (number, str(number)), (number, read(shown))

    def play_on(self, first: int) -> None:
        """From the frame that is shown to the end."""
        self.run()
        # One that was under way when the seek came may have passed before.
        numbers = [frame for frame in self.frames if frame[0] >= first]
        wanted = [(number, str(number)) for number in range(first, N_FRAMES)]
        assert numbers[-len(wanted):] == wanted, self.frames


@contextlib.contextmanager
def player() -> Iterator[Player]:
    with tempfile.TemporaryDirectory() as name, Player(make_film(Path(name))) as playing:
        yield playing


@sanitized
@timeout(120)
def test_seeks():
    """While paused, from the end, and while playing."""
    with player() as playing:
        playing.set_state(Gst.State.PAUSED)
        for number in (50, 10, 0, 59, 30, 31, 29):
            playing.seek(number)
        playing.play_on(29)
        for number in (0, 40):
            playing.set_state(Gst.State.PAUSED)
            playing.seek(number)
            playing.play_on(number)
