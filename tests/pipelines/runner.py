#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the functions test_* of test_*.py, each in a process of its own.

runner.py [--sanitized] [--list] [--json FILE] FOLDER [NAME...]

A test is named MODULE.FUNCTION, or MODULE.FUNCTION[CASE] when it is marked with
@cases. With NAMEs only those run whose name contains one of them; with
--sanitized only those marked @sanitized.
"""
import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from marks import Skip

SKIPPED = 77
DEFAULT_TIMEOUT = 120  # seconds
# How much longer all tests may take with servers under valgrind, see serving.py.
SLOWER = 10 if os.environ.get("DETECT_SERVER_WRAPPER") else 1


class Test(NamedTuple):
    name: str
    module: str
    function: str
    case: Optional[str]
    timeout: int


def find_tests(folder: Path, only_sanitized: bool) -> Iterator[Test]:
    sys.path.insert(0, str(folder))
    for path in sorted(folder.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for function, value in vars(module).items():
            if not function.startswith("test_") or not callable(value):
                continue
            if only_sanitized and not getattr(value, "sanitized", False):
                continue
            for case in getattr(value, "cases", [None]):
                name = f"{path.stem[5:]}.{function[5:]}"
                yield Test(name if case is None else f"{name}[{case}]", path.stem,
                           function, case,
                           getattr(value, "timeout", DEFAULT_TIMEOUT) * SLOWER)


def run_here(folder: Path, module: str, function: str, case: Optional[str]) -> int:
    sys.path.insert(0, str(folder))
    test = getattr(importlib.import_module(module), function)
    try:
        test() if case is None else test(case)
    except Skip as skip:
        print(skip)
        return SKIPPED
    except BaseException:  # SystemExit too: a test ends by returning
        traceback.print_exc()
        return 1
    return 0


def wait(process: subprocess.Popen, timeout: int) -> "tuple[str, Optional[int]]":
    """What a process printed, and its exit status; None when time ran out."""
    try:
        return process.communicate(timeout=timeout)[0], process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], None


def run_apart(folder: Path, test: Test) -> "tuple[str, str, float]":
    """Outcome, output and seconds of one test."""
    command = [sys.executable, "-X", "faulthandler", __file__, str(folder), "--run",
               test.module, test.function]
    command += [] if test.case is None else [test.case]
    start = time.monotonic()
    # A session of its own, so that what the test started ends with it.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace",
                               start_new_session=True)
    output, status = wait(process, test.timeout)
    if status is None:
        output += f"\nno end after {test.timeout} s\n"
    elif status < 0:
        output += f"\nended by {signal.Signals(-status).name}\n"
    outcome = {0: "passed", SKIPPED: "skipped"}.get(status, "failed")
    return outcome, output, time.monotonic() - start


def report(test: Test, outcome: str, output: str, seconds: float) -> None:
    reason = output.strip().splitlines()[-1:] if outcome == "skipped" else []
    print(f"{outcome:8}{test.name} ({seconds:.1f} s)", *reason, flush=True)
    if outcome == "skipped":
        return
    for line in output.splitlines():
        if outcome == "failed" or line.startswith("# "):
            print("        ", line, flush=True)


def run_all(folder: Path, tests: "list[Test]") -> "list[dict]":
    results = []
    for test in tests:
        outcome, output, seconds = run_apart(folder, test)
        report(test, outcome, output, seconds)
        results.append({"name": test.name, "outcome": outcome,
                        "reason": output.strip() if outcome == "skipped" else ""})
    return results


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--run", nargs="+", metavar="MODULE FUNCTION [CASE]")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    folder = arguments.folder.resolve()
    if arguments.run:
        return run_here(folder, *(arguments.run + [None])[:3])

    tests = [test for test in find_tests(folder, arguments.sanitized)
             if not arguments.names or any(name in test.name for name in arguments.names)]
    if arguments.list:
        print(*(test.name for test in tests), sep="\n")
        return 0
    results = run_all(folder, tests)
    if arguments.json:
        arguments.json.write_text(json.dumps(results))
    return int(any(result["outcome"] == "failed" for result in results))


if __name__ == "__main__":
    sys.exit(main())
