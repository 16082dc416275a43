#!/bin/sh
# The peer that is a loop over ssh: loop.sh renew|preview|rotate. From the environment
# what controller.sh takes, and SSH, the ssh command.
set -eu
here=$(dirname "$0")
controller=$here/controller.sh
export controller

# on NODE ADDRESS, the script on stdin.
# shellcheck disable=SC2016 # of the shells that xargs starts
request='set -eu; sh "$controller" request "$0" | $SSH "$1" sh -s >"$WORK/$0.requests"
  if [ ! -s "$WORK/$0.requests" ] || [ "$DRY" = yes ]; then exit 0; fi
  sh "$controller" sign "$0" <"$WORK/$0.requests"'
# shellcheck disable=SC2016
apply='if [ -f "$WORK/$0.sh" ]; then $SSH "$1" sh -s <"$WORK/$0.sh"; fi'

# wave COUNT SCRIPT, nodes on stdin: all of them, so many at once.
wave() { xargs -r -L 1 -P "$1" sh -c "$2"; }

nodes() { sh "$controller" nodes | awk -v role="$1" '$3 == role || role == "all" { print $1, $2 }'; }

rollout() {
  nodes control-plane | wave 1 "$apply"
  nodes worker | head -n 1 | wave 1 "$apply"
  quarter=$(($(nodes worker | wc -l) / 4))
  [ "$quarter" -gt 0 ] || quarter=1
  nodes worker | tail -n +2 | wave "$quarter" "$apply"
}

renew() {
  nodes all | wave 50 "$request"
  rollout
}

case $1 in
  preview)
    nodes all | wave 50 "$request"
    cat "$WORK"/*.requests
    ;;
  renew) renew ;;
  rotate)
    sh "$controller" phase trust
    rollout
    sh "$controller" phase issue
    renew
    sh "$controller" phase "done"
    rollout
    ;;
esac
