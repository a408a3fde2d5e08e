#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# two-models.sh INPUT OUT.mp4 MODEL CLASS MODEL-INSIDE [-- NAME=VALUE...]
# Purpose: a second model that looks only inside what a first one has found: faces
#          inside persons, plates inside cars.
# Needs:   two models, x264enc (gstreamer1.0-plugins-ugly).
# Result:  OUT.mp4 with the boxes of both drawn in. Only boxes of CLASS are looked
#          into; NAME=VALUE are properties of the second `detect`.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 5 "$@"
recipe_read "${words[0]}"
recipe_launch "${source[@]}" \
  ! detect policy=sync model="${words[2]}" \
  ! detect policy=sync model="${words[4]}" region=objects \
  region-classes="${words[3]}" "${properties[@]}" \
  ! detectoverlay ! queue ! videoconvert \
  ! "${recipe_h264_file[@]}" ! mp4mux ! filesink location="${words[1]}"
