#!/bin/sh
# The package part of `npm run check`: what would be published, read as npm (publint) and TypeScript (attw) will read it.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" >/dev/null
for package in "$folder"/*.tgz; do
  node_modules/.bin/publint --strict "$package"
  node_modules/.bin/attw --no-color "$package"
done
