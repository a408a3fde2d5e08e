#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# udp-ts-receive.sh [PORT [GROUP]] [-- NAME=VALUE...]
# Purpose: an MPEG transport stream over UDP, from udp-ts.sh or from others, as
#          lines of JSON.
# Needs:   a sender.
# Result:  on standard output a line for each frame, until Ctrl-C. PORT is 5000;
#          GROUP is a multicast group.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 0 "$@"
recipe_options
exec gst-detect-1.0 --live --json - "${options[@]}" \
  "udp://$(recipe_word 1 0.0.0.0):$(recipe_word 0 5000)"
