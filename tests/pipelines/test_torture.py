# SPDX-License-Identifier: LGPL-2.1-or-later
"""What applications do to pipelines, and more often than they should.

Each is done in a process of its own, which this file also is, and which leaves no
object alive: test_torture.py seeks|swap|pauses|churn|elements SUBJECT.
With DETECT_LONG=1 in the environment everything is done many times as often.
"""
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Callable, Dict, List

from common import TIMEOUT, Gst, Pipeline, build_folder
from marks import cases, sanitized, timeout
from streams import ONE_BOX
from test_states import launch, resident_kib, traced

TIMES = 20 if os.environ.get("DETECT_LONG") == "1" else 1
N_FRAMES = 60
STEP = Gst.SECOND // 25
SIZE = "video/x-raw,width=96,height=64,framerate=25/1"

# What is tormented; MODEL and FOLDER stand for what is made for the test.
SUBJECTS = {
    "sync": "detect policy=sync overlay=true model=MODEL",
    "async": "detect policy=async overlay=true model=MODEL",
    "parallel": "detect policy=sync parallel=3 model=MODEL",
    "network": "detect policy=sync parallel=2 model=NETWORK threads=1",
    "chain": ("detect policy=sync parallel=2 model=MODEL ! detectoverlay blur-classes=* ! "
              "detectexport location=FOLDER/out.jsonl ! detectimport location=FOLDER/in.jsonl"),
}


def torture(what: str, subject: str) -> None:
    print(traced(what, subject, script=__file__))


@cases(*SUBJECTS)
@sanitized
def test_seeks(subject: str):
    """To and fro in a file, in either direction, at several rates."""
    torture("seeks", subject)


@cases(*SUBJECTS)
@sanitized
def test_swap(subject: str):
    """The element is taken out of a pipeline that plays, and put in again; no frame is
    lost."""
    torture("swap", subject)


@cases(*SUBJECTS)
def test_pauses(subject: str):
    """Paused for long, with all that can be done meanwhile."""
    torture("pauses", subject)


@cases(*SUBJECTS)
@timeout(300)
def test_churn(subject: str):
    """Up and down without waiting for anything: files, threads and memory stay."""
    torture("churn", subject)


@sanitized
def test_elements():
    """Every way in which the elements stand in pipelines leaves nothing alive."""
    torture("elements", "sync")


def test_fields_alone():
    """Frames that are one field each are refused in plain words."""
    for element in ("detect", "detectoverlay"):
        done = launch("videotestsrc num-buffers=4 ! interlace field-pattern=2:2 ! "
                      "video/x-raw(format:Interlaced),interlace-mode=alternate ! "
                      f"{element} ! fakesink async=false")
        assert done.returncode > 0 and "CRITICAL" not in done.stdout, done.stdout
        assert "could not link" in done.stdout or "negotiat" in done.stdout, done.stdout


# ---- in the other process ----

def fill_in(line: str, folder: Path) -> str:
    model = folder / "one.null"
    model.write_text(ONE_BOX)
    (folder / "in.jsonl").write_text('{"frame":0,"pts":0,"objects":[]}\n')
    network = build_folder() / "tests/data/yolov8.onnx"
    return (line.replace("MODEL", str(model)).replace("NETWORK", str(network))
            .replace("FOLDER", str(folder)))


def watch(pad: Gst.Pad) -> List[int]:
    """Gathers the times of the frames that come to a pad."""
    times: List[int] = []

    def note(_: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        times.append(info.get_buffer().pts)
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, note)
    return times


def make_film(folder: Path) -> Path:
    """Every frame a key frame."""
    path = folder / "film.mkv"
    with Pipeline(f"videotestsrc num-buffers={N_FRAMES} ! {SIZE} ! jpegenc ! matroskamux ! "
                  f"filesink location={path}") as pipeline:
        pipeline.run()
    return path


FLUSH, ACCURATE, KEY_UNIT, SNAP, SEGMENT, TRICK, INSTANT = (
    getattr(Gst.SeekFlags, name) for name in
    ("FLUSH", "ACCURATE", "KEY_UNIT", "SNAP_NEAREST", "SEGMENT", "TRICKMODE",
     "INSTANT_RATE_CHANGE"))

# Rate, flags, and the part of the film in frames.
SEEKS = (
    (1.0, FLUSH | ACCURATE, 10, 40), (1.0, FLUSH | KEY_UNIT, 30, 60),
    (1.0, FLUSH | KEY_UNIT | SNAP, 0, 20), (2.0, FLUSH | ACCURATE, 0, 60),
    (0.5, FLUSH | ACCURATE, 20, 30), (-1.0, FLUSH | ACCURATE, 0, 40),
    (-2.0, FLUSH | TRICK, 10, 60), (4.0, FLUSH | TRICK, 0, 60),
    (1.0, ACCURATE, 5, 15), (1.0, FLUSH | ACCURATE, 59, 60), (1.0, FLUSH, 0, 60))


def seek(pipeline: Pipeline, rate: float, flags: Gst.SeekFlags, first: int, end: int) -> None:
    assert pipeline.element.seek(rate, Gst.Format.TIME, flags, Gst.SeekType.SET, first * STEP,
                                 Gst.SeekType.SET, end * STEP)
    if flags & FLUSH:
        change, _, _ = pipeline.element.get_state(TIMEOUT * Gst.SECOND)
        assert change == Gst.StateChangeReturn.SUCCESS, change


def torment_seeks(line: str, folder: Path) -> None:
    film = make_film(folder)
    with Pipeline(f"filesrc location={film} ! matroskademux ! jpegdec ! {line} ! "
                  "fakesink name=sink sync=false") as pipeline:
        times = watch(pipeline["sink"].get_static_pad("sink"))
        pipeline.set_state(Gst.State.PAUSED)
        for state in (Gst.State.PAUSED, Gst.State.PLAYING) * TIMES:
            pipeline.set_state(state)
            for each in SEEKS:
                # Without a flush it waits for the frame that is shown to go on.
                if each[1] & FLUSH or state == Gst.State.PLAYING:
                    seek(pipeline, *each)
        for rate in (1.0, -1.0):
            pipeline.set_state(Gst.State.PAUSED)
            seek(pipeline, rate, FLUSH | ACCURATE, 10, 30)
            del times[:-1]  # but for the one that is shown
            for flushing in (True, False):  # an end of before is none of now
                pipeline.bus.set_flushing(flushing)
            pipeline.run()
            assert times == sorted(times, reverse=rate < 0), times
            assert len(times) in (20, 21), times
    with Pipeline(f"filesrc location={film} ! matroskademux ! jpegdec ! {line} ! "
                  "fakesink sync=true") as pipeline:
        pipeline.set_state(Gst.State.PLAYING)
        for rate in (8.0, 0.5, 20.0):
            pipeline.element.seek(rate, Gst.Format.TIME, INSTANT, Gst.SeekType.NONE, 0,
                                  Gst.SeekType.NONE, 0)
        pipeline.wait()


class Swapper:
    """Takes an element out between two others and puts another in, in the streaming
    thread."""

    def __init__(self, pipeline: Pipeline, make: Callable[[], Gst.Element]):
        self.pipeline, self.make = pipeline, make
        self.before, self.after = (pipeline[name] for name in ("before", "after"))
        self.element = None
        self.done = threading.Event()

    def swap(self) -> None:
        self.done.clear()
        self.before.get_static_pad("src").add_probe(Gst.PadProbeType.BLOCK_DOWNSTREAM,
                                                    self._blocked)
        assert self.done.wait(TIMEOUT), "the pad was not blocked"

    def _take_out(self) -> None:
        source = self.element.get_static_pad("src")
        # What is under way comes out before the end does, which goes no further.
        source.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._drop_end)
        self.before.unlink(self.element)
        self.element.get_static_pad("sink").send_event(Gst.Event.new_eos())
        self.element.unlink(self.after)
        self.element.set_state(Gst.State.NULL)
        self.pipeline.element.remove(self.element)

    @staticmethod
    def _drop_end(_: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        is_end = info.get_event().type == Gst.EventType.EOS
        return Gst.PadProbeReturn.DROP if is_end else Gst.PadProbeReturn.OK

    def _blocked(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if self.element:
            self._take_out()
            self.element = None
            self.before.link(self.after)
        else:
            self.before.unlink(self.after)
            self.element = self.make()
            self.pipeline.element.add(self.element)
            self.before.link(self.element)
            self.element.link(self.after)
            self.element.sync_state_with_parent()
        self.done.set()
        return Gst.PadProbeReturn.REMOVE


def torment_swap(line: str, _folder: Path) -> None:
    with Pipeline(f"videotestsrc name=source ! {SIZE} ! queue max-size-buffers=3 ! "
                  "identity name=before ! identity name=after ! "
                  "fakesink name=sink sync=false") as pipeline:
        times = watch(pipeline["sink"].get_static_pad("sink"))
        swapper = Swapper(pipeline, lambda: Gst.parse_bin_from_description(line, True))
        pipeline.set_state(Gst.State.PLAYING)
        for _ in range(30 * TIMES):
            swapper.swap()
        pipeline["source"].send_event(Gst.Event.new_eos())
        pipeline.wait()
        lost = {i * STEP for i in range(len(times))} ^ set(times)
        assert not lost, sorted(lost)[:10]
        assert times == sorted(times)


def torment_pauses(line: str, _folder: Path) -> None:
    with Pipeline(f"videotestsrc num-buffers={N_FRAMES} ! {SIZE} ! {line} ! queue ! "
                  "fakesink name=sink sync=false") as pipeline:
        times = watch(pipeline["sink"].get_static_pad("sink"))
        for _ in range(5 * TIMES):
            pipeline.set_state(Gst.State.PAUSED)
            pipeline.element.send_event(Gst.Event.new_reconfigure())
            pipeline.element.query_position(Gst.Format.TIME)
            pipeline.element.query(Gst.Query.new_latency())
            pipeline.element.recalculate_latency()
            pipeline.set_state(Gst.State.PLAYING)
        pipeline.wait()
        assert times == [i * STEP for i in range(N_FRAMES)], times
        # Not even the end is waited for.
        pipeline.set_state(Gst.State.READY)
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.bus.set_flushing(True)


def usage() -> Dict[str, int]:
    return {"files": len(os.listdir("/proc/self/fd")),
            "threads": len(os.listdir("/proc/self/task"))}


def settle(wanted: Dict[str, int]) -> Dict[str, int]:
    """Threads end by themselves, soon after nobody needs them any more."""
    deadline = time.monotonic() + TIMEOUT
    while any(usage()[name] > most for name, most in wanted.items()):
        assert time.monotonic() < deadline, (wanted, usage())
        time.sleep(0.01)
    return usage()


def torment_churn(line: str, _folder: Path) -> None:
    n = 50 * TIMES
    with Pipeline(f"videotestsrc ! {SIZE} ! {line} ! fakesink sync=false") as pipeline:
        def cycle() -> None:
            for state in (Gst.State.PLAYING, Gst.State.READY, Gst.State.PLAYING,
                          Gst.State.NULL):
                pipeline.element.set_state(state)
        for _ in range(n):
            cycle()
        pipeline.set_state(Gst.State.PLAYING)
        pipeline.set_state(Gst.State.NULL)
        before, memory = usage(), resident_kib()
        for _ in range(n):
            cycle()
        pipeline.set_state(Gst.State.NULL)
        print("before", before, memory, "KiB, after", settle(before), resident_kib(), "KiB")
        assert resident_kib() - memory < 4096 + 16 * n


# Pipelines of the four elements, in the ways they are used.
USES = (
    "{source} ! detect policy=async parallel=4 model=MODEL ! fakesink",
    "{source} ! detect region=objects model=MODEL ! detect model=MODEL tiles=2x2 ! fakesink",
    "{source} ! tee name=t t. ! queue ! detect model=MODEL ! detectoverlay ! fakesink "
    "t. ! queue ! detect model=MODEL overlay=true ! videoconvert ! fakesink",
    "{source} ! detect model=MODEL ! detectexport name=e location=FOLDER/a.csv ! fakesink "
    "e.meta ! fakesink async=false",
    "{source} ! detect model=MODEL ! detectexport name=e ! queue ! i. "
    "e.meta ! queue ! i.meta detectimport name=i ! detectoverlay ! fakesink",
    "{source} ! detect model=MODEL parallel=3 ! detectexport name=e ! jpegenc ! queue ! m. "
    "e.meta ! queue max-size-time=0 ! m.subtitle_0 matroskamux name=m ! fakesink",
    "{source} ! detectimport location=FOLDER/in.jsonl ! detectoverlay hide-classes=* ! fakesink",
    "{source} ! interlace ! detect model=MODEL overlay=true ! deinterlace ! fakesink",
    "{source} ! videoconvert ! video/x-raw,format=v210 ! detect model=MODEL ! fakesink",
)


def torment_elements(_line: str, folder: Path) -> None:
    for use in USES:
        for source in ("videotestsrc num-buffers=8", "videotestsrc is-live=true num-buffers=4"):
            text = fill_in(use.format(source=f"{source} ! {SIZE}"), folder)
            with Pipeline(text) as pipeline:
                pipeline.run()
            with Pipeline(text) as pipeline:  # and left before its end
                pipeline.element.set_state(Gst.State.PLAYING)


def main() -> None:
    torment = {"seeks": torment_seeks, "swap": torment_swap, "pauses": torment_pauses,
               "churn": torment_churn, "elements": torment_elements}[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        torment(fill_in(SUBJECTS[sys.argv[2]], Path(folder)), Path(folder))
    gc.collect()
    Gst.deinit()


if __name__ == "__main__":
    main()
