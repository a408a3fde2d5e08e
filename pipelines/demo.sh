#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# demo.sh [INPUT] [OPTION…]: installs what is missing, builds, and looks for
# people in INPUT (a picture, a folder of them, a video or a URI), or else in a
# video that comes with OpenCV. OPTIONs go to gst-detect-1.0. The results lie in
# demo-out/ in the current folder.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$top/pipelines/setup.sh"

input=""
if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  input=$1
  shift
  # Said now rather than after a long installation.
  [ -e "$input" ] || [[ $input == *://* ]] ||
    setup_fail "$input: no such file; name a video, a picture or a folder"
fi

# shellcheck disable=SC2086 # lists of words
setup_install $packages_build $packages_run -- $packages_run_optional
setup_engine
build=${DETECT_BUILD:-$top/build}
setup_build "$build"
setup_environment "$build"

out=$PWD/demo-out
mkdir -p "$out"
[ -n "$input" ] || input=$(setup_sample "$out")

started=$(mktemp)
trap 'rm -f "$started"' EXIT
gst-detect-1.0 "$input" --output "$out" --json "$out/objects.jsonl" "$@"

echo "Annotated copies, and objects.jsonl with a line for each frame:"
find "$out" -type f -newer "$started"
