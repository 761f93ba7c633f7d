#!/bin/sh
# Installs a release of mkservice for one user, without root:
#
#   curl -fsSL https://github.com/mkservice/mkservice/releases/latest/download/install.sh | sh
#
# As root, for all users. Options: --version VERSION (default: the latest), --prefix DIRECTORY (default: ~/.local, or
# /usr/local for root). The download is checked against SHA256SUMS of the release before anything is installed.
set -eu

repository=${MKSERVICE_RELEASES:-https://github.com/mkservice/mkservice/releases}

fail() {
  echo "error: $1" >&2
  exit 1
}

download() { # URL FILE
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --output "$2" "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --output-document "$2" "$1"
  else
    fail "neither curl nor wget is installed"
  fi || fail "cannot download $1"
}

# Nothing runs before the whole script has arrived.
main() {
  version=
  prefix=
  while [ $# -gt 0 ]; do
    case $1 in
      --version) version=${2:?"--version requires a value"} && shift 2 ;;
      --prefix) prefix=${2:?"--prefix requires a value"} && shift 2 ;;
      *) fail "unknown option $1" ;;
    esac
  done
  if [ -z "$prefix" ]; then
    if [ "$(id -u)" = 0 ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
  fi
  [ "$(uname -s)" = Linux ] || fail "mkservice needs Linux with systemd"
  case $(uname -m) in
    x86_64) target=x86_64-unknown-linux-gnu ;;
    aarch64) target=aarch64-unknown-linux-gnu ;;
    armv7l | armv8l) target=armv7-unknown-linux-gnueabihf ;;
    riscv64) target=riscv64gc-unknown-linux-gnu ;;
    *) fail "no release for $(uname -m); build it with: cargo install mkservice" ;;
  esac
  url=$repository/latest/download
  [ -z "$version" ] || url=$repository/download/v${version#v}

  directory=$(mktemp -d)
  trap 'rm -rf "$directory"' EXIT
  archive=mkservice-$target.tar.gz
  download "$url/SHA256SUMS" "$directory/SHA256SUMS"
  download "$url/$archive" "$directory/$archive"
  (cd "$directory" && grep " [ *]$archive\$" SHA256SUMS | sha256sum -c - >/dev/null 2>&1) ||
    fail "the checksum of $archive is wrong; nothing was installed"

  tar -xzf "$directory/$archive" -C "$directory"
  (cd "$directory/mkservice-$target" && find . -type f) | while read -r file; do
    mkdir -p "$(dirname "$prefix/$file")"
    # A running program cannot be overwritten, but its file can be replaced.
    cp -p "$directory/mkservice-$target/$file" "$prefix/$file.new"
    mv -f "$prefix/$file.new" "$prefix/$file"
  done
  echo "$("$prefix/bin/mkservice" --version) is installed: $prefix/bin/mkservice"
  case :${PATH-}: in
    *:$prefix/bin:*) ;;
    *) echo "hint: export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
}

main "$@"
