#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""soak.py [MINUTES]: four live streams in one gst-detect-1.0, for as long as that (10).

Fails when memory grows by 1 % or more after the first fifth of the time, when the
number of threads or descriptors changes in it, or when a stream gets less than 90 % of
its camera's frames."""
import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipelines"))
from streams import Camera, Program  # noqa: E402

STREAMS = 4
FPS = 25
STEP = 5  # seconds between two looks


def watch(program: Program, seconds: float) -> "tuple[list, Counter, float]":
    """What the program held at each step, and its frames per input, after the first
    fifth."""
    usage, frames = [], Counter()
    start = time.monotonic()
    counted_from = start + seconds / 5
    look = start + STEP
    while time.monotonic() < start + seconds:
        line = program.expect(r"^\{.*\}$").group()
        now = time.monotonic()
        if now >= counted_from:
            frames[json.loads(line)["input"]] += 1
        if now >= look:
            look += STEP
            usage.append((now >= counted_from, program.usage()))
            program.lines.clear()
            print(f"{now - start:6.0f} s  {usage[-1][1][0]} kB, {usage[-1][1][1]} descriptors, "
                  f"{usage[-1][1][2]} threads", flush=True)
    return [each for counts, each in usage if counts], frames, time.monotonic() - counted_from


def judge(usage: list, frames: Counter, seconds: float) -> bool:
    memory = [each[0] for each in usage]
    # The first and the last few: a single look may fall into a frame.
    few = max(len(memory) // 5, 1)
    growth = min(memory[-few:]) / min(memory[:few]) - 1
    rates = {name: count / seconds for name, count in frames.items()}
    print(f"memory {growth * 100:+.2f} %, descriptors {sorted({each[1] for each in usage})}, "
          f"threads {sorted({each[2] for each in usage})}, frames per second "
          + ", ".join(f"{rate:.1f}" for rate in rates.values()))
    return growth < 0.01 and len({each[1:] for each in usage}) == 1 and \
        len(rates) == STREAMS and min(rates.values()) > FPS * 0.9


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with ExitStack() as stack:
        cameras = [stack.enter_context(Camera()) for _ in range(STREAMS)]
        program = stack.enter_context(Program(
            ["gst-detect-1.0", "--live", "--quiet", "--json", "-", "--interval", "5",
             *(camera.uri for camera in cameras)]))
        for camera in cameras:
            program.expect(camera.uri)
        fine = judge(*watch(program, minutes * 60))
        program.interrupt()
    return int(not fine)


if __name__ == "__main__":
    sys.exit(main())
