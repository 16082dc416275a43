#!/bin/sh
# Installs the npm packages of package-lock.json unless exactly they are there. Every npm script that needs them calls it
# first, so that one command is enough on a fresh clone.
set -eu
cd "$(dirname "$0")/.."
stamp=node_modules/.kube-pki-lock
if ! cmp -s package-lock.json "$stamp"; then
  echo "installing npm packages ..." >&2
  # ci empties the folder first, under the feet of whatever runs from it
  if [ -d node_modules ]; then verb=install; else verb=ci; fi
  npm "$verb" --no-fund --no-audit --loglevel=error >&2
  cp package-lock.json "$stamp"
fi
