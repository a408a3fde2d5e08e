#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# folder.sh FOLDER OUT [-- NAME=VALUE...]
# Purpose: all pictures of a folder, with boxes drawn into copies.
# Needs:   nothing beyond gst-detect-1.0.
# Result:  in the folder OUT a copy of each picture under its name, and
#          objects.jsonl with a line for each.
. "$(dirname "${BASH_SOURCE[0]}")/recipe.sh"
recipe_start 2 "$@"
recipe_options
mkdir -p "${words[1]}"
exec gst-detect-1.0 "${words[0]}" --output "${words[1]}" \
  --json "${words[1]}/objects.jsonl" "${options[@]}"
