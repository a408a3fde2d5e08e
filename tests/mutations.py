#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Do the unit tests notice when the arithmetic is wrong?

mutations.py [--every N] [--seed S] [--jobs N] [--build FOLDER] [FILE...]

Changes one operator, comparison, constant or condition at a time in the files of
TARGETS (or in those FILEs), builds the changed file aside, links the unit tests of
that file with it, and runs them. A change that no test notices has survived: it is
printed with its place, and the exit status is 1, unless tests/mutations.txt names it
as one that changes nothing, with the reason. A line there stands for one change, and
a line too many is an error too: when no change is like it any more, or all that are
like it were noticed. Changes that the compiler refuses do not count.

--every N: each Nth change only, of an order that --seed shuffles. The build folder
is that with sanitizers which tests/run.sh makes (build-asan): so a change that only
reads past an end is noticed. Nothing in it is changed.
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Counter as CounterType, Dict, Iterator, List, NamedTuple, Set, Tuple

TOP = Path(__file__).resolve().parents[1]
LIST = TOP / "tests" / "mutations.txt"
TIMEOUT = 10  # seconds; what runs longer was noticed
SANITIZERS = "detect_leaks=0:hard_rss_limit_mb=2000"

# The tests that are about a file; the rest of src/ is tested from further outside.
TARGETS = {
    "src/iou.h": ["geometry", "nms", "merge"],
    "src/nms.c": ["nms"],
    "src/letterbox.c": ["letterbox"],
    "src/merge.c": ["merge"],
    "src/region.c": ["parts"],
    "src/head.c": ["headmatch", "decodertable"],
    "src/headmatch.c": ["headmatch", "decoders"],
    "src/gfl.c": ["gfl", "decodertable", "decoderlimits", "decoders"],
    "src/yolo.c": ["headmatch", "decodertable", "decoderlimits", "decoders"],
    **{f"src/decoders/{path.name}": ["decodertable", "decoderlimits", "decoders"]
       for path in sorted((TOP / "src" / "decoders").glob("*.c"))},
}
# A changed header counts in those that include it.
UNITS = {"src/iou.h": ["src/nms.c", "src/merge.c", "src/geometry.c", "src/tracker.c"]}

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^\#(?!define\ \w+\ [\d.(])[^\n]*)
  | (?P<float>\b\d+\.\d*(?:e-?\d+)?f?\b)
  | (?P<int>(?<!-)\b\d+u?\b)
  | (?P<step>\+\+|--)
  | (?P<change>(?:[+*/-])=)
  | (?P<compare>[<>=!]=|(?<=\ )[<>](?=\ ))
  | (?P<logic>&&|\|\|)
  | (?P<not>!(?=[\w(]))
  | (?P<sum>(?<=[\w)\]]\ )[+*/-](?=\s))
  | (?P<word>\b(?:MIN|MAX|TRUE|FALSE|floorf?|ceilf?|continue|break)\b)
  | (?P<test>\bif\ (?=\())
""", re.VERBOSE | re.DOTALL | re.MULTILINE)

SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "+": "-", "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=",
    "++": "--", "--": "++", "&&": "||", "||": "&&", "!": "", "MIN": "MAX", "MAX": "MIN",
    "TRUE": "FALSE", "FALSE": "TRUE", "floor": "ceil", "ceil": "floor", "floorf": "ceilf",
    "ceilf": "floorf", "continue": "break", "break": "continue",
}


class Mutant(NamedTuple):
    path: str
    line: int
    start: int
    end: int
    text: str
    before: str
    after: str


def other_words(kind: str, word: str) -> List[str]:
    if kind == "int":
        digits = word.rstrip("u")
        return [f"{int(digits) + 1}{word[len(digits):]}"]
    if kind == "float":
        number = float(word.rstrip("f"))
        return [f"{number * 1.25 if number else 1.0!r}{'f' if word.endswith('f') else ''}"]
    return [SWAPS[word]]


def closing(code: str, start: int) -> int:
    depth = 0
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if depth == 0:
            return at
    raise ValueError("a parenthesis stays open")


APART = [
    # Rows of the decoders' table: what a family's input looks like is proven with its
    # real models, not here.
    re.compile(r"^const DetDecoder .*?^};", re.DOTALL | re.MULTILINE),
    # What such rows share.
    re.compile(r"^#define .*\\\n(.*\\\n)*.*", re.MULTILINE),
    # How much room an array has: too little of it is noticed, too much is not.
    re.compile(r"\b(int|gint64|float|double) \w+\[[^]]*\]"),
]


def spans_apart(code: str) -> List[Tuple[int, int]]:
    return [match.span() for pattern in APART for match in pattern.finditer(code)]


def mutants(path: str) -> Iterator[Mutant]:
    code = (TOP / path).read_text()
    apart = spans_apart(code)
    for match in TOKEN.finditer(code):
        kind, start, end = match.lastgroup, match.start(), match.end()
        if kind == "skip" or any(low <= start < high for low, high in apart):
            continue
        if kind == "test":
            end = closing(code, end) + 1
            words = ["if (!" + code[start + 3:end] + ")"]
        else:
            words = other_words(kind, match.group())
        for word in words:
            first = code.rfind("\n", 0, start) + 1
            last = code.find("\n", end)
            yield Mutant(path, code.count("\n", 0, start) + 1, start, end, word,
                         " ".join(code[first:last].split()),
                         " ".join((code[first:start] + word + code[end:last]).split()))


Known = CounterType[Tuple[str, str, str]]


def read_list() -> Known:
    """Entries: the reason, FILE, - a line, + as changed…, the next FILE…"""
    known: Known = Counter()
    text = re.sub(r"^#.*\n", "", LIST.read_text(), flags=re.MULTILINE)
    for entry in filter(None, (part.strip() for part in text.split("\n\n"))):
        path = before = ""
        reason, *lines = entry.split("\n")
        for line in lines:
            if line.startswith("- "):
                before = line[2:]
            elif line.startswith("+ "):
                known[path, before, line[2:]] += 1
            else:
                path = line
        assert reason.startswith("= ") and path in TARGETS and before, entry
    return known


class Builder:
    """Builds one file of a build folder anew, aside, and links tests with it."""

    def __init__(self, build: Path):
        self.build = build
        commands = json.loads((build / "compile_commands.json").read_text())
        self.commands = {os.path.relpath(build / each["file"], TOP): each["command"]
                         for each in commands if "detect-objects" in each["output"]}
        self.links: Dict[str, List[str]] = {}

    def link_command(self, test: str) -> List[str]:
        done = subprocess.run(["ninja", "-C", self.build, "-t", "commands", f"tests/unit/{test}"],
                              check=True, stdout=subprocess.PIPE, text=True)
        return shlex.split(done.stdout.strip().splitlines()[-1])

    def prepare(self, tests: Set[str]) -> None:
        programs = [f"tests/unit/unit-{test}" for test in sorted(tests)]
        subprocess.run(["ninja", "-C", self.build, *programs, "tests/models.stamp"], check=True,
                       stdout=subprocess.DEVNULL)
        self.links = {test: self.link_command(f"unit-{test}") for test in tests}

    def compile(self, folder: Path, unit: str) -> bool:
        """Whether the compiler takes a unit that lies in the folder."""
        words = shlex.split(self.commands[unit])
        base = [word for word in words[:words.index("-MD")] if not word.startswith("-O")]
        source = folder / Path(unit).name
        return subprocess.run([*base, f"-I{(TOP / unit).parent}", "-w", "-O1", "-o",
                               source.with_suffix(".o"), "-c", source], cwd=self.build,
                              stderr=subprocess.DEVNULL).returncode == 0

    def link(self, folder: Path, test: str) -> Path:
        words = list(self.links[test])
        program = folder / test
        words[words.index("-o") + 1] = str(program)
        # What stands before the library is taken instead of its own.
        at = words.index("src/libdetect-objects.a")
        words[at:at] = [str(path) for path in sorted(folder.glob("*.o"))]
        subprocess.run(words, cwd=self.build, check=True)
        return program

    def passes(self, program: Path) -> bool:
        environment = {**os.environ, "DETECT_TEST_MODELS": str(self.build / "tests" / "data"),
                       "DETECT_TEST_DATA": str(TOP / "tests" / "data"),
                       "G_DEBUG": "fatal-criticals", "ASAN_OPTIONS": SANITIZERS,
                       "UBSAN_OPTIONS": "halt_on_error=1"}
        try:
            return subprocess.run([program], env=environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=TIMEOUT,
                                  cwd=program.parent).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def build_aside(builder: Builder, folder: Path, path: str, code: str) -> bool:
    units = [unit for unit in UNITS.get(path, [path]) if unit in builder.commands]
    for unit in units:
        shutil.copy(TOP / unit, folder)
    (folder / Path(path).name).write_text(code)
    return all(builder.compile(folder, unit) for unit in units)


def judge(builder: Builder, path: str, code: str) -> str:
    """What becomes of a file with this text."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not build_aside(builder, folder, path, code):
            return "refused"
        for test in TARGETS[path]:
            if not builder.passes(builder.link(folder, test)):
                return "killed"
    return "survived"


def judge_mutant(builder: Builder, mutant: Mutant) -> str:
    code = (TOP / mutant.path).read_text()
    return judge(builder, mutant.path, code[:mutant.start] + mutant.text + code[mutant.end:])


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--build", type=Path,
                        default=Path(os.environ.get("DETECT_BUILD", f"{TOP}/build") + "-asan"))
    parser.add_argument("files", nargs="*", metavar="FILE")
    return parser.parse_args()


def choose(arguments: argparse.Namespace) -> List[Mutant]:
    paths = arguments.files or list(TARGETS)
    chosen = [mutant for path in paths for mutant in mutants(path)]
    if arguments.every > 1:
        random.Random(arguments.seed).shuffle(chosen)
        chosen = sorted(chosen[::arguments.every])
    return chosen


def outdated(known: Known) -> Known:
    """Those of the list that no change is like."""
    return known - Counter((mutant.path, mutant.before, mutant.after)
                           for path in {key[0] for key in known} for mutant in mutants(path))


def report(mutant: Mutant, outcome: str) -> None:
    print(f"{outcome}: {mutant.path}:{mutant.line}\n  - {mutant.before}\n  + {mutant.after}",
          flush=True)


def main() -> int:
    arguments = parse_arguments()
    known = read_list()
    chosen = choose(arguments)
    builder = Builder(arguments.build.resolve())
    builder.prepare({test for mutant in chosen for test in TARGETS[mutant.path]})
    for path in {mutant.path for mutant in chosen}:
        assert judge(builder, path, (TOP / path).read_text()) == "survived", f"{path}, unchanged"
    gone = outdated(known)
    left = known - gone
    counts: CounterType[str] = Counter()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        outcomes = pool.map(lambda mutant: judge_mutant(builder, mutant), chosen)
        for mutant, outcome in zip(chosen, outcomes):
            key = mutant.path, mutant.before, mutant.after
            if outcome == "survived" and left[key] > 0:
                left[key] -= 1
                outcome = "equivalent"
            counts[outcome] += 1
            if outcome in ("killed", "survived"):
                report(mutant, outcome)
    if arguments.every == 1:
        gone += Counter({key: n for key, n in left.items()
                         if key[0] in {mutant.path for mutant in chosen}})
    for path, before, after in sorted(gone):
        print(f"a line too many: {path}\n  - {before}\n  + {after}")
    print(", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items())))
    return int(counts["survived"] > 0 or bool(gone))


if __name__ == "__main__":
    sys.exit(main())
