#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# udp-ts.sh INPUT [HOST [PORT [INTERFACE]]] [-- NAME=VALUE...]
# Purpose: any input with boxes drawn into it, as an MPEG transport stream over
#          UDP; what set-top boxes and `vlc udp://@:5000` take.
# Needs:   x264enc (gstreamer1.0-plugins-ugly), mpegtsmux (-bad).
# Result:  the stream at HOST:PORT (127.0.0.1:5000), at the pace of the input. HOST
#          may be a multicast group, INTERFACE is then where it is sent.
#          udp-ts-receive.sh is the other end.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 1 "$@"
recipe_read "${words[0]}"
recipe_property multicast-iface 3
recipe_launch "${source[@]}" \
  ! detect overlay=true "${properties[@]}" ! queue ! videoconvert \
  ! video/x-raw,format=I420 ! "${recipe_h264_live[@]}" ! mpegtsmux alignment=7 \
  ! udpsink host="$(recipe_word 1 127.0.0.1)" port="$(recipe_word 2 5000)" \
  "${property[@]}"
