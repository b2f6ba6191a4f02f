#!/usr/bin/env bash
# Installs Digon beside the build, builds the examples against it by find_package(digon), and runs them; the man page
# and the completion are sound.
#   install_test.sh SOURCE BUILD CXX_FLAGS
set -euo pipefail
source=$1
build=$2
flags=$3
prefix=$build/installed
cmake --install "$build" --prefix "$prefix" >/dev/null
cmake -S "$source/examples" -B "$build/examples" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
cmake --build "$build/examples" >/dev/null

expect() { # PROGRAM TEXT
  output=$("$build/examples/$1")
  grep -qF "$2" <<<"$output" || { echo "$1 printed no '$2':" "$output" >&2; exit 1; }
}
expect pentagon "norm 1.170460, bias -0.282297, L_1 per feature 0.01582563"
expect packing "energy 49.165253"
expect packing "icosahedron"
expect train_and_compare "geometry: pentagon"

# Who links the libraries has the kernels of all paths, as the program has, and takes the same.
if DIGON_SIMD=none "$prefix/bin/digon" --version 2>&1 | grep -q ': sse2'; then
  for path in sse2 avx2 avx512; do
    symbols=$(nm "$build/examples/packing")
    grep -q "packing_energy.*_$path$" <<<"$symbols" || { echo "packing has no kernels for $path" >&2; exit 1; }
    DIGON_SIMD=$path expect packing "energy 49.165253"
  done
fi

"$prefix/bin/digon" --version >/dev/null
# The man page names every command and option of --help.
page=$prefix/share/man/man1/digon.1
for command in $("$prefix/bin/digon" --help | sed -n 's/^  \([a-z]\+\) .*/\1/p'); do
  grep -q "^\.SS digon $command" "$page" || { echo "the man page lacks $command" >&2; exit 1; }
  for option in $("$prefix/bin/digon" "$command" --help | grep -o -- '^ *--[a-z-]\+' | tr -d ' '); do
    grep -qF -- "${option//-/\\-}" "$page" || { echo "the man page lacks $command $option" >&2; exit 1; }
  done
done
if command -v groff >/dev/null; then
  complaints=$(groff -man -Tutf8 -Kutf8 -ww -z "$page" 2>&1)
  [ -z "$complaints" ] || { echo "$complaints" >&2; exit 1; }
fi

# The completion offers commands, options and experiments.
completed() { # WORDS…: the last is what was typed so far
  bash -c 'source "$0"; COMP_WORDS=(digon "$@"); COMP_CWORD=$#; _digon; echo "${COMPREPLY[@]}"' \
    "$prefix/share/bash-completion/completions/digon" "$@"
}
[ "$(completed rep)" = "report reproduce" ] || [ "$(completed rep)" = "reproduce report" ]
[ "$(completed train --import)" = "--importance" ]
[ "$(completed reproduce nonu)" = "nonuniform" ]
echo "installed, found, built, run"
