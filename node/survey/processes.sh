#!/bin/sh
# What runs on the node: the part of the reader (agent.sh) that looks into /proc.

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

# ask_naming COUNT: processes with one of so many texts in their command line; of those
# with mounts of their own, what they mount of it, and where. Of all others the mounts are
# this shell's, and theirs are not read: on a node with many pods that took seconds.
ask_naming() {
  an_texts=$(asked_lines "$1")
  [ -n "$an_texts" ] || return 0
  # shellcheck disable=SC2046 # paths in /proc, a word each
  grep -lF -e "$an_texts" "$PROC"/[0-9]*/cmdline $(own_mounts) 2>/dev/null | while read -r an_path; do
    an_pid=${an_path#"$PROC/"}
    an_pid=${an_pid%%/*}
    read -r an_comm <"$PROC/$an_pid/comm" 2>/dev/null || continue
    case $an_path in
      */mountinfo) an_what=$(grep -F -e "$an_texts" "$an_path" | cut -d ' ' -f 4,5 | b64) ;;
      *) an_what=$(tr '\000' '\n' <"$an_path" | grep -oF -e "$an_texts" | sort -u | b64) ;;
    esac
    echo "${an_path##*/} $an_pid $(printf %s "$an_comm" | b64) $an_what"
  done
}

# own_mounts: "mountinfo" of each process in another mount namespace than this shell.
own_mounts() {
  # one program for all
  # shellcheck disable=SC2012 # the names are numbers
  ls -l "$PROC/self/ns/mnt" "$PROC"/[0-9]*/ns/mnt 2>/dev/null | awk '
    $(NF - 2) ~ /\/self\/ns\/mnt$/ { here = $NF; next }
    { of[$(NF - 2)] = $NF }
    END { for (path in of) if (of[path] != here) { sub(/ns\/mnt$/, "mountinfo", path); print path } }'
}

ask_process() {
  ap_proc=$PROC/$1
  [ -d "$ap_proc" ] || return 0
  content stat "$ap_proc/stat"
  echo "uid $(stat -c '%u %g' "$ap_proc" 2>/dev/null)"
  word command command_line "$ap_proc/cmdline"
  word environment environment_of "$ap_proc/environ"
  content cgroup "$ap_proc/cgroup"
  word sockets sockets_of "$ap_proc/fd"
}

command_line() { tr '\000' '\n' <"$1" | redacted; }
environment_of() { tr '\000' '\n' <"$1" | grep -E '^(ETCD|KUBE|KUBELET)_' | redacted; }
sockets_of() {
  # one program for all: an API server has hundreds open; the names are numbers
  # shellcheck disable=SC2012
  ls -l "$1" | sed -n 's/.* -> socket:\[\([0-9]*\)\]$/\1/p'
}

# 0A: a TCP socket that listens (proc_pid_net(5)).
ask_listeners() {
  for al_file in tcp tcp6; do
    # shellcheck disable=SC2016 # awk's own
    word "$al_file" awk '$4 == "0A" { print $2, $10 }' "$PROC/net/$al_file"
  done
}

ask_version() { word version limited 5 "$PROC/$1/exe" --version; }
