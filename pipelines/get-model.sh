#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# get-model.sh NAME [FOLDER]: fetches a known public model from where its authors
# publish it, into FOLDER or the current folder, and checks its sha256. Without
# NAME it lists the names. The table is models.tsv beside this file.
# DETECT_MODEL_MIRROR: a folder, or an address, that holds the files instead.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
table=$here/models.tsv
part=""

fail () {
  printf '%s\n' "$1" >&2
  exit "${2-1}"
}

list () {
  echo "Models (name, licence, file):"
  grep -v '^#' "$table" | awk -F'\t' '{ printf "  %-14s %-14s %s\n", $1, $4, $2 }'
}

# fetch FILE ADDRESS TARGET
fetch () {
  local mirror=${DETECT_MODEL_MIRROR-} address=$2
  [ -z "$mirror" ] || address=${mirror%/}/$1
  if [ -n "$mirror" ] && [ -d "$mirror" ]; then
    cp -- "$mirror/$1" "$3" 2>/dev/null || fail "$mirror/$1: no such file in the mirror"
    return
  fi
  command -v curl >/dev/null || fail "curl is needed: apt-get install curl"
  curl --fail --location --silent --show-error --max-time 600 --output "$3" \
    "$address" || fail "$1 could not be fetched; try again, or \
set DETECT_MODEL_MIRROR to a folder that holds it"
}

# get FILE SHA256 ADDRESS FOLDER
get () {
  local file=$1 sum=$2 address=$3 folder=$4
  part=$4/.$1.part # for the trap
  if [ -f "$folder/$file" ] && echo "$sum  $folder/$file" | sha256sum --check --status; then
    echo "$folder/$file is there already"
    return
  fi
  trap 'rm -f "$part"' EXIT
  fetch "$file" "$address" "$part"
  echo "$sum  $part" | sha256sum --check --status ||
    fail "$file is not the file it should be (sha256 differs); it was not kept"
  mv -- "$part" "$folder/$file"
  echo "$folder/$file"
}

if [ $# -eq 0 ]; then
  list
  exit
fi
[ $# -le 2 ] || fail "usage: get-model.sh [NAME [FOLDER]]" 2
name=$1
folder=${2-.}
[ -d "$folder" ] || fail "$folder: no such folder"
found=""
while IFS=$'\t' read -r model file sum _ address; do
  [ "$model" = "$name" ] || continue
  found=yes
  get "$file" "$sum" "$address" "$folder"
done <"$table"
[ -n "$found" ] || fail "$name: no such model; $(basename "$0") without arguments lists them" 2
