# ---- services: who runs, stop, start --------------------------------------

# find_consumer NAME: sets KIND and UNIT from the plan.
find_consumer() {
  while read -r fc_word fc_name KIND UNIT; do
    [ "$fc_word $fc_name" = "consumer $1" ] && return 0
  done <"$TX/plan"
  return 1
}

# start_ticks PID: when the process began, in clock ticks since boot. The name
# in front may hold blanks and brackets.
start_ticks() {
  { read -r st_line <"$PROC/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # fields wanted
  set -- ${st_line##*) }
  echo "${20}"
}

# start_time TICKS: in unix seconds, rounded down.
start_time() {
  bt_boot=$(awk '$1 == "btime" { print $2 }' "$PROC/stat")
  bt_hz=$(getconf CLK_TCK 2>/dev/null) || bt_hz=100
  echo $((bt_boot + $1 / bt_hz))
}

# unit_fact NAME: one property; without --value, which old systemds lack.
unit_fact() { systemctl show -p "$1" "$UNIT" 2>/dev/null | sed 's/^[A-Za-z]*=//'; }

# identity: "PID TICKS" of the consumer's process, nothing if it does not run.
identity() {
  case $KIND in
    systemd) id_pid=$(unit_fact MainPID) ;;
    static-pod) id_pid=$(static_pid) ;;
  esac
  [ "${id_pid:-0}" != 0 ] || return 0
  id_ticks=$(start_ticks "$id_pid") || return 0
  echo "$id_pid $id_ticks"
}

# static_pid: the process of static pod UNIT. The kubelet gives static pods a
# uid of 32 hex digits without dashes, so a workload that also runs an "etcd"
# is never taken for it. Read from /proc: it works while the runtime hangs.
static_pid() {
  sp_comm=$(echo "$UNIT" | cut -c 1-15)
  for sp_proc in "$PROC"/[0-9]*; do
    { read -r sp_name <"$sp_proc/comm"; } 2>/dev/null || continue
    [ "$sp_name" = "$sp_comm" ] || continue
    grep -Eqs 'kubepods.*pod[0-9a-f]{32}([^0-9a-f_-]|$)' "$sp_proc/cgroup" || continue
    sp_arg=$(tr '\000' '\n' <"$sp_proc/cmdline" 2>/dev/null | sed -n 1p) || continue
    [ "${sp_arg##*/}" = "$UNIT" ] || continue
    echo "${sp_proc##*/}"
    return 0
  done
}

# absent: prints why the consumer cannot be handled at all, nothing if it can.
absent() {
  case $KIND in
    systemd)
      have systemctl || {
        echo "this node has no systemd"
        return 0
      }
      case $(unit_fact LoadState) in
        not-found) echo "unit $UNIT does not exist" ;;
        masked) echo "unit $UNIT is masked (systemctl unmask $UNIT)" ;;
      esac
      ;;
    static-pod)
      [ -f "$MANIFESTS/$UNIT.yaml" ] || [ -n "$(identity)" ] || echo "there is no ${MANIFESTS#"$ROOT"}/$UNIT.yaml"
      ;;
  esac
}

is_gone() { [ "$(identity)" != "$1" ]; }

# is_new OLD AFTER: another process than OLD runs, begun after unix time AFTER
# (a second of slack: the boot time is known to the second only).
is_new() {
  in_id=$(identity)
  [ -n "$in_id" ] && [ "$in_id" != "$1" ] || return 1
  [ "$(start_time "${in_id#* }")" -ge $(($2 - 1)) ]
}

# restart NAME: returns when another process runs, 1 with WHY_NOT if none does.
restart() {
  find_consumer "$1"
  rs_old=$(identity)
  rs_from=$(now)
  rs_limit=$LIMIT_BACK
  say "restarting $1"
  case $KIND in
    systemd) restart_unit || return 1 ;;
    static-pod) restart_pod "$rs_old" || return 1 ;;
  esac
  await "$rs_limit" is_new "$rs_old" "$rs_from" || {
    WHY_NOT="$1 did not come back within $rs_limit s"
    return 1
  }
  say "$1 restarted in $(($(now) - rs_from)) s"
}

WHY_NOT=

# Too many starts in short time would make systemd refuse this one. Not waited
# for by systemctl: with Restart= it would sit through one crash after another.
# The lock's descriptor is not for children that may outlive us.
restart_unit() {
  systemctl reset-failed "$UNIT" >/dev/null 2>&1 9>&- || :
  timeout 30 systemctl restart --no-block "$UNIT" >/dev/null 2>"$TX/why" 9>&- || {
    WHY_NOT="systemctl restart $UNIT failed ($(sed -n 1p "$TX/why")), see 'journalctl -u $UNIT'"
    return 1
  }
  is_up_or_lost() { { is_new "$rs_old" "$rs_from" && systemctl is-active --quiet "$UNIT"; } || is_lost; }
  await "$LIMIT_BACK" is_up_or_lost || :
  ! is_lost || {
    WHY_NOT="unit $UNIT fails at every start, see 'journalctl -u $UNIT'"
    return 1
  }
  systemctl is-active --quiet "$UNIT" || {
    WHY_NOT="unit $UNIT is not active after its restart, see 'journalctl -u $UNIT'"
    return 1
  }
}

# is_lost: the unit has given up, or was started anew three times since.
is_lost() {
  [ "$(unit_fact ActiveState)" = failed ] || [ "$(unit_fact NRestarts)" -ge 3 ] 2>/dev/null
}

# A container stopped through the runtime is back in seconds, a changed
# manifest takes 45. The manifest is the way where nothing runs (it also ends
# the kubelet's back-off) and where no client of the runtime is there.
restart_pod() {
  if [ -n "$1" ] && stop_container "${1% *}"; then
    await "$LIMIT_GONE" is_gone "$1" && return 0
    say "$UNIT ignored SIGTERM for $LIMIT_GONE s, killing it"
    kill -9 "${1% *}" 2>/dev/null || :
    return 0
  fi
  rs_limit=$LIMIT_MANIFEST
  touch_manifest
}

# stop_container PID: asks the runtime for the container of this very process.
stop_container() {
  if have crictl; then
    for sc_id in $(crictl ps -q --state Running --name "^$UNIT\$" 2>/dev/null); do
      sc_pid=$(crictl inspect -o go-template --template '{{.info.pid}}' "$sc_id" 2>/dev/null) || continue
      [ "$sc_pid" = "$1" ] || continue
      timeout "$((LIMIT_GONE + 10))" crictl stop --timeout "$LIMIT_GONE" "$sc_id" >/dev/null 2>&1 9>&- && return 0
    done
  fi
  if have ctr; then
    sc_id=$(timeout 10 ctr -n k8s.io tasks list 2>/dev/null | awk -v p="$1" '$2 == p { print $1 }')
    if [ -n "$sc_id" ] && timeout 10 ctr -n k8s.io tasks kill -s SIGTERM "$sc_id" >/dev/null 2>&1 9>&-; then return 0; fi
  fi
  return 1
}

# touch_manifest: a new value of our annotation makes the kubelet start the pod
# anew. Block style YAML as kubeadm indents it; anything else is not guessed at.
touch_manifest() {
  tm_file=$MANIFESTS/$UNIT.yaml
  tm_new=$(dot_name "$tm_file")
  is_plain "$tm_file" 2>/dev/null || {
    WHY_NOT="$UNIT can only be restarted through its manifest, and ${tm_file#"$ROOT"} has no 'metadata:' with fields indented by two blanks: install crictl"
    return 1
  }
  if write_stamped && flush "$tm_new" && put_in_place "$tm_file"; then return 0; fi
  rm -f "$tm_new"
  WHY_NOT="${tm_file#"$ROOT"} cannot be replaced: its folder is read-only or full"
  return 1
}

# is_plain MANIFEST: an annotation can be put in without a YAML parser.
is_plain() {
  awk '
    /^[^ #]/ { inside = 0 }
    /^metadata: *$/ { inside = found = 1; first = "^  [^ ]"; next }
    !inside || /^ *(#|$)/ { next }
    first != "" && $0 !~ first { bad = 1 }
    { first = "" }
    /^  annotations:/ { if (!/: *$/) bad = 1; first = "^  (  )?[^ ]" }
    END { exit !found || bad }' "$1"
}

# write_stamped: $tm_new is $tm_file with the annotation, down to its last line
# (not every awk fails where the disk is full).
write_stamped() {
  cp -p "$tm_file" "$tm_new" || return 1
  awk -v stamp="$(now)" '
    /^  *kube-pki\/restarted:/ { next }
    { line[++n] = $0 }
    /^metadata: *$/ { meta = n; inside = 1; next }
    /^[^ #]/ { inside = 0 }
    inside && /^  annotations: *$/ { notes = n }
    END {
      for (i = 1; i <= n; i++) {
        print line[i]
        if (i == meta && !notes) print "  annotations:"
        if (i == (notes ? notes : meta)) print "    kube-pki/restarted: \"" stamp "\""
      }
    }' "$tm_file" >"$tm_new" && [ "$(sed -n '$p' "$tm_new")" = "$(sed -n '$p' "$tm_file")" ]
}
