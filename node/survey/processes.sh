#!/bin/sh
# What runs on the node: the part of the reader (agent.sh) that looks into /proc.

# ask_processes NAME...: those that are called so; names as the kernel has them, of
# at most 15 letters.
ask_processes() {
  for ap_proc in "$PROC"/[0-9]*; do
    read -r ap_comm <"$ap_proc/comm" || continue
    case " $1 " in
      *" $ap_comm "*) echo "process ${ap_proc##*/}" ;;
    esac
  done 2>/dev/null
}

# ask_naming COUNT: processes with one of so many texts in their command line; of those
# with mounts of their own, what they mount of it, and where. Of all others the mounts are
# this shell's, and theirs are not read: on a node with many pods that took seconds.
ask_naming() {
  an_texts=$(with plain "$1" printf '%s\n')
  [ -n "$an_texts" ] || return 0
  # shellcheck disable=SC2046 # paths in /proc, a word each
  set -- $(own_mounts)
  grep -lF -e "$an_texts" "$PROC"/[0-9]*/cmdline "$@" 2>/dev/null | while read -r an_path; do
    an_pid=${an_path#"$PROC/"}
    an_pid=${an_pid%%/*}
    read -r an_comm <"$PROC/$an_pid/comm" 2>/dev/null || continue
    printf 'comm %s %s\n' "$an_pid" "$an_comm"
    [ "${an_path##*/}" = cmdline ] || continue
    arguments "$an_path" | grep -oF -e "$an_texts" | sort -u | while IFS= read -r an_what; do
      printf 'cmdline %s %s\n' "$an_pid" "$an_what"
    done
  done
  grep -F -e "$an_texts" /dev/null "$@" 2>/dev/null | sed -n "s|^$PROC/\([0-9]*\)/mountinfo:|mountinfo \1 |p" | cut -d ' ' -f 1,2,6,7
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

# ask_process COUNT: of so many processes what the kernel tells.
ask_process() { with pid "$1" processes_of 2>/dev/null; }
processes_of() {
  for po_pid; do
    po_proc=$PROC/$po_pid
    marked "path $po_pid"
    while IFS= read -r po_line; do marked "stat $po_line"; done <"$po_proc/stat"
    while IFS= read -r po_line; do marked "cgroup $po_line"; done <"$po_proc/cgroup"
    marked ":command"
    arguments "$po_proc/cmdline"
    marked ":environment"
    arguments "$po_proc/environ"
  done | awk "$PROCESS_TEXTS"
  for po_pid; do
    shift
    set -- "$@" "$PROC/$po_pid"
  done
  stat -c 'owner %u %g %n' "$@"
  for po_proc; do
    shift
    set -- "$@" "$po_proc/fd"
  done
  # one program for all: an API server has hundreds open; the names are numbers
  # shellcheck disable=SC2012
  ls -lR "$@" | sed -n -e 's|^/.*/\([0-9]*\)/fd:$|sockets \1|p' -e 's/.* -> socket:\[\([0-9]*\)\]$/socket \1/p'
}

# arguments FILE: each on a line of its own.
arguments() { tr '\000\001\n' '\n  ' <"$1"; }

# shellcheck disable=SC2016 # awk's own
PROCESS_TEXTS="$REDACT"'
  substr($0, 1, 1) == "\001" {
    fresh()
    if (/^\001:/) said = substr($0, 3)
    else print substr($0, 2)
    next
  }
  said == "environment" && !/^(ETCD|KUBE|KUBELET)_/ { next }
  { redact($0) }'

# 0A: a TCP socket that listens (proc_pid_net(5)).
ask_listeners() {
  set --
  for al_file in "$PROC/net/tcp" "$PROC/net/tcp6"; do
    [ ! -r "$al_file" ] || set -- "$@" "$al_file"
  done
  # shellcheck disable=SC2016 # awk's own
  [ "$#" -eq 0 ] || awk '$4 == "0A" { print (FILENAME ~ /6$/ ? "tcp6" : "tcp"), $2, $10 }' "$@"
}

# ask_version COUNT: of those of so many processes that are the machine's own.
ask_version() {
  with pid "$1" versions_of 2>/dev/null | awk '
    /^\001[0-9]+$/ { print "path " substr($0, 2); next }
    { print "version " $0 }'
}
versions_of() {
  vo_apart=$(own_mounts)
  for vo_pid; do
    shift
    set -- "$@" "$PROC/$vo_pid/exe"
  done
  stat -L -c '%u %A %n' "$@" | while read -r vo_uid vo_mode vo_program; do
    # its program is root's alone
    case "$vo_uid $vo_mode" in '0 '?????-??-?) ;; *) continue ;; esac
    vo_process=${vo_program%/exe}
    case $vo_apart in *"$vo_process/mountinfo"*) in_static_pod "$vo_process" || continue ;; esac
    marked "${vo_process##*/}"
    limited 5 "$vo_program" --version </dev/null
  done
}

# in_static_pod PROCESS: the UID of its pod is a digest. What a user or a tenant of the
# cluster calls "etcd" is not run by root.
in_static_pod() {
  while read -r is_line; do
    case $is_line in *kubepods*pod*) ;; *) continue ;; esac
    is_rest=${is_line##*pod}
    is_uid=${is_rest%%[!0-9a-f]*}
    case ${is_rest#"$is_uid"} in [_-]*) continue ;; esac
    [ "${#is_uid}" -ne 32 ] || return 0
  done <"$1/cgroup"
  return 1
}
