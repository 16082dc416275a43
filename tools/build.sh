#!/bin/sh
# `npm run build`: the package as it is installed. dist/ has the folders of the sources, so that what a file finds beside
# itself (the node script, the schema) is where it was.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
node_modules/.bin/tsc -p tsconfig.build.json
cp -R node/*.sh node/survey dist/node/
cp cli/kube-pki dist/cli/
mkdir dist/man
node dist/cli/kube-pki man >dist/man/kube-pki.1
mkdir dist/stacks
cp stacks/kube-pki.schema.json stacks/Pulumi.example.yaml dist/stacks/
