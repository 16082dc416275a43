# ---- a static pod: its container is stopped, or its manifest changed ---------

# A container stopped through the runtime is back in seconds, a changed
# manifest takes 45. The manifest is the way where nothing runs (it also ends
# the kubelet's back-off) and where no client of the runtime is there. Where
# this run changed it for a flag, the kubelet is at work already: it gives a pod
# 30 s to end, so only who gets less from us is stopped by us.
restart_pod() {
  if flags_changed "$rs_name"; then
    rs_limit=$LIMIT_MANIFEST
    rs_from=$SWAPPED
    # in an undo, one of our own restarts may be no older than the clock can tell
    if is_new none "$rs_from" && runs_its_flags "$rs_name" && ! grep -qsx "$rs_name $rs_old" "$TX/began"; then
      rs_old=none
    elif [ -n "$rs_old" ] && [ "$(grace)" -lt 30 ]; then
      stop_pod "$rs_old" || :
    fi
    return 0
  fi
  if [ -n "$rs_old" ] && stop_pod "$rs_old"; then return 0; fi
  if [ -z "$rs_old" ] && comes_by_itself; then return 0; fi
  rs_limit=$LIMIT_MANIFEST
  touch_manifest
}

# comes_by_itself: what crashed while the API server was away, or died with its cluster,
# a kubelet that has just started starts again, with the files as they are now: one that
# this run has restarted, or that could not start before them. A changed manifest would
# cost it up to two minutes then, or end the pod that is just coming. One counts that
# begins with the files, be it before it was looked for: a process is its pod's only once
# the runtime has made it so.
comes_by_itself() {
  was_restarted kubelet || has_fresh_kubelet || return 1
  ci_from=${SWAPPED:-$rs_from}
  await "$LIMIT_OWN" is_new none "$ci_from" && rs_from=$ci_from
}

# has_fresh_kubelet: it began so lately that pods of its own are still to come.
has_fresh_kubelet() {
  ID=
  ! find_consumer kubelet || identity
  find_consumer "$rs_name"
  [ -n "$ID" ] && [ "$(seconds_since "${ID#* }")" -lt "$LIMIT_OWN" ]
}

# stop_pod IDENTITY: its container ends; 1 where no client of the runtime helps.
stop_pod() {
  find_container "${1% *}"
  if [ -z "$CONTAINER" ] || ! stop_and_remove; then
    if end_at_once "$1"; then return 0; fi
    stop_task "${1% *}" || return 1
  fi
  end_process "$1" || :
}

# find_container PID: CONTAINER is that of this very process, where crictl is there, and LOG its log.
find_container() {
  CONTAINER=
  have crictl || return 0
  for fc_id in $(limited "$LIMIT_ASKED" crictl ps -q --state Running --name "^$UNIT\$" 2>/dev/null); do
    fc_facts=$(limited "$LIMIT_ASKED" crictl inspect -o go-template --template '{{.info.pid}} {{.status.logPath}}' "$fc_id" 2>/dev/null) || continue
    [ "${fc_facts%% *}" = "$1" ] || continue
    CONTAINER=$fc_id
    LOG=$ROOT${fc_facts#* }
  done
}

# stop_and_remove: before the kubelet looks, once a second. One that it finds exited it starts
# with a back-off: 10 s at the second restart within ten minutes, 20 s at the third. Where it
# finds none it starts one at once (kuberuntime, doBackOff).
stop_and_remove() {
  keep_log
  sr_grace=$(grace)
  if [ "$sr_grace" = 0 ]; then
    limited "$LIMIT_KILL" crictl rm --force "$CONTAINER" >/dev/null 2>&1
    return
  fi
  limited "$((sr_grace + 10))" crictl stop --timeout "$sr_grace" "$CONTAINER" >/dev/null 2>&1 || return 1
  limited "$LIMIT_KILL" crictl rm "$CONTAINER" >/dev/null 2>&1 || :
}

# keep_log: it goes with its container; a second name keeps the last one, and has the kubelet
# go on counting the restarts (kuberuntime, calcRestartCountByLogDir).
keep_log() {
  [ -f "$LOG" ] || return 0
  rm -f "${LOG%/*}"/*.log.kube-pki || :
  ln "$LOG" "$LOG.kube-pki" || :
}

# stop_task PID: by containerd's own client, which cannot remove what the kubelet made.
stop_task() {
  have ctr || return 1
  st_task=$(limited "$LIMIT_ASKED" ctr -n k8s.io tasks list 2>/dev/null | awk -v p="$1" '$2 == p { print $1 }')
  [ -n "$st_task" ] && limited "$LIMIT_ASKED" ctr -n k8s.io tasks kill -s SIGTERM "$st_task" >/dev/null 2>&1
}
