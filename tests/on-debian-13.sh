#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# on-debian-13.sh [--folder DIR] [--suite SUITE] [--] [COMMAND…]: runs the tests, or
# COMMAND, on Debian 13 (GStreamer 1.26) in a chroot, from a copy of this tree. Needs
# root and debootstrap; packages come from the mirror this machine itself uses.
# --folder: where the chroot is made, and kept for the next time; without it, a
# folder that is removed at the end. --suite: another release, such as sid.
# Models are looked for in DETECT_ASSETS, as tests/run.sh does.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=pipelines/setup.sh
. "$top/pipelines/setup.sh"

suite=trixie
folder=""
while [ $# -gt 0 ]; do
  case $1 in
    --folder) folder=${2:?} && shift 2 ;;
    --suite) suite=${2:?} && shift 2 ;;
    --help) sed -n '3,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" && exit ;;
    --) shift && break ;;
    -*) setup_fail "$1 is no option; --help lists them" ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- tests/run.sh

[ "$(id -u)" -eq 0 ] || setup_fail "A chroot can only be made by root"
setup_install debootstrap rsync || exit
if [ -z "$folder" ]; then
  folder=$(mktemp -d) || exit
  # Nothing is mounted there by then: the mounts end with their namespace.
  trap 'rm -rf --one-file-system "$folder"' EXIT
fi
mkdir -p "$folder" || exit
folder=$(cd "$folder" && pwd)

# The mirror of this machine's own apt sources.
mirror () {
  local uri
  # shellcheck disable=SC2016 # the fields are apt's
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Label: Debian' 'Component: main' | head -n 1)
  [ -n "$uri" ] || setup_fail "apt's sources name no Debian mirror"
  printf '%s\n' "$uri"
}

# Proxies and the like, which this machine's apt may need.
network_settings () {
  apt-config dump | grep -iE '^Acquire::(https?|ftp)' || true
}

make_chroot () {
  local uri
  [ ! -e "$folder/etc/chroot-is-complete" ] || return 0
  uri=$(mirror) || exit
  echo "Making a chroot with Debian $suite in $folder"
  setup_quietly debootstrap debootstrap --variant=minbase \
    --include=ca-certificates "$suite" "$folder" "$uri" || exit
  printf 'deb %s %s main\n' "$uri" "$suite" >"$folder/etc/apt/sources.list"
  network_settings >"$folder/etc/apt/apt.conf.d/90network"
  touch "$folder/etc/chroot-is-complete"
}

# What is built here already is of no use there; what was built there is kept. Only
# files that differ are copied, with a new time, so that they are built again.
copy_tree () {
  mkdir -p "$folder/detect" &&
    rsync --recursive --links --perms --checksum --delete \
      --exclude=/.git --exclude='/build*' "$top/" "$folder/detect/"
}

# run COMMAND…: in the copy, with mounts that nobody else sees.
run () {
  local assets=${DETECT_ASSETS:-$top/../shared} settings=()
  cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
  cp -L /etc/hosts "$folder/etc/hosts"
  cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
  mkdir -p "$folder/assets"
  if [ -d "$assets/models" ]; then
    settings+=(DETECT_ASSETS=/assets)
  else
    assets=""
  fi
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --propagation private sh -c '
    folder=$1 assets=$2
    shift 2
    mount -t proc proc "$folder/proc" &&
    mount --rbind /dev "$folder/dev" &&
    mount -t sysfs -o ro sysfs "$folder/sys" &&
    { [ -z "$assets" ] || mount --bind -o ro "$assets" "$folder/assets"; } &&
    exec chroot "$folder" "$@"' sh "$folder" "$assets" \
    /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin "${settings[@]}" \
    sh -c 'cd /detect && exec "$@"' sh "$@"
}

make_chroot
copy_tree || exit
run "$@"
