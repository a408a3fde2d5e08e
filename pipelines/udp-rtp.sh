#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# udp-rtp.sh INPUT [HOST [PORT [h264|jpeg [INTERFACE]]]] [-- NAME=VALUE...]
# Purpose: any input with boxes drawn into it, as RTP over UDP.
# Needs:   x264enc (gstreamer1.0-plugins-ugly) for H.264.
# Result:  RTP at HOST:PORT (127.0.0.1:5004), payload type 96 for H.264, 26 for
#          JPEG, at the pace of the input. HOST may be a multicast group, INTERFACE
#          is then where it is sent. udp-rtp-receive.sh is the other end.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 1 "$@"
recipe_read "${words[0]}"
case $(recipe_word 3 h264) in
  h264) encode=("${recipe_h264_live[@]}" ! rtph264pay pt=96) ;;
  jpeg) encode=(jpegenc ! rtpjpegpay pt=26) ;;
  *) setup_fail "${words[3]}: expected h264 or jpeg" ;;
esac
recipe_property multicast-iface 4
recipe_launch "${source[@]}" \
  ! detect overlay=true "${properties[@]}" ! queue ! videoconvert \
  ! video/x-raw,format=I420 ! "${encode[@]}" \
  ! udpsink host="$(recipe_word 1 127.0.0.1)" port="$(recipe_word 2 5004)" \
  "${property[@]}"
