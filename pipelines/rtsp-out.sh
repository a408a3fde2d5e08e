#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rtsp-out.sh INPUT [PORT] [-- NAME=VALUE...]
# Purpose: any input with boxes drawn into it, for RTSP clients.
# Needs:   gst-detect-rtsp-1.0 (built where libgstrtspserver-1.0-dev is there).
# Result:  rtsp://THIS-HOST:PORT/live (8554 when no PORT says otherwise), for any
#          number of clients, over UDP or TCP; ffplay and vlc play it.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 1 "$@"
recipe_options
exec gst-detect-rtsp-1.0 --port "$(recipe_word 1 8554)" "${words[0]}" "${options[@]}"
