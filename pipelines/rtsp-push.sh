#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtsp-push.sh INPUT rtsp://SERVER/PATH [-- NAME=VALUE...]
# Purpose: any input with boxes drawn into it, sent to an RTSP server that hands
#          it on, such as MediaMTX.
# Needs:   rtspclientsink (gstreamer1.0-rtsp), x264enc, a server that takes RECORD.
# Result:  the server has the stream under PATH, at the pace of the input, until
#          Ctrl-C; rtspclientsink does not always end when its input does.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 2 "$@"
recipe_read "${words[0]}"
exec gst-launch-1.0 --no-position "${source[@]}" \
  ! detect overlay=true "${properties[@]}" ! queue ! videoconvert \
  ! "${recipe_h264_live[@]}" ! rtspclientsink location="${words[1]}"
