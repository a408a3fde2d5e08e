#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# run.sh [SECONDS] [NAME…]: builds the fuzz targets with clang, ASan and UBSan, and runs
# each, or those whose name contains one of the NAMEs, for so many seconds (60). Prints
# a line for each; the exit status is 1 when one found something. What it found
# lies then in build-fuzz/findings: put it, made small, into regressions/TARGET when it
# is mended, where every test run looks at it. What goes new ways is kept in
# build-fuzz/corpus and begun with the next time. A new target: see meson.build.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$top/pipelines/setup.sh"

case ${1-} in
-h | --help)
  sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
  exit
  ;;
'' | *[!0-9]*) seconds=60 ;;
*)
  seconds=$1
  shift
  ;;
esac

build=${DETECT_FUZZ_BUILD:-$top/build-fuzz}
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS=detect_stack_use_after_return=1
export G_DEBUG=fatal-criticals

build_fuzzers () {
  if [ ! -f "$build/build.ninja" ]; then
    echo "Building in $build"
    CC=clang CXX=clang++ setup_quietly "meson setup" meson setup "$build" "$top" \
      -Dtests=enabled -Dfuzzing=true -Dintrospection=disabled -Db_lundef=false \
      -Db_sanitize=address,undefined || return
  fi
  setup_quietly "The build" meson compile -C "$build" fuzzers
}

# is_named PROGRAM [NAME…]
is_named () {
  local program=$1 name
  shift
  [ $# -gt 0 ] || return 0
  for name; do
    [[ $program != *"$name"* ]] || return 0
  done
  return 1
}

# figure LOG NAME: a figure that the fuzzer prints at its end.
figure () {
  sed -n "s/^stat::$2: *//p" "$1" | tail -n 1
}

# run_target TARGET: 1 when something was found.
run_target () {
  local target=$1 status=0 found=0 log=$build/fuzz-$1.log options=()
  local folders=("$build/corpus/$1" "$build/tests/fuzz/corpus/$1")
  mkdir -p "$build/corpus/$target" "$build/findings"
  [ ! -d "$here/regressions/$target" ] || folders+=("$here/regressions/$target")
  [ ! -f "$here/$target.dict" ] || options+=("-dict=$here/$target.dict")
  rm -f "$build/findings/$target-"*
  "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=20000 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$build/findings/$target-" "${options[@]}" "${folders[@]}" \
    >"$log" 2>&1 || status=$?
  found=$(find "$build/findings" -name "$target-*" | wc -l)
  [ "$status" -eq 0 ] || [ "$found" -gt 0 ] || found=1 # it ended without a file
  printf '%-12s %10s runs %8s a second  %s findings%s\n' "$target" \
    "$(figure "$log" number_of_executed_units)" \
    "$(figure "$log" average_exec_per_sec)" "$found" \
    "$([ "$status" -eq 0 ] || echo ", see $log")"
  [ "$status" -eq 0 ]
}

# shellcheck disable=SC2086 # a list of words
setup_install $packages_fuzz || exit
build_fuzzers || exit
failed=0
for program in "$build"/tests/fuzz/fuzz-*; do
  if [ -f "$program" ] && is_named "${program##*/}" "$@"; then
    run_target "${program##*/fuzz-}" || failed=1
  fi
done
exit "$failed"
