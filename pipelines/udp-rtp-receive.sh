#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# udp-rtp-receive.sh OUT.mkv [PORT [h264|jpeg [GROUP [INTERFACE]]]] [-- NAME=VALUE...]
# Purpose: RTP over UDP, from udp-rtp.sh or from others, with what is found in it.
# Needs:   a sender; x264enc (gstreamer1.0-plugins-ugly).
# Result:  OUT.mkv with boxes drawn in, when Ctrl-C has ended it. PORT is 5004;
#          GROUP is a multicast group, received on INTERFACE.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 1 "$@"
case $(recipe_word 2 h264) in
  h264) caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96
    decode=(rtph264depay ! avdec_h264) ;;
  jpeg) caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=JPEG,payload=26
    decode=(rtpjpegdepay ! jpegdec) ;;
  *) setup_fail "${words[2]}: expected h264 or jpeg" ;;
esac
recipe_property multicast-iface 4
recipe_launch udpsrc address="$(recipe_word 3 0.0.0.0)" port="$(recipe_word 1 5004)" \
  "${property[@]}" caps="$caps" ! rtpjitterbuffer ! "${decode[@]}" \
  ! queue ! detect overlay=true "${properties[@]}" ! queue ! videoconvert \
  ! "${recipe_h264_file[@]}" ! matroskamux ! filesink location="${words[0]}"
