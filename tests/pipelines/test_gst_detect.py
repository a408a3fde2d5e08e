# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program gst-detect-1.0, as people call it."""
import csv
import ctypes
import io
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import List

import cv2
import numpy as np

import samples
from cliruns import (NOTHING, call, decode, difference, folder, lines, packet_times, parse,
                     probe, program, succeed, write_exif, write_people, write_video)
from common import checked, detect, run, sample_video
from marks import Skip, cases, sanitized

CASCADE = Path("/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml")


# ---- usage ----


def test_help_fits_a_terminal():
    text = succeed("-h").out
    assert max(map(len, text.splitlines())) < 80
    assert "0 to 1; default: from the model" in re.sub(r"\s+", " ", text)


def test_version():
    assert re.match(r"gst-detect-1.0 \d+\.\d+\.\d+ \(GStreamer 1\.", succeed("--version").out)


WRONG = {
    "nothing": [],
    "unknown": ["--frobnicate", "IN"],
    "range": ["--threshold", "7", "IN"],
    "word": ["--engine", "steam", "IN"],
    "number": ["--every", "0", "IN"],
    "size": ["--min-size", "large", "IN"],
    "timeout": ["--timeout", "-1", "IN"],
    "value": ["IN", "--classes"],
    "stdout": ["--json", "-", "--csv", "-", "IN"],
    "ending": ["-o", "DIR/out.avi", "IN"],
    "kind": ["-o", "DIR/out.mp4", "IN"],
    "parent": ["-o", "DIR/none/out.png", "IN"],
    "report-parent": ["--json", "DIR/none/out.jsonl", "IN"],
    "several": ["-o", "DIR/out.png", "IN", "IN"],
    "same": ["--json", "DIR/x", "--csv", "DIR/./x", "IN"],
    "input": ["-o", "IN", "IN"],
    "input-folder": ["-o", "DIR", "IN"],
    "input-link": ["-o", "LINK", "IN"],
    "report-input": ["--csv", "IN", "IN"],
    "report-labels": ["-l", "DIR/names", "--json", "DIR/names", "IN"],
}


@cases(*WRONG)
def test_wrong_usage(case: str):
    with folder() as name:
        path = write_people(Path(name))
        (Path(name) / "names").write_text("person\n")
        link = Path(name) / "link.png"
        link.symlink_to(path)
        before = path.read_bytes()
        words = [{"IN": str(path), "DIR": name, "LINK": str(link)}.get(
            word, word.replace("DIR/", f"{name}/")) for word in WRONG[case]]
        done = call(*words)
        assert done.status == 2 and done.out == "", done
        assert len(done.err.splitlines()) == 1 and done.errors, done
        assert path.read_bytes() == before
        assert sorted(os.listdir(name)) == ["link.png", "names", "people.png"]


def test_missing_model():
    with folder() as name:
        done = call("-m", f"{name}/none.onnx", "-o", f"{name}/out", write_people(Path(name)))
        assert done.status == 1 and len(done.errors) == 1 and "none.onnx" in done.err, done
        assert os.listdir(name) == ["people.png"]


def test_show_without_display():
    with folder() as name:
        hidden = {key: value for key, value in os.environ.items()
                  if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        done = call("--show", write_people(Path(name)), env=hidden)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done


# ---- results ----


def test_json_says_what_the_element_says():
    with folder() as name:
        path = write_people(Path(name))
        (wanted,) = run(f"filesrc location={path} ! pngdec ! {detect()} ! fakesink")
        (line,) = lines(path)
    assert wanted.objects, "there are people in this picture"
    assert list(line) == ["schema", "input", "frame", "pts", "running_time", "utc", "width",
                          "height", "model", "inferred", "age", "inference", "objects", "ms"]
    assert (line["input"], line["frame"], line["pts"]) == (str(path), 0, None)
    assert (line["width"], line["height"]) == (768, 576)
    assert line["inferred"] is True and line["age"] == 0
    assert set(line["ms"]) == {"preprocess", "inference", "decode"}
    assert len(line["objects"]) == len(wanted.objects)
    for found, expected in zip(line["objects"], wanted.objects):
        assert (found["label"], found["class_id"]) == (expected.label, expected.class_id)
        assert abs(found["score"] - expected.score) < 1e-4
        np.testing.assert_allclose(found["box"], expected.box, atol=0.01)
        np.testing.assert_allclose(np.array(found["box_normalized"]) * [768, 576, 768, 576],
                                   expected.box, atol=0.01)


def count_objects(*words: object) -> List[int]:
    return [len(each["objects"]) for each in lines(*words)]


def test_options_reach_the_element():
    with folder() as name:
        path = samples.people_video(Path(name) / "in.avi", 6, "-c:v", "mpeg4")
        everything = count_objects(path)
        assert max(everything) > 1
        one = [min(n, 1) for n in everything]
        assert count_objects("--max-detections", "1", path) == one
        assert count_objects("--classes", "person", path) == everything
        assert count_objects(*NOTHING, path) == [0] * 6
        settings = Path(name) / "settings.yaml"
        settings.write_text("max-detections: 1\n")
        assert count_objects("--config", settings, path) == one
        assert count_objects("--config", settings, "--max-detections", "300",
                             path) == everything


def test_csv():
    with folder() as name:
        path = write_people(Path(name), '=1+1, "so".png')
        (line,) = lines(path)
        done = succeed("-q", "--csv", "-", path.name, cwd=name)
    header, *rows = csv.reader(io.StringIO(done.out))
    assert header == "input,frame,pts,label,class_id,score,x0,y0,x1,y1".split(",")
    assert len(rows) == len(line["objects"]) > 0
    for row, found in zip(rows, line["objects"]):
        assert row[:5] == ["'" + path.name, "0", "", found["label"], str(found["class_id"])]
        assert list(map(float, row[5:])) == [found["score"], *found["box"]]


def test_names_are_quoted():
    with folder() as name:
        path = os.fsencode(name) + b'/a "b"\\\n\xff\xc3\xa9.png'
        write_people(Path(name)).rename(os.fsdecode(path))
        (line,) = lines(path)
        assert line["input"] == name + '/a "b"\\\n\ufffd\u00e9.png'


def test_numbers_ignore_the_locale():
    names = [each for each in checked(["locale", "-a"]).split() if each.startswith("de_DE")]
    if not names:
        raise Skip("no German locale is installed")
    with folder() as name:
        done = succeed("--json", "-", "-q", write_people(Path(name)),
                       env={**os.environ, "LC_ALL": names[0]})
        assert parse(done.out)[0]["objects"]


def test_picture_is_drawn_on():
    with folder() as name:
        path = write_people(Path(name))
        (line,) = lines("-o", f"{name}/out.png", path)
        out = cv2.imread(f"{name}/out.png", cv2.IMREAD_UNCHANGED)
        assert out.shape == (576, 768, 3)
        changed = np.abs(out.astype(int) - cv2.imread(str(path)).astype(int)).max(axis=2) > 40
    for each in line["objects"]:
        x0, y0, x1, y1 = map(round, each["box"])
        assert changed[max(y0 - 4, 0):y1 + 4, max(x0 - 4, 0):x1 + 4].any(), each
    assert changed.mean() < 0.2


@cases("jpg", "png", "webp", "bmp", "tiff")
def test_picture_formats(ending: str):
    with folder() as name:
        path = write_people(Path(name), f"people.{ending}")
        lines(*NOTHING, "-o", f"{name}/out.png", path)
        out = cv2.imread(f"{name}/out.png")
        assert difference(out, cv2.imread(str(path))) < 3


def test_only_the_first_picture_of_several():
    """As phones append small copies to their photos."""
    with folder() as name:
        first, second = (write_people(Path(name), each) for each in ("a.jpg", "b.jpg"))
        cv2.imwrite(str(second), cv2.resize(samples.people(), (96, 72)))
        first.write_bytes(first.read_bytes() + second.read_bytes())
        (line,) = lines("-o", f"{name}/out.jpg", first)
        assert (line["width"], line["height"]) == (768, 576)
        assert cv2.imread(f"{name}/out.jpg").shape == (576, 768, 3)


# How the stored picture is made from the upright one.
TURNS = {
    1: lambda image: image,
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: lambda image: cv2.transpose(image),
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
    7: lambda image: cv2.flip(cv2.transpose(image), -1),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
}


@cases(*map(str, TURNS))
def test_exif(case: str):
    upright = samples.people()
    with folder() as name:
        path = Path(name) / "photo.jpeg"
        write_exif(path, TURNS[int(case)](upright), int(case))
        (line,) = lines(*NOTHING, "-o", f"{name}/out.png", path)
        assert (line["width"], line["height"]) == (768, 576)
        out = cv2.imread(f"{name}/out.png", cv2.IMREAD_UNCHANGED)
        assert difference(out, upright) < 4


# ---- folders ----


@sanitized
def test_folder():
    with folder() as name:
        inputs = Path(name) / "in"
        inputs.mkdir()
        for each in ("p10.jpg", "p2.jpg", "p1.png"):
            write_people(inputs, each)
        (inputs / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
        (inputs / "notes.txt").write_text("hello")
        (inputs / "deeper").mkdir()
        write_people(inputs / "deeper")
        done = call("-o", f"{name}/out", "--json", f"{name}/out/all.jsonl", inputs)
        found = [each["input"] for each in parse(Path(f"{name}/out/all.jsonl").read_text())]
        assert found == [f"{inputs}/{each}" for each in ("p1.png", "p2.jpg", "p10.jpg")]
        assert sorted(os.listdir(f"{name}/out")) == ["all.jsonl", "p1.png", "p10.jpg", "p2.jpg"]
    assert done.status == 1 and len(done.errors) == 1, done
    assert f"{inputs}/broken.jpg: " in done.errors[0]
    assert "skipped 2" in done.err and "deeper, notes.txt" in done.err
    assert "4 inputs, 1 failed; 3 frames" in done.err


def test_names_that_clash():
    with folder() as name:
        paths = []
        for each in ("a", "b", "c"):
            (Path(name) / each).mkdir()
            paths.append(write_people(Path(name) / each, "x.jpg"))
        paths.append(write_video(Path(name) / "a" / "x.avi"))
        paths.append(write_video(Path(name) / "b" / "x.mkv"))
        os.mkdir(f"{name}/out")
        succeed("-q", "-o", f"{name}/out", *paths)
        assert sorted(os.listdir(f"{name}/out")) == ["x-1.jpg", "x-1.mp4", "x-2.jpg", "x.jpg",
                                                     "x.mp4"]


def test_folder_without_pictures():
    with folder() as name:
        done = call(name)
        assert done.status == 1 and len(done.err.splitlines()) == 1, done


def count_opens(path: Path, *words: object) -> int:
    """How often a run opens or closes a file; equal events in a row count as one."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert watch >= 0 and libc.inotify_add_watch(watch, os.fsencode(path), 0x30) >= 0
    try:
        succeed(*words)
        return len(os.read(watch, 1 << 16)) // 16
    finally:
        os.close(watch)


def test_model_is_loaded_once():
    if not CASCADE.exists():
        raise Skip(f"{CASCADE} is missing")
    with folder() as name:
        model = Path(name) / "model.xml"
        model.write_bytes(CASCADE.read_bytes())
        (Path(name) / "in").mkdir()
        paths = [write_people(Path(name) / "in", f"{i}.jpg") for i in range(5)]
        once = count_opens(model, "-q", "-m", model, paths[0])
        assert once > 0
        assert count_opens(model, "-q", "-m", model, *paths) == once


# ---- videos ----


@sanitized
@cases("mp4", "mkv", "mov")
def test_video(ending: str):
    with folder() as name:
        path = write_video(Path(name) / "in.mp4", 25, "-c:v", "libx264", "-c:a", "aac")
        out = Path(name) / f"out.{ending}"
        found = lines(*NOTHING, "-o", out, path)
        assert [each["frame"] for each in found] == list(range(25))
        np.testing.assert_allclose([each["pts"] for each in found], packet_times(path), atol=1e-3)
        np.testing.assert_allclose(packet_times(out), packet_times(path), atol=2e-3)
        assert probe(out, "stream=codec_name,width,height")[1:] == ["160", "120"]
        assert probe(out, "stream=codec_name", "a:0") == ["aac"]
        sound = packet_times(out, "a:0")
        assert abs(sound[-1] - packet_times(path, "a:0")[-1]) < 0.1
        assert difference(decode(out), decode(path)) < 4
        assert sorted(os.listdir(name)) == ["in.mp4", out.name]


@cases("libvorbis", "pcm_s16le", "libmp3lame", "libopus", "ac3", "none")
def test_sound(codec: str):
    with folder() as name:
        sound = ["-an"] if codec == "none" else ["-c:a", codec, "-ar", "48000"]
        path = write_video(Path(name) / "in.mkv", 20, "-c:v", "mpeg4", *sound)
        out = Path(name) / "out.mp4"
        succeed("-q", "-o", out, path)
        kept = {"libmp3lame": ["mp3"], "libopus": ["opus"], "none": []}
        assert probe(out, "stream=codec_name", "a:0") == kept.get(codec, ["aac"])
        if codec != "none":
            assert abs(packet_times(out, "a:0")[-1] - 2) < 0.1
        assert len(packet_times(out)) == 20


@cases("101x77", "102x77", "101x78", "1x1")
def test_odd_size(size: str):
    width, height = map(int, size.split("x"))
    with folder() as name:
        path = Path(name) / "in.mkv"
        checked(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                 f"testsrc2=size=320x240:rate=10:duration=0.5,scale={size}:flags=area", "-c:v",
                 "ffv1", "-pix_fmt", "yuv444p", path])
        out = Path(name) / "out.mp4"
        found = lines(*NOTHING, "-o", out, path)
        assert {(each["width"], each["height"]) for each in found} == {(width, height)}
        frames = decode(out)
        assert frames.shape == (5, max(height + height % 2, 16), max(width + width % 2, 16), 3)
        if size != "1x1":
            assert difference(frames[:, :height - 1, :width - 1],
                              decode(path)[:, :height - 1, :width - 1]) < 8


@cases("90", "180", "270")
def test_rotated_video(angle: str):
    with folder() as name:
        flat, path, out = (Path(name) / each for each in ("flat.mp4", "in.mp4", "out.mp4"))
        write_video(flat, 10, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-an")
        checked(["ffmpeg", "-v", "error", "-i", flat, "-c", "copy", "-metadata:s:v",
                 f"rotate={angle}", path])
        if not probe(path, "stream_side_data=rotation"):  # FFmpeg 7 has an option for it
            checked(["ffmpeg", "-v", "error", "-y", "-display_rotation", f"-{angle}", "-i", flat,
                     "-c", "copy", path])
        (rotation,) = probe(path, "stream_side_data=rotation")
        assert int(rotation) % 360 != 0
        found = lines(*NOTHING, "-o", out, path)
        size = (160, 120) if angle == "180" else (120, 160)
        assert {(each["width"], each["height"]) for each in found} == {size}
        assert probe(out, "stream_side_data=rotation") in ([], ["0"])
        assert difference(decode(out), decode(path)) < 5


def test_size_that_changes():
    with folder() as name:
        parts = []
        for size in ("160x120", "80x60", "200x90"):
            part = Path(name) / f"{size}.ts"
            checked(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                     f"testsrc2=size={size}:rate=10:duration=1", "-c:v", "mpeg2video",
                     "-output_ts_offset", len(parts), part])
            parts.append(part.read_bytes())
        path = Path(name) / "in.ts"
        path.write_bytes(b"".join(parts))
        found = lines("-o", f"{name}/out.mp4", path)
        assert {each["width"] for each in found} == {160, 80, 200}
        frames = decode(Path(name) / "out.mp4")
        assert frames.shape[1:] == (120, 160, 3) and len(frames) == len(found)


def test_interval():
    with folder() as name:
        path = write_video(Path(name) / "in.mkv", 10)
        found = lines("--every", "4", path)
        assert [each["age"] for each in found] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
        assert [each["inferred"] for each in found] == [each["age"] == 0 for each in found]
        assert [each["ms"] is not None for each in found] == [each["inferred"] for each in found]
        found = lines("--interval", "4", "--max-age", "0", path)
        assert [each["age"] for each in found] == [0, None, None, None] * 2 + [0, None]
        assert found[1]["objects"] == [] and found[1]["model"] is None
        done = succeed("--every", "4", path)
        assert "10 frames, 3 looked at" in done.err


def test_video_without_reports():
    with folder() as name:
        done = succeed(write_video(Path(name) / "in.mkv"))
        assert done.out == "" and "1 input; 10 frames" in done.err
        for word in ("preprocess", "inference", "decode", "total", "engine"):
            assert word in done.err


def test_uri():
    with folder() as name:
        path = write_video(Path(name) / "in.mkv")
        assert [each["input"] for each in lines(path.as_uri())] == [path.as_uri()] * 10


# ---- running ----


def wait_for_lines(path: Path, n: int, process: subprocess.Popen) -> None:
    for _ in range(300):
        if path.exists() and path.read_text().count("\n") >= n:
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.1)
    raise AssertionError("too few lines")


@sanitized
@cases("INT", "TERM")
def test_interrupt(name: str):
    number = getattr(signal, f"SIG{name}")
    with folder() as place:
        report, out = Path(place) / "report.jsonl", Path(place) / "out.mp4"
        with subprocess.Popen([program(), "--json", report, "-o", out, sample_video()],
                              stderr=subprocess.PIPE) as process:
            try:
                wait_for_lines(report, 5, process)
                process.send_signal(number)
                assert process.wait(20) == 128 + number
            finally:
                process.kill()
        found = parse(report.read_text())
        assert 5 <= len(found) < samples.SAMPLE_FRAMES
        assert len(packet_times(out)) == len(decode(out)) == len(found)


def test_second_interrupt():
    with folder() as name:
        report, out = Path(name) / "report.jsonl", Path(name) / "out.mp4"
        with subprocess.Popen([program(), "--json", report, "-o", out, sample_video()],
                              stderr=subprocess.PIPE) as process:
            try:
                wait_for_lines(report, 2, process)
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGSTOP)  # so the first is not yet worked off
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGCONT)
                assert process.wait(20) == 130
            finally:
                process.kill()


def run_on_terminal(*words: object) -> str:
    """What standard error shows when it is a terminal."""
    try:
        ours, theirs = pty.openpty()
    except OSError as error:
        raise Skip(f"no terminal can be made here: {error}") from error
    process = subprocess.Popen([program(), *map(str, words)], stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while True:
            shown += os.read(ours, 4096)
    except OSError:  # the other side was closed
        pass
    finally:
        os.close(ours)
    assert process.wait(20) == 0, shown
    return shown.decode()


def test_progress():
    with folder() as name:
        path = samples.people_video(Path(name) / "in.avi", 40, "-c:v", "mpeg4")
        shown = run_on_terminal(path)
        assert re.search(r"\[#+\.+\] +\d+ % \d+ frames, [\d.]+ FPS, ETA \d+:\d\d", shown), shown
        assert "\r\x1b[K1 input; 40 frames" in shown
        assert run_on_terminal("-q", path) == ""
        assert "\r" not in succeed(path).err
