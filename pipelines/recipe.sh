# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the launch recipes share. To be sourced by one, with its arguments; needs
# bash. Every recipe takes `-- NAME=VALUE...` at its end: properties of `detect`,
# such as model=yolox_nano.onnx threshold=0.4.
set -euo pipefail

recipe_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$recipe_top/pipelines/setup.sh"

# recipe_start LEAST ARGUMENT…: sets the arrays `words` and `properties`; with -h,
# or with fewer than LEAST words, shows what stands at the head of the recipe.
recipe_start () {
  local least=$1
  shift
  words=()
  properties=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    case $1 in -h | --help) recipe_show_head && exit 0 ;; esac
    words+=("$1")
    shift
  done
  # shellcheck disable=SC2034 # the recipes'
  properties=("${@:2}")
  if [ "${#words[@]}" -lt "$least" ]; then
    recipe_show_head >&2
    exit 2
  fi
  # From the build where there is one, else what is installed.
  local build=${DETECT_BUILD:-$recipe_top/build}
  [ ! -d "$build/gst" ] || setup_environment "$build"
}

# The comment at the head of the recipe, without its first two lines.
recipe_show_head () {
  sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
}

# recipe_word N DEFAULT: prints the Nth word, from 0.
recipe_word () {
  printf '%s\n' "${words[$1]-$2}"
}

# recipe_property NAME N: NAME=WORD with the Nth word, in the array `property`, which
# is empty where there is no such word.
recipe_property () {
  property=()
  # shellcheck disable=SC2034 # the recipes'
  [ -z "${words[$2]-}" ] || property=("$1=${words[$2]}")
}

# recipe_read WORD: in the array `source`, the elements that read the video of a file
# or a URI.
recipe_read () {
  local uri=$1
  if [[ $uri != *://* ]]; then
    [ -e "$uri" ] ||
      setup_fail "$uri: no such file; name a video, or a URI such as rtsp://camera/stream"
    uri=file://$(realpath -- "$uri" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')
  fi
  # shellcheck disable=SC2034 # the recipes'
  source=(uridecodebin uri="$uri" ! video/x-raw ! queue)
}

# recipe_options: the properties as options of gst-detect-1.0, in `options`.
recipe_options () {
  local property
  options=()
  for property in "${properties[@]}"; do
    options+=("--$property")
  done
}

# recipe_launch ELEMENT…: runs a pipeline. Ctrl-C ends it as its input's end would, so
# that files are finished.
recipe_launch () {
  exec gst-launch-1.0 --no-position --eos-on-shutdown "$@"
}

# What the recipes encode with; for files, and for streams without delay.
# shellcheck disable=SC2034 # the recipes'
recipe_h264_file=(x264enc pass=qual quantizer=21 speed-preset=veryfast ! h264parse)
# shellcheck disable=SC2034
recipe_h264_live=(x264enc tune=zerolatency speed-preset=ultrafast bitrate=2000
  key-int-max=50 ! h264parse config-interval=-1)
