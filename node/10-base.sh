#!/bin/sh
# kube-pki node script: makes keys, applies one bundle of certificates as a
# transaction, tells what the node really serves. docs/node-protocol.md is its
# contract. It is the numbered parts of node/ in order of name, joined to one
# text and put at /var/lib/kube-pki/node.sh by install.sh.
#
# Reading order: 90-main.sh (dispatch), 70-apply.sh (the recipe), 72-settle.sh, 74-commit.sh, then the rest.

# shellcheck disable=SC2153 # LIMIT_*: by limit
set -eu
umask 077
export LC_ALL=C
unset CDPATH ENV IFS OPENSSL_CONF http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
# Whom this machine trusts has no say in who signed a leaf: openssl adds its
# default folder to any -CAfile.
export SSL_CERT_FILE=/dev/null/none SSL_CERT_DIR=/dev/null/none

# KUBE_PKI_ROOT puts every path under a scratch folder, for tests. Only with it
# do the other KUBE_PKI_ variables count: on a real node nothing from the
# environment changes what this script does.
ROOT=${KUBE_PKI_ROOT:-}
if [ -n "$ROOT" ]; then
  PATH=${KUBE_PKI_PATH:-$PATH}
  PROC=${KUBE_PKI_PROC:-/proc}
  SHELL_COMMAND=${KUBE_PKI_SH:-sh}
  KILL_AT=${KUBE_PKI_KILL_AT:-}
  LIMIT=${KUBE_PKI_LIMIT:-}
  LIMITS=${KUBE_PKI_LIMITS:-}
else
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin:/snap/bin
  PROC=/proc
  SHELL_COMMAND="sh"
  KILL_AT=
  LIMIT=
  LIMITS=
fi
export PATH

STATE=$ROOT/var/lib/kube-pki
TX=$STATE/tx
MANIFESTS=$ROOT/etc/kubernetes/manifests
NODE=node # until the payload names it

# limit NAME SECONDS: LIMIT_NAME; a test has one for all waits, and some of their own
# ("NAME=1 OTHER=2"): short where the end of the time is what it is about.
limit() {
  li_seconds=${LIMIT:-$2}
  case " $LIMITS" in
    *" $1="*)
      li_seconds=${LIMITS#*"$1="}
      li_seconds=${li_seconds%% *}
      ;;
  esac
  eval "LIMIT_$1=\$li_seconds"
}

# Seconds. An API server with open watches uses up 60 s of grace before it is
# gone, a kubelet may wait 20 s before it looks, etcd 40 s before it is healthy.
limit LOCK 900
limit RELOAD 90
limit GONE 130
limit API_GRACE 10
limit KILL 30
limit BACK 180
limit OWN 30       # a fresh kubelet waits 10 s at most before it starts a pod again
limit MANIFEST 300 # a kubelet just restarted took 132 s to act on one
limit HEALTH 180
limit MEMBER 60 # the member restarted before may still be coming
limit LEADER 10
limit LEASE 15 # nobody's any more so long after its last renewal
limit PROJECT 60
LIMIT_CLOCK=120
limit FLUSH 120 # a slow disk under a busy etcd; what hangs longer is not there any more
limit ASKED 10  # systemd, a container runtime: they answer at once, or hang
DATED_BACK=60   # the moment of issue is dated back by some authorities: Vault and OpenBao by 30 s
LIMIT_STAYS=${LIMIT:+1}
LIMIT_STAYS=${LIMIT_STAYS:-3}

# say: progress for people; where the log takes no more, the work goes on. die: one
# sentence, the last line on stderr.
say() { echo "$NODE: $*" >&2 || :; }

die() {
  WHY=$*
  exit 1
}

WHY=
# finish [PATH...]: the way out of a verb; removes what it worked in.
finish() {
  fi_code=$?
  trap - EXIT
  if [ "$fi_code" -ne 0 ] && [ -z "$WHY$TOLD" ]; then
    unexpected "$fi_code"
    [ "$FOUND" != committed ] || WHY="the new set is in place and proven, but $WHY; run again"
  fi
  tell_why
  rm -rf "$@" || :
  free_lock
  exit "$fi_code"
}

TOLD= # yes where the last sentence of a failure stands on stderr already

# unexpected CODE: nothing ends without a sentence, whatever tool has failed.
unexpected() { WHY="the script failed where it did not expect to (exit $1): see the lines above"; }

# tell_why: the last sentence, with what really happened in place of what was
# foreseen where it was written; 74-commit.sh does the same to what it undoes. A full
# disk makes tools fail in any way: while what was worked in is there, it is seen.
tell_why() {
  [ -n "$WHY" ] || return 0
  [ -z "$RECOVERED" ] || {
    reword "nothing was touched" "nothing else was touched"
    WHY="$WHY; first $RECOVERED"
  }
  tw_full=$(take_room "$STATE/ending.new") || case $tw_full$WHY in
    *"make room"*"make room"*) ;;
    *"make room"*) WHY="$tw_full; $WHY" ;;
  esac
  say "$WHY"
}

# reword THIS THAT: in WHY.
reword() {
  case $WHY in *"$1"*) WHY=${WHY%%"$1"*}$2${WHY#*"$1"} ;; esac
}

RECOVERED= # what an earlier run that was cut left, and what became of it

have() { command -v "$1" >/dev/null 2>&1; }

# now: the time of certificates. tick: TICK is the seconds since boot, for limits:
# no step of the clock moves it.
now() { date +%s; }

tick() {
  read -r TICK _ </proc/uptime
  TICK=${TICK%.*}
}

# A busybox without fractional sleep waits whole seconds.
nap() { sleep 0.3 2>/dev/null || sleep 1; }

# await SECONDS COMMAND...: until it succeeds; fails when the time is up. What
# ends meanwhile gives its lease back.
await() {
  tick
  aw_end=$((TICK + $1))
  shift
  until
    has_room || free_room
    hand_over
    "$@"
  do
    tick
    [ "$TICK" -lt "$aw_end" ] || return 1
    nap
  done
}

# limited SECONDS COMMAND...: nobody else's program holds this script up. By KILL:
# what hangs on a dead disk or server heeds nothing less. The lock's descriptor is
# not for children, which may outlive us.
limited() {
  lm_seconds=$1
  shift
  timeout -s KILL "$lm_seconds" "$@" 9>&-
}

# point NAME: where a test may kill us as a power cut would, both halves of a
# transaction, or as the kernel does for want of memory ("worker:NAME").
point() {
  case $KILL_AT in
    "$1")
      po_relay=${RUN:-$$.$$}
      po_relay=${po_relay#"$STATE"/run.}
      kill -9 "${po_relay%.*}" $$
      ;;
    "worker:$1") kill -9 $$ ;;
  esac
}

# flush PATH...: on disk for good, files and folders; all of it where this node's
# sync knows no arguments. Nothing goes on over a disk that does not take it, but
# the end of a run.
flush() {
  limited "$LIMIT_FLUSH" sync "$@" 2>/dev/null || limited "$LIMIT_FLUSH" sync 2>/dev/null || {
    fl_why="the disk of this node did not finish a write (sync) within $LIMIT_FLUSH s (see 'dmesg')"
    [ -n "$ENDING" ] || die "$fl_why: repair it, then run again"
    say "$fl_why"
  }
}

ENDING= # yes once nothing that fails may change how the run ends

sha256() {
  sh_line=$(sha256sum "$1")
  echo "${sh_line%% *}"
}

# Whoever runs this, as the kernel knows it.
while read -r uo_word _ UID_OURS _; do [ "$uo_word" != Uid: ] || break; done </proc/$$/status

need_tools() {
  for nt_tool in awk base64 cmp cp cut date dd grep id ln mv readlink sed sha256sum sort stat sync timeout tr uname wc; do
    have "$nt_tool" || die "this node has no '$nt_tool', which the node script needs: install coreutils or busybox"
  done
}

# The state folder is ours alone; made here when install was not run by us.
open_state() {
  [ ! -L "$STATE" ] || die "$STATE is a symbolic link: remove it, the folder must be our own"
  mkdir -p "$STATE" || die "$STATE cannot be created: run as root"
  os_is=$(stat -c '%u %a' "$STATE")
  [ "${os_is% *}" = "$UID_OURS" ] || die "$STATE belongs to another user: run as root"
  [ "${os_is#* }" = 700 ] || chmod 0700 "$STATE"
}
