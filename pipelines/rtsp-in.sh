#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtsp-in.sh URI... [-- NAME=VALUE...]
# Purpose: what RTSP cameras see, as lines of JSON.
# Needs:   cameras, such as rtsp://user:password@camera/stream.
# Result:  on standard output a line for each frame of each camera, until Ctrl-C.
#          The cameras are looked at at once and share one model; one that is lost
#          is tried again.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 1 "$@"
recipe_options
exec gst-detect-1.0 --live --json - "${words[@]}" "${options[@]}"
