#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# run.sh [--write] [NAME…]: builds, runs the programs that measure, and prints their
# tables in Markdown; with NAMEs those only. --write: also puts them into
# docs/performance.md, between its two marks; with "server", which runs by its name
# only, between that one's. Wants an otherwise idle machine, and takes less than five
# minutes there. Models and media are found through DETECT_ASSETS; rows that need one
# that is not there say "skipped".
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$top/pipelines/setup.sh"

write=""
if [ "${1-}" = --write ]; then
  write=yes
  shift
fi
names=("$@")
[ -z "$write" ] || [ $# -eq 0 ] || [ "$*" = server ] ||
  setup_fail "--write replaces all tables of the page, or the server's; leave other names out"
mark="bench${1:+ $1}"
[ $# -gt 0 ] || names=(preprocess paint element allocations parallel sharing startup live compare)
build=${DETECT_BUILD:-$top/build}
page=$top/docs/performance.md

# program NAME: prints the path of the program that measures it.
program () {
  local path
  for path in "$build/tests/bench/bench-$1" "$top/tests/bench/$1"{,.py}; do
    [ -x "$path" ] && printf '%s\n' "$path" && return
  done
  setup_fail "nothing measures '$1'; see $top/tests/bench"
}

tables () {
  local name path failed=0
  "$build/tests/bench/bench-paint" --machine || return
  for name in "${names[@]}"; do
    path=$(program "$name") || return
    "$path" --table </dev/null || { echo "$name failed" >&2; failed=1; }
  done
  return "$failed"
}

# put FILE: replaces what stands between the page's marks.
put () {
  awk -v from="$1" -v mark="$mark" '
    $0 == "<!-- " mark ": end -->" { skip = 0 }
    !skip { print }
    $0 == "<!-- " mark ": begin -->" { skip = 1; print ""
      while ((getline line < from) > 0) print line
      print "" }' "$page" >"$page.new" && mv "$page.new" "$page"
}

# shellcheck disable=SC2086 # lists of words
setup_install $packages_build $packages_run $packages_test -- $packages_test_optional >&2 || exit
setup_engine >&2
setup_build "$build" -Dtests=enabled >&2 || exit
export DETECT_BUILD=$build
assets=${DETECT_ASSETS:-$top/../shared}
if [ -d "$assets/models" ]; then
  DETECT_ASSETS=$(cd "$assets" && pwd)
  export DETECT_ASSETS
fi
setup_environment "$build"

out=$(mktemp)
trap 'rm -f "$out"' EXIT
tables | tee "$out"
status=${PIPESTATUS[0]}
echo "Took $SECONDS s." >&2
if [ -n "$write" ] && [ "$status" -eq 0 ]; then
  put "$out"
  echo "Wrote $page" >&2
fi
exit "$status"
