#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# file.sh VIDEO OUT.mp4 [-- NAME=VALUE...]
# Purpose: a copy of a video with boxes drawn into it, by one pipeline.
# Needs:   x264enc (gstreamer1.0-plugins-ugly).
# Result:  OUT.mp4 with as many frames as VIDEO, without its sound;
#          gst-detect-1.0 keeps that as well.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 2 "$@"
recipe_read "${words[0]}"
recipe_launch "${source[@]}" \
  ! detect overlay=true "${properties[@]}" ! queue ! videoconvert \
  ! "${recipe_h264_file[@]}" ! mp4mux ! filesink location="${words[1]}"
