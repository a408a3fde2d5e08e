#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# blur.sh INPUT OUT.mp4 MODEL [-- NAME=VALUE...]
# Purpose: a copy of a video in which faces, or whatever MODEL finds, cannot be
#          recognised.
# Needs:   a model of faces (get-model.sh yunet), x264enc
#          (gstreamer1.0-plugins-ugly).
# Result:  OUT.mp4 with a mosaic over each object, and no boxes. What the model
#          does not find stays visible: a low threshold is the safer one.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 3 "$@"
recipe_read "${words[0]}"
recipe_launch "${source[@]}" \
  ! detect policy=sync model="${words[2]}" threshold=0.3 "${properties[@]}" \
  ! detectoverlay blur-classes='*' hide-classes='*' ! queue ! videoconvert \
  ! "${recipe_h264_file[@]}" ! mp4mux ! filesink location="${words[1]}"
