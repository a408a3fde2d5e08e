#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# camera.sh [URI [OUT.mkv]] [-- NAME=VALUE...]
# Purpose: a camera with boxes drawn into its picture, in a window or in a file.
# Needs:   a camera: v4l2:///dev/video0 when no URI says otherwise; a display for
#          the window.
# Result:  the window, or OUT.mkv when Ctrl-C has ended it. When the camera is
#          lost its last picture stays until it is back.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 0 "$@"
recipe_options
output=(--show)
[ "${#words[@]}" -lt 2 ] || output=(--output "${words[1]}")
exec gst-detect-1.0 --live "$(recipe_word 0 v4l2:///dev/video0)" "${output[@]}" \
  "${options[@]}"
