#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# record.sh INPUT OUT.mkv [-- NAME=VALUE...]
# Purpose: a clean recording, with what was found as subtitles beside it.
# Needs:   the element detectexport, x264enc (gstreamer1.0-plugins-ugly).
# Result:  OUT.mkv: the video as it was, and a subtitle track that players show or
#          hide.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 2 "$@"
recipe_read "${words[0]}"
recipe_launch matroskamux name=mux ! filesink location="${words[1]}" \
  "${source[@]}" \
  ! detect "${properties[@]}" ! detectexport name=export format=text ! queue ! videoconvert \
  ! "${recipe_h264_file[@]}" ! mux. export.meta ! queue ! mux.subtitle_0
