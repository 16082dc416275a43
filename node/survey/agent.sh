#!/bin/sh
# The reader of a node: answers questions about it and changes nothing. It writes no
# file, takes no lock and leaves nothing behind; no secret is in any answer, whatever
# is asked. Each line of stdin is a question, "VERB [ARGUMENT]" (core/survey/questions.ts
# is the list), or a question about so many lines that follow it, which its last word
# counts; each answer is lines "WORD VALUE...", free text in base64 or a line of it in
# each, and a dot. What the answers mean is decided by the program that asks.
set -u
export LC_ALL=C
unset CDPATH ENV IFS OPENSSL_CONF

ROOT=${KUBE_PKI_ROOT:-} # a scratch folder, for tests only
if [ -n "$ROOT" ]; then
  PATH=${KUBE_PKI_PATH:-$PATH}
  PROC=${KUBE_PKI_PROC:-/proc}
else
  PROC=/proc
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin:/snap/bin
  export PATH
fi

have() { command -v "$1" >/dev/null 2>&1; }
if base64 -w 0 </dev/null >/dev/null 2>&1; then
  b64() { base64 -w 0; }
else
  b64() { base64 | tr -d '\n'; }
fi
limited() { timeout -s KILL "$@"; }
# word NAME COMMAND...: what it prints, as free text.
word() {
  printf '%s ' "$1"
  shift
  "$@" 2>/dev/null | b64
  echo
}
# lines NAME FILE: each line of a small one, without any program.
lines() {
  [ -r "$2" ] || return 0
  while IFS= read -r li_line || [ -n "$li_line" ]; do printf '%s %s\n' "$1" "$li_line"; done <"$2"
}

# with KIND COUNT COMMAND...: with those of the COUNT lines after the question that are of
# this kind, as further arguments; not at all if there is none. KIND LINE sets ARGUMENT.
# One program for all of them is what keeps a visit from costing a node much.
with() {
  wi_kind=$1
  wi_count=$2
  wi_any=
  shift 2
  case $wi_count in '' | *[!0-9]*) return 0 ;; esac
  while [ "$wi_count" -gt 0 ] && IFS= read -r wi_line; do
    wi_count=$((wi_count - 1))
    "$wi_kind" "$wi_line" || continue
    set -- "$@" "$ARGUMENT"
    wi_any=yes
  done <&3
  [ -z "$wi_any" ] || "$@"
}
# kinds: no option of the command, whatever it is
path() { case $1 in /*) ARGUMENT=$ROOT$1 ;; *) return 1 ;; esac }
readable() { path "$1" && [ -f "$ARGUMENT" ] && [ -r "$ARGUMENT" ]; }
pid() { case $1 in '' | *[!0-9]*) return 1 ;; *) ARGUMENT=$1 && [ -d "$PROC/$1" ] ;; esac }
plain() { case $1 in '' | -*) return 1 ;; *) ARGUMENT=$1 ;; esac }

# marked TEXT: a line that is nobody else's.
marked() { printf '\001%s\n' "$1"; }

# ---- questions -------------------------------------------------------------------

ask_host() {
  echo "time $(date +%s)"
  echo "name $(uname -n)"
  echo "kernel $(uname -srm)"
  lines os "$ROOT/etc/os-release"
  echo "user $(id -u)"
  lines boot "$PROC/uptime"
  word addresses host_addresses
  # of those that are there
  word room df -Pk "$ROOT/" "$ROOT/etc" "$ROOT/etc/kubernetes" "$ROOT/etc/kubernetes/pki" "$ROOT/etc/etcd" \
    "$ROOT/var/lib" "$ROOT/var/lib/kubelet" "$ROOT/var/lib/kube-pki"
  sed 's/^/mounts /' "$PROC/self/mountinfo" 2>/dev/null
  if have getenforce; then echo "selinux $(getenforce)"; else lines selinux /sys/fs/selinux/enforce; fi
  for ah_tool in systemctl crictl ctr kubectl kubeadm curl flock; do
    ! have "$ah_tool" || echo "tool $ah_tool -"
  done
  ! have openssl || echo "openssl $(openssl version)"
}

host_addresses() {
  if have ip; then ip -o addr show; else hostname -I; fi
}

# ask_unit COUNT: of so many units, by name; an empty line between two.
ask_unit() {
  ! have systemctl || word unit with plain "$1" limited 5 systemctl show --no-pager -p Names,LoadState,FragmentPath,DropInPaths,EnvironmentFiles,User,Group,ActiveState,SubState,UnitFileState,NeedDaemonReload,MainPID --
}

ask_units() {
  have systemctl || return 0
  word units limited 5 systemctl list-units --all --plain --no-legend --no-pager --type=service,timer
}

# ask_record: what kube-pki has noted here of its own work (docs/node-protocol.md); no
# text of a part is in it.
ask_record() {
  ar_folder=$ROOT/var/lib/kube-pki
  [ -d "$ar_folder" ] || return 0
  echo "record"
  [ ! -f "$ar_folder/tx/journal" ] || echo "interrupted"
  set --
  for ar_name in applied ours plan noted; do
    [ ! -f "$ar_folder/$ar_name" ] || set -- "$@" "$ar_folder/$ar_name"
  done
  [ "$#" -eq 0 ] || awk "$RECORDED" "$@"
  [ ! -f "$ar_folder/noted" ] || tell_noted "$ar_folder/noted"
}
# shellcheck disable=SC2016 # awk's own
RECORDED='
  FNR == 1 { name = FILENAME; sub(/.*\//, "", name) }
  name == "plan" && !/^(file|link|served) / { next }
  name == "noted" && $1 == "file" { sub(/^file [^ ]+ [^ ]+ [^ ]+ [^ ]+/, "file " $2 " " $3 " " $4) }
  { print name " " $0 }'

# ask_served COUNT: the chains that are served at so many places, HOST:PORT.
ask_served() {
  # shellcheck disable=SC2016 # awk's own
  ! have openssl || with plain "$1" served_at 2>/dev/null | awk '
    substr($0, 1, 1) == "\001" { print "path " substr($0, 2) }
    /^-----BEGIN CERTIFICATE-----/ { inside = 1 }
    inside { print "pem " $0 }
    /^-----END CERTIFICATE-----/ { inside = 0 }'
}
served_at() {
  for sa_place; do
    marked "$sa_place"
    limited 5 openssl s_client -connect "$sa_place" -showcerts </dev/null
  done
}

# Of each node only what is read: the whole list of a large cluster is tens of megabytes.
# shellcheck disable=SC2016 # a Go template
NODE_FIELDS='{{range .items}}node {{.metadata.name}} {{.status.nodeInfo.kubeletVersion}}
{{range $key, $_ := .metadata.labels}}{{if eq $key "node-role.kubernetes.io/control-plane"}}control-plane
{{end}}{{end}}{{range .status.addresses}}{{.type}} {{.address}}
{{end}}{{range .status.conditions}}{{if eq .type "Ready"}}ready {{.status}}
{{end}}{{end}}{{end}}'

# ask_cluster KUBECONFIG QUERY: by kubectl of this node, from a closed list.
ask_cluster() {
  have kubectl || return 0
  case $2 in
    nodes) word objects cluster_objects "$1" get nodes -o "go-template=$NODE_FIELDS" ;;
    kubeadm) word objects cluster_objects "$1" -n kube-system get configmap kubeadm-config -o json ;;
    clusterinfo) word objects cluster_objects "$1" -n kube-public get configmap cluster-info -o json ;;
  esac
}

cluster_objects() {
  co_config=$ROOT$1
  shift
  limited 15 kubectl --kubeconfig "$co_config" --request-timeout=10s "$@"
}

echo "survey 1"
exec 3<&0 # questions, also where a question has several lines
while read -r VERB WORDS; do
  case $VERB in
    host | listeners | units | record) "ask_$VERB" ;;
    processes | naming | process | version | unit | stats | certificates | keys | texts | kubeconfigs | innerkeys | served)
      "ask_$VERB" "$WORDS"
      ;;
    folders | cluster) "ask_$VERB" "${WORDS% *}" "${WORDS##* }" ;;
    *) echo "unknown" ;;
  esac </dev/null
  echo .
done
