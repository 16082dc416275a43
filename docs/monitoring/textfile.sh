#!/bin/sh
# Metrics of every stack of a Pulumi project for node_exporter's textfile collector:
#   textfile.sh /srv/clusters /var/lib/node_exporter/textfile [OPTION of kube-pki status...]
# Run it each hour, as who runs pulumi (docs/status.md).
set -eu
umask 022
project=$1
folder=$2
shift 2
target=$folder/kube-pki.prom
# beside the target, and not *.prom: the collector never reads half a file
new=$(mktemp "$folder/.kube-pki.XXXXXX")
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
code=0
kube-pki status --cwd "$project" --all --output prometheus "$@" >"$new" || code=$?
# 1: something needs attention, which the metrics say. Any other: a stack could not be read, and would look as if it had no
# certificates; the old file stays, and KubePkiStatusStale tells of it within a day
[ "$code" -le 1 ] || {
  echo "kube-pki status failed ($code); $target stays as it was" >&2
  exit 2
}
chmod 0644 "$new"
mv "$new" "$target"
