#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
usage="repeat.sh [N] [NAME…]: runs tests N times each (200) and prints a line for each
test: its name, how often it ran, how often it failed. Without NAMEs it runs those
in which several threads meet. What a failed run printed is kept in the build
folder, in test-logs/repeat-NAME-RUN.txt. The status is 1 when any run failed.

DETECT_BUILD names the build folder (build); it must have been built.
DETECT_SECONDS is how long one run may take (60)."
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${DETECT_BUILD:-$top/build}
logs=$build/test-logs
status=0

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  printf '%s\n' "$usage"
  exit
fi
n=200
if [[ ${1-} =~ ^[0-9]+$ ]]; then
  n=$1
  shift
fi
names=("$@")

# Lines of a test's name, its program and its environment, as meson knows them.
list_tests () {
  meson introspect "$build" --tests | /usr/bin/python3 -c '
import json, shlex, sys

wanted = sys.argv[1:]
for test in json.load(sys.stdin):
    threads = any(suite.endswith(":threads") for suite in test["suite"])
    if test["name"] in wanted or not wanted and threads:
        print(test["name"], shlex.join(["env", *(f"{k}={v}" for k, v in test["env"].items()),
                                        *test["cmd"]]), sep="\t")' "${names[@]}"
}

# repeat NAME COMMAND
repeat () {
  local name=$1 command=$2 failures=0 run log
  for ((run = 1; run <= n; run++)); do
    log=$logs/repeat-$name-$run.txt
    # A shell's words, as they were quoted above.
    if eval "timeout ${DETECT_SECONDS:-60} $command" >"$log" 2>&1 </dev/null; then
      rm -f "$log"
    else
      failures=$((failures + 1))
    fi
  done
  printf '%-16s %4d runs %4d failures\n' "$name" "$n" "$failures"
  [ "$failures" -eq 0 ] || status=1
}

mkdir -p "$logs"
mapfile -t tests < <(list_tests)
if [ ${#tests[@]} -eq 0 ]; then
  echo "No such test in $build; meson test --list names them" >&2
  exit 2
fi
for test in "${tests[@]}"; do
  repeat "${test%%$'\t'*}" "${test#*$'\t'}"
done
exit $status
