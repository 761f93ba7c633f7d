# For bash: the layouts of tools that no registry has which the tests may use (those of Python, npm, Debian and Rust),
# made in the home directory. Each function tells what it is modelled on. What these tools consist of is as real as it
# can be: interpreters are programs of their own that report their own prefix, only the tool around them is made here.

# A Python of its own under a directory, as conda, pyenv and asdf install one: a copy of the machine's, whose prefix is that
# directory because it finds the standard library there.
python_in() { # DIRECTORY
  local version
  version=$(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
  mkdir -p "$1/bin" "$1/lib"
  cp "/usr/bin/$version" "$1/bin/"
  ln -s "$version" "$1/bin/python3"
  ln -s python3 "$1/bin/python"
  ln -s "/usr/lib/$version" "$1/lib/$version"
}

# Node as its archive has it.
node_in() { # DIRECTORY
  mkdir -p "$1"
  cp -r /opt/tools/node/. "$1"
}

# An executable file; its text comes on the standard input.
program() { # PATH
  mkdir -p "${1%/*}"
  cat >"$1"
  chmod 755 "$1"
}

# conda and micromamba come from channels of their own. A base with `conda-meta`, environments under `envs`, and a
# `conda run` that activates, keeps the output back until the program ends, and stays as its parent.
conda_layout() {
  python_in miniforge3
  python_in miniforge3/envs/work
  mkdir -p miniforge3/conda-meta miniforge3/envs/work/conda-meta
  touch miniforge3/conda-meta/history miniforge3/envs/work/conda-meta/history
  program miniforge3/bin/conda <<'END'
#!/home/ann/miniforge3/bin/python
import os, subprocess, sys
base = "/home/ann/miniforge3"
words = sys.argv[1:]
if words[:1] != ["run"]:
    sys.exit("conda: only run is here")
words, prefix, capture = words[1:], base, os.path.basename(sys.argv[0]) == "conda"
while words and words[0].startswith("-"):
    option = words.pop(0)
    if option in ("-n", "--name"):
        prefix = base + "/envs/" + words.pop(0)
    elif option in ("-p", "--prefix"):
        prefix = words.pop(0)
    elif option in ("--no-capture-output", "--live-stream"):
        capture = False
    else:
        sys.exit("conda run: what is " + option)
environment = dict(os.environ, CONDA_PREFIX=prefix, CONDA_DEFAULT_ENV=os.path.basename(prefix), CONDA_SHLVL="1")
environment["PATH"] = prefix + "/bin:" + base + "/condabin:" + environment["PATH"]
done = subprocess.run(words, env=environment, stdout=subprocess.PIPE if capture else None)
sys.stdout.buffer.write(done.stdout or b"")
sys.exit(done.returncode)
END
  mkdir -p miniforge3/condabin
  ln -s ../bin/conda miniforge3/condabin/conda
  ln -s conda miniforge3/bin/micromamba
}

# pyenv is had from its repository only. Shims are scripts with the absolute path of pyenv in them; the version is that of
# PYENV_VERSION, else of a .python-version here or above, else of ~/.pyenv/version.
pyenv_layout() { # VERSION…
  local version
  for version; do python_in ".pyenv/versions/$version"; done
  echo "$1" >.pyenv/version
  program .pyenv/libexec/pyenv <<'END'
#!/usr/bin/env bash
set -e
: "${PYENV_ROOT:=$HOME/.pyenv}"
selected() {
  local directory=$PWD
  [ -z "$PYENV_VERSION" ] || { echo "$PYENV_VERSION"; return; }
  while [ -n "$directory" ]; do
    [ ! -s "$directory/.python-version" ] || { cat "$directory/.python-version"; return; }
    directory=${directory%/*}
  done
  cat "$PYENV_ROOT/version"
}
version=$(selected)
prefix=$PYENV_ROOT/versions/$version
[ "$version" != system ] || prefix=/usr
[ -d "$prefix" ] || { echo "pyenv: version \`$version' is not installed" >&2; exit 1; }
case $1 in
  exec)
    export PYENV_VERSION=$version
    program=$2
    shift 2
    [ -x "$prefix/bin/$program" ] || exec "$program" "$@" # of the machine, and without the version's directory
    PATH="$prefix/bin:$PATH"
    exec "$prefix/bin/$program" "$@"
    ;;
  which) echo "$prefix/bin/$2" ;;
  prefix) echo "$prefix" ;;
  root) echo "$PYENV_ROOT" ;;
  version-name) echo "$version" ;;
  *) echo "pyenv: no such command \`$1'" >&2; exit 1 ;;
esac
END
  mkdir .pyenv/bin
  ln -s ../libexec/pyenv .pyenv/bin/pyenv
  for name in python python3; do
    program ".pyenv/shims/$name" <<'END'
#!/usr/bin/env bash
set -e
[ -n "$PYENV_DEBUG" ] && set -x

program="${0##*/}"

export PYENV_ROOT="/home/ann/.pyenv"
exec "/home/ann/.pyenv/libexec/pyenv" exec "$program" "$@"
END
  done
}

# asdf up to 0.15 is had from its repository only, later ones from its releases. Shims are scripts that expect asdf on PATH;
# the version is that of ASDF_NODEJS_VERSION, else of a .tool-versions here, above, or at home.
asdf_layout() { # VERSION OF NODE
  node_in ".asdf/installs/nodejs/$1"
  program .asdf/bin/asdf <<'END'
#!/usr/bin/env bash
data=${ASDF_DATA_DIR:-$HOME/.asdf}
selected() {
  local directory=$PWD
  [ -z "$ASDF_NODEJS_VERSION" ] || { echo "$ASDF_NODEJS_VERSION"; return; }
  while :; do
    version=$(sed -n 's/^nodejs //p' "$directory/.tool-versions" 2>/dev/null)
    [ -z "$version" ] || { echo "$version"; return; }
    [ -n "$directory" ] || break
    directory=${directory%/*}
  done
  sed -n 's/^nodejs //p' "$HOME/.tool-versions" 2>/dev/null
}
version=$(selected)
[ -n "$version" ] || { echo "No version is set for command ${2:-node}" >&2; exit 126; }
program=$data/installs/nodejs/$version/bin/$2
case $1 in
  exec) shift 2; export ASDF_INSTALL_TYPE=version ASDF_INSTALL_VERSION=$version PATH="${program%/*}:$PATH"; exec "$program" "$@" ;;
  which) echo "$program" ;;
  where) echo "$data/installs/nodejs/$version" ;;
  *) exit 1 ;;
esac
END
  program .asdf/shims/node <<END
#!/usr/bin/env bash
# asdf-plugin: nodejs $1
exec asdf exec "node" "\$@" # asdf_allow: ' asdf '
END
}

# volta is had from its releases only. Every shim is a link to one program that reads its own name, for the version of
# package.json, else of tools/user/platform.json under VOLTA_HOME.
volta_layout() { # DIRECTORY VERSION
  node_in "$1/tools/image/node/$2"
  mkdir -p "$1/tools/user"
  printf '{"node":{"runtime":"%s","npm":null},"pnpm":null,"yarn":null}\n' "$2" >"$1/tools/user/platform.json"
  program "$1/bin/volta-shim" <<'END'
#!/usr/bin/env bash
home=${VOLTA_HOME:-$HOME/.volta}
platform=$home/tools/user/platform.json
[ ! -f package.json ] || ! grep -q '"volta"' package.json || platform=package.json
version=$(grep -o '"\(runtime\|node\)": *"[^"]*"' "$platform" | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/')
[ -n "$version" ] || { echo "Volta error: Node is not available." >&2; exit 126; }
export PATH="$home/tools/image/node/$version/bin:$PATH"
case ${0##*/} in
  volta) [ "$1" = which ] && echo "$home/tools/image/node/$version/bin/$2" ;;
  *) exec "$home/tools/image/node/$version/bin/${0##*/}" "$@" ;;
esac
END
  ln -s volta-shim "$1/bin/node"
  ln -s volta-shim "$1/bin/volta"
}

# nvm is shell functions from its repository. All that it leaves in a shell is a directory on PATH and a few variables.
nvm_layout() { # VERSION
  node_in ".nvm/versions/node/v$1"
  mkdir -p .nvm/alias
  echo "v$1" >.nvm/alias/default
}

# fnm is had from its releases only (as sources it takes minutes to build). Each shell gets a link of its own in the
# session's runtime directory, and that link's bin on PATH.
fnm_layout() { # VERSION
  node_in ".local/share/fnm/node-versions/v$1/installation"
  mkdir -p .local/share/fnm/aliases
  ln -s "$HOME/.local/share/fnm/node-versions/v$1/installation" .local/share/fnm/aliases/default
}
fnm_env() { # what `eval "$(fnm env)"` does
  local runtime link
  runtime=/run/user/$(id -u ann)
  link=$runtime/fnm_multishells/$$_1700000000000
  mkdir -p "${link%/*}"
  ln -sfn /home/ann/.local/share/fnm/aliases/default "$link"
  export PATH="$link/bin:$PATH" FNM_MULTISHELL_PATH=$link FNM_DIR=/home/ann/.local/share/fnm
}

# sdkman is had from its own site only. Its versions lie beside a link `current`.
sdkman_layout() { # VERSION
  local java=.sdkman/candidates/java machines
  machines=$(dirname "$(dirname "$(readlink -f /usr/bin/java)")")
  mkdir -p "$java/$1/bin"
  cp "$machines/bin/java" "$java/$1/bin/"
  ln -s "$machines/lib" "$machines/conf" "$java/$1/"
  ln -s "$1" "$java/current"
}

# Rubies for the real rbenv: the machine's, told that it was built for another directory.
rbenv_versions() { # VERSION…
  local version directory
  for version; do
    directory=$HOME/.rbenv/versions/$version
    mkdir -p "$directory/lib"
    cat >"$directory/lib/built_for.rb" <<END
RbConfig::CONFIG.update("prefix" => "$directory", "bindir" => "$directory/bin", "ruby_install_name" => "ruby")
END
    program "$directory/bin/ruby" <<END
#!/bin/sh
exec /usr/bin/ruby -r"$directory/lib/built_for.rb" "\$@"
END
  done
  rbenv global "$1"
  rbenv rehash
}

# plenv is had from its repository only. It selects versions as rbenv does, by PLENV_VERSION, else .perl-version, else
# ~/.plenv/version, and `exec` replaces itself with the program after its directory has been added to PATH.
plenv_layout() { # VERSION…
  local version
  for version; do
    mkdir -p ".plenv/versions/$version/bin"
    cp /usr/bin/perl ".plenv/versions/$version/bin/"
  done
  echo "$1" >.plenv/version
  program .plenv/bin/plenv <<'END'
#!/usr/bin/env bash
set -e
: "${PLENV_ROOT:=$HOME/.plenv}"
selected() {
  local directory=$PWD
  [ -z "$PLENV_VERSION" ] || { echo "$PLENV_VERSION"; return; }
  while [ -n "$directory" ]; do
    [ ! -s "$directory/.perl-version" ] || { cat "$directory/.perl-version"; return; }
    directory=${directory%/*}
  done
  cat "$PLENV_ROOT/version"
}
version=$(selected)
program=$PLENV_ROOT/versions/$version/bin/$2
[ -x "$program" ] || { echo "plenv: $2: command not found" >&2; exit 127; }
case $1 in
  exec) export PLENV_VERSION=$version PATH="${program%/*}:$PATH"; shift 2; exec "$program" "$@" ;;
  which) echo "$program" ;;
  *) echo "plenv: no such command \`$1'" >&2; exit 1 ;;
esac
END
}
