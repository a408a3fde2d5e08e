#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# run.sh [--quick | --long | --coverage] [NAME…]: installs what the tests need,
# builds, and runs them: as built, with sanitizers, and the core's under valgrind.
# With NAMEs only tests whose name contains one of them. --quick: the normal build
# only. --long: what takes minutes too, and the fuzzers, a minute each.
# --coverage: the tests of --quick in a build that counts, then which lines of src/
# and gst/ they ran; fails when that is less than nine in ten of either's.
# Tests that need more models and media find them through DETECT_ASSETS.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$top/pipelines/setup.sh"

quick=""
long=""
coverage=""
case ${1-} in
  --quick) quick=yes && shift ;;
  --long) long=yes && shift && export DETECT_LONG=1 ;;
  --coverage) quick=yes && coverage=yes && shift ;;
esac
names=("$@")
[ -n "$quick" ] || export DETECT_TIDY=1
build=${DETECT_BUILD:-$top/build}${coverage:+-coverage}
asan=$build-asan
tsan=$build-tsan
python=/usr/bin/python3 # the one that Debian's packages belong to
logs=$build/test-logs # a JSON file for each run
runs=()

title () {
  printf '\n== %s (after %d s)\n' "$1" "$SECONDS"
}

# run_meson RUN FOLDER SUITE OPTION…: runs a suite of meson tests.
run_meson () {
  local run=$1 folder=$2 suite=$3 tests=()
  shift 3
  mapfile -t tests < <("$python" "$top/tests/tally.py" select "$folder" "$suite" \
    "${names[@]}")
  [ ${#tests[@]} -gt 0 ] || return 0
  title "$run"
  rm -f "$folder"/meson-logs/testlog*.json
  meson test -C "$folder" --no-rebuild --num-processes 2 --print-errorlogs \
    --suite "$suite" "$@" "${tests[@]}" </dev/null
  cp -f "$folder"/meson-logs/testlog*.json "$logs/testlog-$run.json"
  runs+=("$run=$logs/testlog-$run.json")
}

# run_python RUN BUILD FOLDER OPTION…: runs the Python tests of a folder.
run_python () {
  local run=$1 folder=$3
  local -x DETECT_BUILD=$2
  shift 3
  local runner=("$python" "$top/tests/pipelines/runner.py" "$@")
  local chosen=("$top/tests/$folder" "${names[@]}")
  [ -n "$("${runner[@]}" --list "${chosen[@]}")" ] || return 0
  title "$run"
  rm -f "$logs/$run.json"
  "${runner[@]}" --json "$logs/$run.json" "${chosen[@]}"
  runs+=("$run=$logs/$run.json")
}

run_normal () {
  run_meson unit "$build" unit
  run_meson elements "$build" elements
  [ -n "$coverage" ] || run_python layers "$build" layers
  setup_environment "$build"
  run_python pipelines "$build" pipelines
}

# The runtime has to be there before a program that was built without it loads
# the element; libstdc++ too, or exceptions thrown inside OpenCV are not seen.
sanitizer_preload () {
  printf '%s %s' "$(gcc -print-file-name=libasan.so)" "$(gcc -print-file-name=libstdc++.so.6)"
}

run_sanitized () {
  local preload
  preload=$(sanitizer_preload)
  # Its TBB opens libraries in a way at which the sanitizer's runtime gives up.
  local -x DETECT_OPENVINO=none
  local -x UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  # Its record of the threads' own memory breaks now and then, and then its search for
  # leaks crashes; what that memory alone points to would be reported.
  local -x ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:intercept_tls_get_addr=0
  run_meson unit-sanitized "$asan" unit
  # GStreamer, Python and what they load keep memory until the end on purpose.
  ASAN_OPTIONS=detect_leaks=0
  run_meson elements-sanitized "$asan" elements --wrapper "env LD_PRELOAD='$preload'"
  setup_environment "$asan"
  LD_PRELOAD=$preload run_python pipelines-sanitized "$asan" pipelines --sanitized
}

# What runs in several threads, with GLib's locks where the sanitizer sees them.
run_threads () {
  local preload
  preload="$(gcc -print-file-name=libtsan.so) $tsan/tests/tsan/libglibthreads.so"
  local -x TSAN_OPTIONS=suppressions=$top/tests/tsan/suppressions.txt
  local -x DETECT_ONNXRUNTIME=none DETECT_OPENVINO=none
  # Its pieces go from one thread to another by locks that nobody sees.
  local -x G_SLICE=always-malloc
  run_meson threads "$tsan" threads --wrapper "env LD_PRELOAD='$preload'"
}

run_valgrind () {
  # It keeps memory until the end.
  local -x DETECT_OPENVINO=none
  # A file and what is near it takes as long as a hundred otherwise.
  local -x DETECT_FUZZ_CHANGES=5
  run_meson unit-valgrind "$build" unit --timeout-multiplier 10 --wrapper \
    "valgrind --quiet --suppressions=$top/tests/valgrind.supp --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite"
}

run_fuzzers () {
  local outcome=passed
  title fuzzers
  "$top/tests/fuzz/run.sh" 60 "${names[@]}" || outcome=failed
  printf '[{"name": "targets", "outcome": "%s", "reason": ""}]\n' "$outcome" \
    >"$logs/fuzzers.json"
  runs+=("fuzzers=$logs/fuzzers.json")
}

# What the tests of a build that counts have run: a table for each room, the total
# of lines and branches, and pages to read in the folder coverage of the build.
run_coverage () {
  local pages=$build/coverage counts=$build/coverage/counts.json room
  mkdir -p "$pages"
  gcovr --root "$top" --object-directory "$build" --filter "$top/src/" \
    --filter "$top/gst/" --exclude-unreachable-branches --exclude-throw-branches \
    -j 2 --json "$counts" --html-details "$pages/index.html" "$build" || return
  for room in src gst; do
    title "coverage of $room/"
    gcovr --root "$top" --add-tracefile "$counts" --filter "$top/$room/" \
      --print-summary --fail-under-line 90 || runs+=("coverage-$room=$logs/none")
  done
}

close () {
  title "totals"
  "$python" "$top/tests/tally.py" sum "${runs[@]}"
}

# shellcheck disable=SC2086 # lists of words
setup_install $packages_build $packages_run $packages_test ${coverage:+gcovr} -- \
  $packages_test_optional || exit
setup_engine
# Where the index can be reached: the field's own judge of precision.
setup_pip "$build/python" pycocotools || true
# And the NumPy that is newer than the distribution's, and what old scripts use.
setup_pip "$build/numpy2" numpy || true
{ setup_pip "$build/python" ply && setup_pip "$build/python" CppHeaderParser; } || true
export PYTHONPATH=$build/python${PYTHONPATH:+:$PYTHONPATH}
assets=${DETECT_ASSETS:-$top/../shared}
if [ -d "$assets/models" ]; then
  DETECT_ASSETS=$(cd "$assets" && pwd)
  export DETECT_ASSETS
fi

options=(-Dwerror=true -Dtests=enabled)
if [ -n "$coverage" ]; then
  # Threads count together; and what -O3 merges, nobody can count.
  options=(-Dtests=enabled -Db_coverage=true -Doptimization=g
    -Dc_args=-fprofile-update=atomic -Dcpp_args=-fprofile-update=atomic)
  # The engine that is not fetched for every run.
  setup_pip "$build/openvino" openvino || true
  for library in "$build"/openvino/openvino/libs/libopenvino_c.so.*; do
    [ ! -e "$library" ] || export DETECT_OPENVINO=$library
  done
  find "$build" -name '*.gcda' -delete # counts of an earlier run
fi
mkdir -p "$logs"
title "build"
if ! setup_build "$build" "${options[@]}"; then
  runs=("build=$logs/none")
  close
  exit 1
fi
run_normal
if [ -z "$quick" ]; then
  title "build with sanitizers"
  setup_build "$asan" -Dwerror=true -Dtests=enabled -Db_sanitize=address,undefined \
    -Db_lundef=false -Dintrospection=disabled || runs+=("build-sanitized=$logs/none")
  run_sanitized
  title "build with the threads' sanitizer"
  setup_build "$tsan" -Dwerror=true -Dtests=enabled -Db_sanitize=thread \
    -Db_lundef=false -Dintrospection=disabled || runs+=("build-threads=$logs/none")
  run_threads
  run_valgrind
fi
[ -z "$long" ] || run_fuzzers
[ -z "$coverage" ] || run_coverage || runs+=("coverage=$logs/none")
close
