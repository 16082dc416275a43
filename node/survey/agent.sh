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
b64() { base64 | tr -d '\n'; }
limited() { timeout -s KILL "$@"; }
# word NAME COMMAND...: what it prints, as free text; "-" for nothing.
word() {
  wo_name=$1
  shift
  wo_text=$("$@" 2>/dev/null | b64)
  echo "$wo_name ${wo_text:--}"
}
bounded() { limited 5 head -c "$TEXT_LIMIT" "$ROOT$1"; }

# ---- questions -------------------------------------------------------------------

ask_host() {
  echo "time $(date +%s)"
  word name uname -n
  word kernel uname -srm
  word os cat "$ROOT/etc/os-release"
  echo "user $(id -u)"
  word boot cat "$PROC/uptime"
  word addresses host_addresses
  word room df -Pk "$ROOT/" "$ROOT/etc" "$ROOT/var/lib"
  word mounts cat "$PROC/self/mountinfo"
  word selinux sh -c 'getenforce || cat /sys/fs/selinux/enforce'
  for ah_tool in systemctl crictl ctr kubectl kubeadm curl flock; do
    ! have "$ah_tool" || echo "tool $ah_tool -"
  done
  ! have openssl || word "tool openssl" openssl version
}

host_addresses() {
  if have ip; then ip -o addr show; else hostname -I; fi
}

# ask_processes NAME...: those that are called so; names as the kernel has them, of
# at most 15 letters.
ask_processes() {
  for ap_proc in "$PROC"/[0-9]*; do
    read -r ap_comm <"$ap_proc/comm" || continue
    case " $1 " in
      *" $ap_comm "*) echo "process ${ap_proc##*/} $(printf %s "$ap_comm" | b64)" ;;
    esac
  done 2>/dev/null
}

# ask_naming TEXT: processes with it in their command line; of those with mounts of
# their own, what they mount of it, and where.
ask_naming() {
  an_own=$(readlink "$PROC/self/ns/mnt")
  grep -lF -e "$1" "$PROC"/[0-9]*/cmdline "$PROC"/[0-9]*/mountinfo 2>/dev/null | while read -r an_path; do
    an_pid=${an_path#"$PROC/"}
    an_pid=${an_pid%%/*}
    read -r an_comm <"$PROC/$an_pid/comm" 2>/dev/null || continue
    an_what=-
    case $an_path in
      */mountinfo)
        [ "$(readlink "$PROC/$an_pid/ns/mnt")" != "$an_own" ] || continue
        an_what=$(grep -F -e "$1" "$an_path" | cut -d ' ' -f 4,5 | b64)
        ;;
    esac
    echo "${an_path##*/} $an_pid $(printf %s "$an_comm" | b64) $an_what"
  done
}

ask_process() {
  ap_proc=$PROC/$1
  [ -d "$ap_proc" ] || return 0
  word stat cat "$ap_proc/stat"
  echo "uid $(stat -c '%u %g' "$ap_proc" 2>/dev/null)"
  word command command_line "$ap_proc/cmdline"
  word environment environment_of "$ap_proc/environ"
  word cgroup cat "$ap_proc/cgroup"
  word exe readlink "$ap_proc/exe"
  word sockets sockets_of "$ap_proc/fd"
}

command_line() { tr '\000' '\n' <"$1" | redacted; }
environment_of() { tr '\000' '\n' <"$1" | grep -E '^(ETCD|KUBE|KUBELET)_' | redacted; }
sockets_of() {
  for so_fd in "$1"/*; do readlink "$so_fd"; done | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p'
}

# 0A: a TCP socket that listens (proc_pid_net(5)).
ask_listeners() {
  for al_file in tcp tcp6; do
    # shellcheck disable=SC2016 # awk's own
    word "$al_file" awk '$4 == "0A" { print $2, $10 }' "$PROC/net/$al_file"
  done
}

ask_version() { word version limited 5 "$PROC/$1/exe" --version; }

ask_unit() {
  have systemctl || return 0
  word unit limited 5 systemctl show --no-pager -p Id,LoadState,FragmentPath,DropInPaths,EnvironmentFiles,User,Group,ActiveState,SubState,UnitFileState,NeedDaemonReload,MainPID -- "$1"
}

ask_units() {
  have systemctl || return 0
  word units limited 5 systemctl list-units --all --plain --no-legend --no-pager --type=service,timer
}

# ask_stat PATH: the thing itself, and where a link leads.
ask_stat() {
  as_here=$(stat -c '%f %u %g %s %Y %d:%i %U %G' -- "$ROOT$1" 2>/dev/null) || {
    echo "none"
    return 0
  }
  echo "stat $as_here"
  [ ! -h "$ROOT$1" ] || {
    word link readlink -- "$ROOT$1"
    word real real_path "$1"
    as_there=$(stat -L -c '%f %u %g %s %Y %d:%i %U %G' -- "$ROOT$1" 2>/dev/null) || as_there=-
    echo "target $as_there"
  }
}

real_path() { readlink -f -- "$ROOT$1" | sed "s|^$ROOT||"; }

# ask_folder PATH LEVELS: what is no folder, down to so many levels.
ask_folder() { word names names_in "$1" "$2"; }
names_in() { find "$ROOT$1" -maxdepth "$2" -mindepth 1 ! -type d -print | sed "s|^$ROOT||"; }

# ask_certificates PATH: certificates and public keys of a file, and what else its
# blocks are called.
ask_certificates() {
  word blocks public_blocks "$1"
}

public_blocks() {
  bounded "$1" | tr -d '\r' | awk '
    /^[ \t]*-----BEGIN / {
      label = $0; sub(/^[ \t]*-----BEGIN /, "", label); sub(/-----.*/, "", label)
      shown = label ~ /^(X509 |TRUSTED )?CERTIFICATE$|^(RSA )?PUBLIC KEY$/
      if (!shown) print "other " label
    }
    shown { print }
    /^[ \t]*-----END / { shown = 0 }'
}

# ask_key PATH: the public half of the private key.
ask_key() {
  ! have openssl || word public public_half "$ROOT$1"
}

public_half() { sed -n '/-----BEGIN .*PRIVATE KEY-----/,/-----END/p' "$1" | limited 5 openssl pkey -passin pass: -pubout; }

ask_text() { word text text_of "$1"; }
text_of() { bounded "$1" | redacted; }

# ask_kubeconfig PATH: its text, and the public half of each key in it, in order.
ask_kubeconfig() {
  word text kubeconfig_of "$1"
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
  word applied cat "$ROOT/var/lib/kube-pki/applied"
  word ours cat "$ROOT/var/lib/kube-pki/ours"
  word plan grep -E '^(file|link|served) ' "$ROOT/var/lib/kube-pki/plan"
  [ ! -f "$ROOT/var/lib/kube-pki/tx/journal" ] || echo "interrupted"
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
while read -r VERB ARGUMENT; do
  case $VERB in
    host | listeners | units | record) "ask_$VERB" ;;
    process | version)
      case $ARGUMENT in '' | *[!0-9]*) ;; *) "ask_$VERB" "$ARGUMENT" ;; esac
      ;;
    processes | naming | unit | stat | certificates | key | text | kubeconfig | served) "ask_$VERB" "$ARGUMENT" ;;
    folder | cluster) "ask_$VERB" "${ARGUMENT% *}" "${ARGUMENT##* }" ;;
    *) echo "unknown" ;;
  esac </dev/null
  echo .
done
