# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the project's commands share: which packages are needed, how to install
# them, how to build. To be sourced; needs bash.

# One list for each purpose, one name for Debian 12, 13 and Ubuntu 22.04 on.
packages_build="meson ninja-build gcc g++ pkg-config libglib2.0-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  libgstreamer-plugins-bad1.0-dev libopencv-dev libyuv-dev
  libyaml-dev libjson-glib-dev libcairo2-dev libpango1.0-dev
  libsoup-3.0-dev libturbojpeg0-dev libpng-dev
  libgirepository1.0-dev scdoc"
packages_run="gstreamer1.0-tools gstreamer1.0-plugins-base
  gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-libav opencv-doc fonts-dejavu-core"
packages_test="python3-jsonschema python3-numpy python3-opencv python3-onnx python3-gi
  gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 opencv-data ffmpeg curl valgrind
  fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji
  gir1.2-gst-rtsp-server-1.0 gstreamer1.0-rtsp
  glib-networking iproute2 openssl strace"
packages_fuzz="clang libclang-rt-dev llvm"
# Not every release has these; tests that want one are skipped without it. (pip is
# for engines that no distribution has.)
packages_run_optional="python3-pip"
packages_test_optional="darknet clang-format-14 clang-tidy-14 cppcheck shellcheck
  python3-pip python3-venv
  libgstrtspserver-1.0-dev"

setup_fail () {
  printf '%s\n' "$1" >&2
  exit 1
}

# setup_quietly WHAT COMMAND…: shows what a command prints only when it fails.
setup_quietly () {
  local what=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    tail -n 100 "$log" >&2
    printf '%s failed; the lines above say why\n' "$what" >&2
  fi
  rm -f "$log"
  return "$status"
}

# setup_missing PACKAGE…: prints those that are not installed.
setup_missing () {
  local installed package
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2016 # the fields are dpkg-query's
  # An unknown name is a missing package, not a failure.
  installed=$(dpkg-query -W -f='${binary:Package} ${db:Status-Status}\n' "$@" \
    2>/dev/null | sed -n 's/^\([^: ]*\)[^ ]* installed$/\1/p' || true)
  for package; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# setup_install PACKAGE… [-- PACKAGE…]: installs what is missing; of those after
# the dashes, what the distribution has.
setup_install () {
  local required=() optional=() missing=() wanted package as_root=""
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    required+=("$1")
    shift
  done
  optional=("${@:2}")
  if ! command -v dpkg-query apt-get >/dev/null; then
    echo "No apt-get here; these packages, or what matches them, are needed:" \
      "${required[*]}" >&2
    return
  fi
  mapfile -t missing < <(setup_missing "${required[@]}")
  mapfile -t wanted < <(setup_missing "${optional[@]}")
  # Missing extras alone are no reason to ask for a password.
  if [ ${#missing[@]} -eq 0 ] && { [ ${#wanted[@]} -eq 0 ] || [ "$(id -u)" -ne 0 ]; }; then
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null ||
      setup_fail "Packages are missing; as root, run: apt-get install ${missing[*]}"
  fi
  setup_quietly "apt-get update" $as_root apt-get update || return
  for package in "${wanted[@]}"; do
    apt-cache show "$package" >/dev/null 2>&1 && missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "Installing ${missing[*]}"
  setup_quietly "apt-get install" $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

# setup_pip FOLDER PACKAGE: puts a package of the Python package index into a
# folder, where pip is there and the index can be reached.
setup_pip () {
  local python
  [ ! -e "$1/$2" ] || return 0
  # Debian's own first: what is built for another Python is of no use to it.
  for python in /usr/bin/python3 python3; do
    "$python" -m pip --version >/dev/null 2>&1 || continue
    timeout 300 "$python" -m pip install --quiet --no-deps --no-input \
      --disable-pip-version-check --target "$1" "$2" >/dev/null 2>&1 </dev/null &&
      return
  done
  return 1
}

# setup_engine: brings ONNX Runtime into a folder of this user's own that the
# library looks into. Everything works without it; one line says how it went.
setup_engine () {
  local folder=${XDG_DATA_HOME:-$HOME/.local/share}/detect
  if [ -n "${DETECT_ONNXRUNTIME-}" ]; then
    echo "Engine: as DETECT_ONNXRUNTIME says ($DETECT_ONNXRUNTIME)"
  elif setup_pip "$folder" onnxruntime; then
    echo "Engine: ONNX Runtime in $folder"
  else
    echo "Engine: OpenCV; ONNX Runtime cannot be fetched here (pip install onnxruntime)"
  fi
}

# setup_build FOLDER MESON-OPTION…: configures a build folder and builds.
setup_build () {
  local folder=$1 top
  shift
  top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
  if [ ! -f "$folder/build.ninja" ]; then
    echo "Building in $folder"
    setup_quietly "meson setup" meson setup "$folder" "$top" "$@" || return
  elif [ $# -gt 0 ]; then
    setup_quietly "meson configure" meson configure "$folder" "$@" || return
  fi
  setup_quietly "The build" meson compile -C "$folder"
}

# setup_environment FOLDER: from here on, programs of this build and its element.
# The registry is the build's own, so no other one is touched or believed.
setup_environment () {
  unset GST_PLUGIN_PATH_1_0 GST_REGISTRY_1_0
  export GST_PLUGIN_PATH="$1/gst" GST_REGISTRY="$1/registry.bin"
  export PATH="$1/pipelines:$PATH"
}

# setup_sample FOLDER: prints the path of a video with walking people; it is
# unpacked into FOLDER where the package holds it compressed.
setup_sample () {
  local sample=/usr/share/doc/opencv-doc/examples/data/vtest.avi
  if [ -f "$sample.gz" ]; then
    gunzip -c "$sample.gz" >"$1/vtest.avi" || return
    sample=$1/vtest.avi
  fi
  [ -f "$sample" ] ||
    setup_fail "$sample is missing; name a video or a picture to look at"
  printf '%s\n' "$sample"
}
