# SPDX-License-Identifier: LGPL-2.1-or-later
"""Detections that leave the process: files, subtitles, datagrams, and back again."""
import contextlib
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple

import samples
from common import ELEMENT, Gst, GstVideo, Pipeline, build_folder, checked, launch
from marks import Skip, cases, sanitized, timeout

TOP = Path(__file__).resolve().parents[2]
CLIP_SECONDS = 10
FPS = 10  # of the sample video
WAYS = ("signal", "bus", "probe", "appsink")

# Two objects, 24,16 - 56,32 of class 1 and 4,4 - 14,24 of class 0, on every frame.
CANNED = """[input images]
shape=1;3;64;64
[output output0]
shape=1;6;84
data=10;40;94;24;178;32;262;16;430;0.75;20;9;104;14;188;10;272;20;356;0.5
[metadata]
names={0: 'cat', 1: 'dog'}
"""
UNLIMITED_QUEUE = "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0"
WILD = ['"quotes" \\ and \'more\'', "two\nlines\r\tand a tab", "<b>&amp;</b>",
        "\U0001f408 \u732b caf\u00e9 \u202eabc", "=HYPERLINK(1)", "{\\an8}", "\u0001\u001f"]


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def canned(place: Path) -> Path:
    path = place / "canned.null"
    path.write_text(CANNED)
    return path


def clip(place: Path, seconds: float = CLIP_SECONDS) -> Path:
    """The beginning of the sample video, as it is."""
    path = place / "clip.avi"
    checked(["ffmpeg", "-v", "error", "-i", samples.sample_video(), "-t", seconds, "-c", "copy",
             path])
    return path


def play(description: str, *options: str, seconds: int = 100) -> str:
    done = launch(description, *options, timeout=seconds)
    assert done.returncode == 0, done.stdout
    return done.stdout


def warnings_in(output: str) -> List[str]:
    return re.findall(r"^WARNING: from element \S+: (.*)$", output, re.MULTILINE)


def read_lines(path: Path) -> List[dict]:
    text = path.read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def make_object(label: str, number: int) -> dict:
    left = 0.1 + number % 7 / 100
    return {"label": label, "class_id": number, "score": 0.5,
            "box_normalized": [left, 0.25, left + 0.25, 0.75]}


def write_records(path: Path, frames: Dict[int, List[dict]], fps: int = 30) -> Path:
    """JSON lines as somebody else would write them."""
    path.write_text("".join(
        json.dumps({"frame": number, "pts": number / fps, "age": 0, "model": "made",
                    "objects": objects}) + "\n" for number, objects in frames.items()))
    return path


def pattern(n: int, more: str = "") -> str:
    return (f"videotestsrc num-buffers={n} ! video/x-raw,format=I420,width=320,height=240,"
            f"framerate=30/1 {more}")


# ---- there and back ----


@sanitized
@timeout(300)
def test_round_trip():
    """Exported, imported and exported again: the same lines, frame by frame; with
    frames that carry an older result, and frames that carry none."""
    with folder() as place:
        source = f"filesrc location={clip(place)} ! decodebin"
        first, second = place / "first.jsonl", place / "second.jsonl"
        play(f"{source} ! {ELEMENT} interval=3 max-age=150 ! "
             f"detectexport empty=true location={first} ! fakesink", seconds=250)
        play(f"{source} ! detectimport location={first} ! "
             f"detectexport empty=true location={second} ! fakesink")
        lines = read_lines(first)
        assert len(lines) == CLIP_SECONDS * FPS, len(lines)
        assert {line["age"] for line in lines} == {0, 1, None}
        assert sum(len(line["objects"]) for line in lines) > 100
        for one, other in zip(lines, read_lines(second)):
            assert one == other, (one, other)
        assert first.read_bytes() == second.read_bytes()


@timeout(300)
def test_round_trip_after_encoding():
    """Also on a copy of the video that is encoded anew at half the size: the same
    objects on the same frames, boxes as fractions identical, as pixels halved."""
    with folder() as place:
        source = clip(place)
        first, second = place / "first.jsonl", place / "second.jsonl"
        small = place / "small.mp4"
        play(f"filesrc location={source} ! decodebin ! {ELEMENT} interval=2 ! "
             f"detectexport empty=true location={first} ! fakesink", seconds=250)
        checked(["ffmpeg", "-v", "error", "-i", source, "-vf", "scale=iw/2:ih/2", "-c:v", "libx264",
                 "-vsync", "passthrough", small])
        play(f"filesrc location={small} ! decodebin ! detectimport location={first} ! "
             f"detectexport empty=true location={second} ! fakesink")
        before, after = read_lines(first), read_lines(second)
    assert len(before) == len(after) == CLIP_SECONDS * FPS
    assert sum(len(line["objects"]) for line in before) > 100
    for one, other in zip(before, after):
        assert (other["width"], other["height"]) == (384, 288)
        assert [strip(each) for each in one["objects"]] == \
            [strip(each) for each in other["objects"]], (one, other)
        for big, half in zip(one["objects"], other["objects"]):
            assert all(abs(a / 2 - b) <= 0.011 for a, b in zip(big["box"], half["box"]))


def strip(item: dict) -> dict:
    return {key: value for key, value in item.items() if key != "box"}


def test_imported_works_as_detected():
    """What comes behind cannot tell the difference: regions are there too."""
    with folder() as place:
        lines = write_records(place / "in.jsonl", {2: [make_object("cat", 3)]})
        out = place / "out.csv"
        play(f"{pattern(5)} ! detectimport location={lines} ! videoconvert ! "
             f"video/x-raw,format=RGB ! videoscale ! video/x-raw,width=160,height=120 ! "
             f"detectexport location={out} ! fakesink")
        row, = csv.reader(out.open())
    assert row == ["3", "-1", "20.8", "30", "40", "60", "0.5", "3", "-1", "-1"], row


# ---- subtitles ----

class Cue(NamedTuple):
    start: float
    end: float
    lines: List[str]


def seconds(text: str) -> float:
    hours, minutes, rest = text.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def read_cues(video: Path, *options: str) -> List[Cue]:
    """The subtitles as ffmpeg takes them out."""
    text = checked(["ffmpeg", "-v", "error", "-i", video, "-map", "0:s:0", *options, "-f", "srt",
                    "-"])
    cues = []
    for block in text.strip().split("\n\n"):
        _, times, *lines = block.split("\n")
        start, end = times.split(" --> ")
        plain = [re.sub(r"<[^>]*>", "", line) for line in lines]
        cues.append(Cue(seconds(start), seconds(end), plain))
    return cues


def describe(item: dict) -> str:
    edges = [f"{edge:.0f}" for edge in item["box"]]
    return f"{item['label']} {item['score'] * 100:.0f}% at {edges[0]},{edges[1]} " \
           f"to {edges[2]},{edges[3]}"


def probe_streams(video: Path) -> List[str]:
    return checked(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,codec_type",
                    "-of", "csv=p=0", video]).split()


@cases("matroskamux", "mp4mux")
@timeout(200)
def test_subtitles(muxer: str):
    """A subtitle track of what was found, at the time of its frames, for others to
    read; frames in a row without anything do not stop the muxer. (mp4mux takes in
    all the text there is before it goes on with the video, so that has to wait.)"""
    queue = {"matroskamux": "queue", "mp4mux": UNLIMITED_QUEUE}[muxer]
    with folder() as place:
        lines, video = place / "lines.jsonl", place / "video"
        made = {number: [make_object("cat", k) for k in range(number % 3 + 1)]
                for number in (*range(5, 40), 120, 121, 249)}
        write_records(place / "in.jsonl", made)
        play(f"{pattern(250)} ! detectimport location={place / 'in.jsonl'} ! "
             f"detectexport name=export location={lines} ! x264enc speed-preset=ultrafast ! "
             f"h264parse ! {queue} ! mux. export.meta ! mux.subtitle_0 {muxer} name=mux ! "
             f"filesink location={video}", seconds=60)
        codec = {"matroskamux": "subrip", "mp4mux": "mov_text"}[muxer]
        assert sorted(probe_streams(video)) == ["h264,video", f"{codec},subtitle"]
        wanted, cues = read_lines(lines), read_cues(video)
    assert len(cues) == len(wanted) == len(made)
    for line, cue in zip(wanted, cues):
        # Subtitles of this form have milliseconds.
        assert abs(cue.start - line["pts"]) < 0.002, (line, cue)
        # mp4mux does not tell how long the last one is.
        assert abs(cue.end - cue.start - 1 / 30) < 0.003 or cue is cues[-1], cue
        assert sorted(cue.lines) == sorted(describe(each) for each in line["objects"])


@timeout(200)
def test_file_that_carries_its_detections():
    """Whole records as a subtitle track, taken out by ffmpeg and put back on the
    frames when the file is played."""
    with folder() as place:
        first, second, video = place / "first.jsonl", place / "second.jsonl", place / "video.mkv"
        play(f"filesrc location={clip(place, 3)} ! decodebin ! {ELEMENT} ! "
             f"detectexport name=export format=jsonlines location={first} ! queue ! videoconvert ! "
             f"x264enc ! mux. export.meta ! text/x-raw ! mux.subtitle_0 matroskamux name=mux ! "
             f"filesink location={video}", seconds=60)
        wanted = read_lines(first)
        found = [json.loads("\n".join(cue.lines)) for cue in read_cues(video, "-c", "copy")]
        assert found == wanted and len(found) > 20
        play(f"filesrc location={video} ! matroskademux name=demux demux.video_0 ! queue ! "
             f"decodebin ! detectimport name=import ! detectexport location={second} ! fakesink "
             "demux.subtitle_0 ! queue ! import.meta")
        assert [line["objects"] for line in read_lines(second)] == \
            [line["objects"] for line in wanted]


# ---- datagrams ----

RECEIVER = """
import json, socket, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
receiver.bind(("127.0.0.1", 0))
receiver.settimeout(30)
print(receiver.getsockname()[1], flush=True)
last = int(sys.argv[1])
frame = -1
while frame < last:
    record = json.loads(receiver.recv(65536))
    frame = record["frame"]
    print(frame, len(record["objects"]), flush=True)
"""


def receive(n: int, frames: Dict[int, List[dict]], options: str) -> "tuple[dict, List[str]]":
    """Sends n frames' records by UDP to a program of its own. How many objects it
    got on each frame, and the warnings of the sender."""
    with folder() as place, subprocess.Popen(
            [sys.executable, "-c", RECEIVER, str(n - 1)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "LD_PRELOAD": ""}) as receiver:
        try:
            port = int(receiver.stdout.readline())
            lines = write_records(place / "in.jsonl", frames)
            output = play(f"{pattern(n, '! identity sleep-time=500')} ! "
                          f"detectimport location={lines} ! "
                          f"detectexport empty=true name=export {options} ! fakesink "
                          f"export.meta ! udpsink host=127.0.0.1 port={port} sync=false "
                          "async=false")
            text = receiver.communicate(timeout=40)[0]
        finally:
            receiver.kill()
    assert receiver.returncode in (0, -9), receiver.returncode
    return {int(a): int(b) for a, b in map(str.split, text.splitlines())}, warnings_in(output)


@sanitized
def test_udp():
    """Another program gets every frame's record, whole."""
    frames = {number: [make_object(label, number)] for number, label in
              enumerate(WILD * 30) if number % 3}
    counts, warned = receive(220, frames, "max-size=65507")
    assert counts == {number: len(frames.get(number, ())) for number in range(220)}
    assert not warned, warned


@cases("max-size=65507", "")
def test_udp_line_too_long(options: str):
    """A line that no datagram holds is left out with one warning; with max-size
    it is ours, without it is that of udpsink. What arrives is never cut."""
    frames = {number: [make_object("x", k) for k in range(1000 if number in (3, 5) else 1)]
              for number in range(20)}
    counts, warned = receive(20, frames, options)
    assert counts == {number: 1 for number in range(20) if number not in (3, 5)}, counts
    if options:
        assert len(warned) == 1 and "max-size is 65507" in warned[0], warned
    else:
        assert warned, "somebody has to say it"


# ---- other readers ----


def validator():
    try:
        import jsonschema
    except ImportError as error:
        raise Skip("python3-jsonschema is not installed") from error
    schema = json.loads((TOP / "docs" / "detections.schema.json").read_text())
    kind = getattr(jsonschema, "Draft202012Validator", None)
    if not kind:
        raise Skip("this jsonschema does not know the draft of 2020-12")
    kind.check_schema(schema)
    return kind(schema)


@sanitized
def test_schema():
    """A thousand lines with labels of all kinds are what the schema says."""
    check = validator()
    with folder() as place:
        labels, out = place / "labels.yaml", place / "out.jsonl"
        for start in range(len(WILD)):
            pair = [WILD[start], WILD[(start + 1) % len(WILD)]]
            labels.write_text(json.dumps({"names": pair}, ensure_ascii=False))
            play(f"{pattern(150)} ! {ELEMENT} model={canned(place)} labels={labels} interval=2 "
                 f"! detectexport empty=true location={out} ! fakesink")
            lines = read_lines(out)
            assert len(lines) == 150
            for line in lines:
                check.validate(line)
                found = [each["label"] for each in line["objects"]]
                assert found == [pair[1].strip(), pair[0].strip()] or found == pair[::-1], found
    assert 150 * len(WILD) >= 1000


def test_schema_refuses():
    """The schema is one: what is wrong does not pass."""
    check = validator()
    with folder() as place:
        out = place / "out.jsonl"
        play(f"{pattern(1)} ! {ELEMENT} model={canned(place)} ! "
             f"detectexport location={out} ! fakesink")
        line, = read_lines(out)
    assert check.is_valid(line) and check.is_valid({**line, "unknown": [1]})
    for change in ({"schema": 2}, {"pts": "0"}, {"objects": [{"label": "x"}]}, {"age": -1},
                   {"utc": "yesterday"}, {"inference": {}}, {"ms": 7}):
        assert not check.is_valid({**line, **change}), change


def test_schema_of_the_program():
    """gst-detect-1.0 writes the same form."""
    check = validator()
    with folder() as place:
        name = build_folder() / "pipelines" / "gst-detect-1.0"
        lines = checked([name, "-q", "--json", "-", clip(place, 0.5)]).splitlines()
    for line in map(json.loads, lines):
        check.validate(line)
    assert len(lines) == 5 and json.loads(lines[0])["objects"]


def test_labels_that_are_no_text():
    """Invalid UTF-8 in a file of labels is one error that names the line."""
    with folder() as place:
        labels = place / "labels.txt"
        labels.write_bytes(b"cat\nd\xffg\n")
        done = launch(f"{pattern(1)} ! {ELEMENT} model={canned(place)} labels={labels} ! "
                      f"detectexport location={place / 'out'} ! fakesink")
    assert done.returncode != 0
    assert "line 2 is not UTF-8 text" in done.stdout, done.stdout
    assert done.stdout.count("ERROR: from element") == 1


class Region(NamedTuple):
    label: str
    class_id: int
    score: float
    box: List[float]


def read_regions(buffer: Gst.Buffer) -> List[Region]:
    """By a reader that knows regions of interest only."""
    from gi.repository import GLib

    found = []
    while True:
        region = GstVideo.buffer_get_video_region_of_interest_meta_id(buffer, len(found))
        if region is None:
            return found
        param = region.get_param("detection")
        numbers = [param.get_value(name) for name in
                   ("label_id", "confidence", "x_min", "y_min", "x_max", "y_max")]
        edges = [region.x, region.y, region.x + region.w, region.y + region.h]
        size = (320, 240, 320, 240)
        for edge, fraction, side in zip(edges, numbers[2:], size):
            assert abs(edge - fraction * side) <= 0.5
        found.append(Region(GLib.quark_to_string(region.roi_type), numbers[0], numbers[1],
                            numbers[2:]))


@cases("detect", "import")
def test_regions(way: str):
    """Whoever only knows regions of interest reads label, confidence and box, of
    what was detected and of what was imported."""
    with folder() as place:
        objects = [make_object("cat", 0), make_object("dog", 1)]
        lines = write_records(place / "in.jsonl", {0: objects})
        source = {"detect": f"{ELEMENT} model={canned(place)}",
                  "import": f"detectimport location={lines}"}[way]
        with Pipeline(f"{pattern(1)} ! {source} ! detectexport name=export "
                      f"location={place / 'out'} ! appsink name=sink") as pipeline:
            pipeline.element.set_state(Gst.State.PLAYING)
            regions = read_regions(pipeline["sink"].emit("pull-sample").get_buffer())
            pipeline.wait()
        line, = read_lines(place / "out")
    wanted = [Region(each["label"], each["class_id"], each["score"], each["box_normalized"])
              for each in line["objects"]]
    assert len(wanted) == 2
    for found, expected in zip(regions, wanted):
        assert found[:2] == expected[:2]
        assert abs(found.score - expected.score) < 1e-6
        assert all(abs(a - b) < 1e-6 for a, b in zip(found.box, expected.box))


def test_coco():
    """COCO's own tools load the results."""
    with folder() as place:
        out = place / "out.json"
        play(f"{pattern(3)} ! {ELEMENT} model={canned(place)} ! detectexport location={out} ! "
             "fakesink")
        entries = json.loads(out.read_text())
    assert [each["image_id"] for each in entries] == [0, 0, 1, 1, 2, 2]
    for each in entries:
        assert set(each) == {"image_id", "category_id", "bbox", "score"}
        left, top, width, height = each["bbox"]
        assert 0 <= left < left + width <= 320 and 0 <= top < top + height <= 240
    try:
        from pycocotools.coco import COCO
    except ImportError:
        return
    judge = COCO()
    judge.dataset = {"images": [{"id": number} for number in range(3)],
                     "categories": [{"id": 0}, {"id": 1}], "annotations": []}
    judge.createIndex()
    assert len(judge.loadRes(entries).anns) == 6


# ---- what goes wrong ----


@cases("/dev/full", "FOLDER/none/out.jsonl", "FOLDER")
def test_file_that_cannot_be_written(location: str):
    """One warning that says what to do; the video is whole."""
    with folder() as place:
        path, video = location.replace("FOLDER", str(place)), place / "video.mkv"
        output = play(f"{pattern(60)} ! {ELEMENT} model={canned(place)} ! "
                      f"detectexport location={path} ! x264enc speed-preset=ultrafast ! "
                      f"matroskamux ! filesink location={video}")
        n = checked(["ffprobe", "-v", "error", "-count_packets", "-show_entries",
                     "stream=nb_read_packets", "-of", "csv=p=0", video]).strip()
    warned = warnings_in(output)
    assert len(warned) == 1 and path in warned[0] and "cannot be written" in warned[0], output
    assert n.rstrip(",") == "60", n


def test_reader_that_goes_away():
    """It costs the lines, not the program's life."""
    with subprocess.Popen(["gst-launch-1.0", "-q", *f"{pattern(3000)} ! detectexport location=- "
                           "empty=true ! fakesink".split()], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["frame"] == 0
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 0, said


def test_nothing_to_say():
    """A reader that waits for its first line does not hold the video up when there
    is none."""
    with folder() as place:
        out = place / "out.jsonl"
        play(f"{pattern(30)} ! detectexport name=export ! fakesink sync=true "
             f"export.meta ! filesink location={out}")
        assert out.read_bytes() == b""


def test_slow_reader():
    """The video is through while the reader still sleeps over its first lines; what
    did not fit is counted, and told once."""
    with Pipeline(f"{pattern(200)} ! detectexport name=export empty=true max-lines=5 ! "
                  "fakesink name=video sync=false export.meta ! "
                  "identity name=gate ! fakesink async=false sync=false") as pipeline:
        import threading

        opened, at_end = threading.Event(), threading.Event()
        pipeline["gate"].get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER,
            lambda *_: (opened.wait(30), Gst.PadProbeReturn.OK)[1])
        pipeline["video"].get_static_pad("sink").add_probe(
            Gst.PadProbeType.EVENT_DOWNSTREAM,
            lambda _pad, info: (at_end.set() if info.get_event().type == Gst.EventType.EOS
                                else None, Gst.PadProbeReturn.OK)[1])
        pipeline.element.set_state(Gst.State.PLAYING)
        assert at_end.wait(30), "the video waits for the reader"
        stats = pipeline["export"].get_property("stats")
        opened.set()
        warned = []
        while True:
            message = pipeline.bus.timed_pop_filtered(
                30 * Gst.SECOND,
                Gst.MessageType.WARNING | Gst.MessageType.EOS | Gst.MessageType.ERROR)
            if message.type != Gst.MessageType.WARNING:
                break
            warned.append(message.parse_warning()[0].message)
        assert message.type == Gst.MessageType.EOS, message.parse_error()
    numbers = {name: stats.get_value(name) for name in ("frames", "sent", "dropped")}
    assert numbers["frames"] == 200 and numbers["sent"] + numbers["dropped"] == 200, numbers
    assert 5 <= numbers["sent"] <= 7, numbers
    assert len(warned) == 1 and "too slow" in warned[0], warned


# ---- examples ----


def example_environment() -> dict:
    meta = build_folder() / "gst" / "meta"
    libraries = [str(meta), str(build_folder() / "src"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {"LD_LIBRARY_PATH": ":".join(filter(None, libraries)), "GI_TYPELIB_PATH": str(meta)}


@timeout(200)
def test_examples():
    """The example programs, in C and in Python, say the same by signal, bus, probe
    and appsink."""
    if not (build_folder() / "gst" / "meta" / "GstDetect-1.0.typelib").exists():
        raise Skip("the build has no introspection")
    programs = [[build_folder() / "pipelines" / "examples" / "read-detections"],
                ["/usr/bin/python3", TOP / "pipelines" / "examples" / "read-detections.py"]]
    with folder() as place:
        video, out = clip(place, 1), place / "out.jsonl"
        play(f"filesrc location={video} ! decodebin ! {ELEMENT} ! detectexport location={out} ! "
             "fakesink")
        wanted = [f"{line['pts']:.3f} {each['label']} {each['score']:.3f}"
                  for line in read_lines(out) for each in line["objects"]]
        said = {checked([*program, way, video], env=example_environment())
                for program in programs for way in WAYS}
    assert len(said) == 1, said
    text, = said
    assert [line.rsplit(" ", 1)[0] for line in text.splitlines()] == wanted
    assert len(wanted) > 10


def test_examples_fail_well():
    """A video that is not there: one line, and no success."""
    program = build_folder() / "pipelines" / "examples" / "read-detections"
    done = subprocess.run([program, "bus", "/none.avi"], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, timeout=30,
                          env={**os.environ, **example_environment()})
    assert done.returncode == 1 and done.stdout == "", done
    assert subprocess.run([program], stderr=subprocess.DEVNULL, timeout=30,
                          env={**os.environ, **example_environment()}).returncode == 2
