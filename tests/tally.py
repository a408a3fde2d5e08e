#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chooses meson tests by name, and adds up what test runs left in their logs.

tally.py select BUILD SUITE [NAME...]   tests of a suite whose name contains one
                                        of the NAMEs, one a line
tally.py sum RUN=LOG...                 what failed, what was skipped and why, and
                                        the totals; exit status 1 when not all is well

A LOG is meson's testlog.json or the runner's; one that is missing is a failure.
"""
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, NamedTuple

MESON_OUTCOMES = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


class Outcome(NamedTuple):
    name: str
    outcome: str
    reason: str


def select(build: str, suite: str, *names: str) -> None:
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], check=True,
                                      stdout=subprocess.PIPE, text=True).stdout)
    for test in tests:
        in_suite = any(each.split(":")[-1] == suite for each in test["suite"])
        if in_suite and (not names or any(name in test["name"] for name in names)):
            print(test["name"])


def skip_reasons(output: str) -> List[str]:
    """Reasons that parts of a test gave, in the lines GLib writes."""
    return re.findall(r"^ok \d+ (?:- )?(\S+ # SKIP.*)$", output, re.MULTILINE)


def read_meson(log: Path) -> Iterator[Outcome]:
    for line in log.read_text().splitlines():
        test = json.loads(line)
        reasons = skip_reasons(test.get("stdout") or "")
        yield Outcome(test["name"].split(" / ")[-1],
                      MESON_OUTCOMES.get(test["result"], "failed"), "; ".join(reasons))


def read_runner(log: Path) -> Iterator[Outcome]:
    for test in json.loads(log.read_text()):
        yield Outcome(test["name"], test["outcome"], test["reason"])


def read(run: str, log: Path) -> List[Outcome]:
    if not log.is_file():
        return [Outcome("(the whole run)", "failed", "ended without a result")]
    return list(read_meson(log) if log.name.startswith("testlog") else read_runner(log))


def add_up(*runs: str) -> int:
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for word in runs:
        run, log = word.split("=", 1)
        for test in read(run, Path(log)):
            totals[test.outcome] += 1
            if test.outcome != "passed":
                print(f"{test.outcome}: {run}: {test.name} {test.reason}".rstrip())
            elif test.reason:
                print(f"in part skipped: {run}: {test.name} {test.reason}")
    print(", ".join(f"{number} {outcome}" for outcome, number in totals.items()))
    return 1 if totals["failed"] or not totals["passed"] else 0


def main() -> int:
    if sys.argv[1:2] == ["select"]:
        select(*sys.argv[2:])
        return 0
    return add_up(*sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
