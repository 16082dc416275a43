#!/bin/sh
# The reader of a node: answers questions about it and changes nothing. It writes no
# file, takes no lock and leaves nothing behind; no secret is in any answer, whatever
# is asked. Each line of stdin is a question, "VERB [ARGUMENT]" (core/survey/questions.ts
# is the list); each answer is lines "WORD VALUE...", free text in base64, and a dot.
# What the answers mean is decided by the program that asks.
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

TEXT_LIMIT=1048576 # bytes of a file; what is larger is no configuration

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
# content NAME FILE: the file as free text. A program less than `word NAME cat FILE`:
# most of what a visit costs a node is the programs that it starts.
content() {
  printf '%s ' "$1"
  { b64 <"$2"; } 2>/dev/null
  echo
}
bounded() { limited 5 head -c "$TEXT_LIMIT" "$ROOT$1"; }

# ---- questions -------------------------------------------------------------------

ask_host() {
  echo "time $(date +%s)"
  word name uname -n
  word kernel uname -srm
  content os "$ROOT/etc/os-release"
  echo "user $(id -u)"
  content boot "$PROC/uptime"
  word addresses host_addresses
  word room df -Pk "$ROOT/" "$ROOT/etc" "$ROOT/var/lib"
  content mounts "$PROC/self/mountinfo"
  word selinux sh -c 'getenforce || cat /sys/fs/selinux/enforce'
  for ah_tool in systemctl crictl ctr kubectl kubeadm curl flock; do
    ! have "$ah_tool" || echo "tool $ah_tool -"
  done
  ! have openssl || word "tool openssl" openssl version
}

host_addresses() {
  if have ip; then ip -o addr show; else hostname -I; fi
}

ask_unit() {
  have systemctl || return 0
  word unit limited 5 systemctl show --no-pager -p Id,LoadState,FragmentPath,DropInPaths,EnvironmentFiles,User,Group,ActiveState,SubState,UnitFileState,NeedDaemonReload,MainPID -- "$1"
}

ask_units() {
  have systemctl || return 0
  word units limited 5 systemctl list-units --all --plain --no-legend --no-pager --type=service,timer
}

# ask_stats COUNT: of so many paths the things themselves, and where links lead.
STAT='%f %u %g %s %Y %d:%i %U %G %n'
ask_stats() {
  set -- "$(asked_lines "$1")"
  [ -n "$1" ] || return 0
  rooted "$1" xargs_lines stat -c "here $STAT" -- | unrooted
  rooted "$1" xargs_lines stat -L -c "there $STAT" -- | unrooted
  echo "$1" | while read -r as_path; do
    [ -h "$ROOT$as_path" ] || continue
    echo "path $as_path"
    word link readlink -- "$ROOT$as_path"
    word real real_path "$as_path"
  done
}

real_path() { readlink -f -- "$ROOT$1" | sed "s|^$ROOT||"; }

# asked_lines COUNT: the lines after the question.
asked_lines() {
  case $1 in '' | *[!0-9]*) return 0 ;; esac
  al_count=$1
  while [ "$al_count" -gt 0 ] && read -r al_line; do
    printf '%s\n' "$al_line"
    al_count=$((al_count - 1))
  done <&3
}

# rooted LINES COMMAND...: with the paths on its stdin.
rooted() {
  ro_lines=$1
  shift
  printf '%s\n' "$ro_lines" | sed "s|^|$ROOT|" | "$@" 2>/dev/null
}

# xargs_lines COMMAND...: with the lines of stdin as arguments, in one call.
xargs_lines() {
  while read -r xl_line; do set -- "$@" "$xl_line"; done
  "$@"
}

unrooted() { sed "s| $ROOT/| /|"; }

# ask_folder PATH LEVELS: what is no folder, down to so many levels.
ask_folder() { word names names_in "$1" "$2"; }
names_in() { find "$ROOT$1" -maxdepth "$2" -mindepth 1 ! -type d -print | sed "s|^$ROOT||"; }

# ask_certificates COUNT: certificates and public keys of so many files, and what else
# their blocks are called.
ask_certificates() {
  set -- "$(asked_lines "$1")"
  [ -z "$1" ] || rooted "$1" regular_files limited 20 awk -v limit="$TEXT_LIMIT" "$PUBLIC_BLOCKS" | unrooted
}

# regular_files COMMAND...: those of stdin's that can be read, as arguments: awk ends at
# one that cannot.
regular_files() {
  rf_any=
  while read -r rf_path; do
    [ ! -f "$rf_path" ] || [ ! -r "$rf_path" ] || {
      set -- "$@" "$rf_path"
      rf_any=yes
    }
  done
  [ -z "$rf_any" ] || "$@"
}

# shellcheck disable=SC2016 # awk's own
PUBLIC_BLOCKS='
  FNR == 1 { print "path " FILENAME; size = 0; shown = 0 }
  { size += length($0) + 1; sub(/\r$/, "") }
  size > limit { next }
  /^[ \t]*-----BEGIN / {
    label = $0; sub(/^[ \t]*-----BEGIN /, "", label); sub(/-----.*/, "", label)
    shown = label ~ /^(X509 |TRUSTED )?CERTIFICATE$|^(RSA )?PUBLIC KEY$/
    if (!shown) print "other " label
  }
  shown { print "pem " $0 }
  /^[ \t]*-----END / { shown = 0 }'

# ask_key PATH: the public half of the private key.
ask_key() {
  ! have openssl || word public public_half "$ROOT$1"
}

public_half() { sed -n '/-----BEGIN .*PRIVATE KEY-----/,/-----END/p' "$1" | limited 5 openssl pkey -passin pass: -pubout; }

ask_text() { word text text_of "$1"; }
text_of() { bounded "$1" | redacted; }

# ask_kubeconfig PATH: its text.
ask_kubeconfig() { word text kubeconfig_of "$1"; }

# ask_innerkeys PATH: the public half of each key in a kubeconfig, in order.
ask_innerkeys() {
  have openssl || return 0
  bounded "$1" | sed -n 's/.*client-key-data["'\'']*: *["'\'']*\([A-Za-z0-9+\/=]*\).*/\1/p' |
    while read -r ak_key; do
      word public inner_half "$ak_key"
    done
}

kubeconfig_of() { bounded "$1" | kubeconfig_text; }
inner_half() { printf %s "$1" | base64 -d | limited 5 openssl pkey -passin pass: -pubout; }

# ask_record: what kube-pki has noted here of its own work (docs/node-protocol.md); no
# text of a part is in it.
ask_record() {
  [ -d "$ROOT/var/lib/kube-pki" ] || return 0
  echo "record"
  content applied "$ROOT/var/lib/kube-pki/applied"
  content ours "$ROOT/var/lib/kube-pki/ours"
  word plan grep -E '^(file|link|served) ' "$ROOT/var/lib/kube-pki/plan"
  [ ! -f "$ROOT/var/lib/kube-pki/tx/journal" ] || echo "interrupted"
  [ ! -f "$ROOT/var/lib/kube-pki/noted" ] || tell_noted "$ROOT/var/lib/kube-pki/noted"
}

# ask_served HOST:PORT: the chain that is served there.
ask_served() {
  ! have openssl || word chain served_chain "$1"
}

served_chain() {
  limited 5 openssl s_client -connect "$1" -showcerts </dev/null 2>/dev/null |
    sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/p'
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
while read -r VERB ARGUMENT; do
  case $VERB in
    host | listeners | units | record) "ask_$VERB" ;;
    process | version)
      case $ARGUMENT in '' | *[!0-9]*) ;; *) "ask_$VERB" "$ARGUMENT" ;; esac
      ;;
    processes | naming | unit | stats | certificates | key | text | kubeconfig | innerkeys | served) "ask_$VERB" "$ARGUMENT" ;;
    folder | cluster) "ask_$VERB" "${ARGUMENT% *}" "${ARGUMENT##* }" ;;
    *) echo "unknown" ;;
  esac </dev/null
  echo .
done
