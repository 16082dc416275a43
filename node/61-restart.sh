# ---- restart: stop, start, and the two of a stacked node as one -------------

# restart NAME: returns when another process runs, 1 with WHY_NOT if none does.
restart() {
  rs_name=$1
  find_consumer "$1"
  note_lease "$1"
  rs_from=$(ticks_now) # first: what begins from here on counts, whether it was seen or not
  identity
  rs_old=$ID
  rs_began=$rs_from
  rs_limit=$LIMIT_BACK
  if [ -f "$TX/stopped.$1" ]; then
    read -r rs_from rs_old <"$TX/stopped.$1"
    rs_began=$rs_from
    say "starting $1"
    start_again
    rm "$TX/stopped.$1"
  else
    say "restarting $1"
    case $KIND in
      systemd) restart_unit || return 1 ;;
      static-pod) restart_pod || return 1 ;;
    esac
  fi
  came_back() { is_new "$rs_old" "$rs_from" && runs_its_flags "$rs_name"; }
  await "$rs_limit" came_back || {
    WHY_NOT="$1 did not come back within $rs_limit s"
    identity
    [ -z "$ID" ] || runs_its_flags "$1" || WHY_NOT="$1 did not start with the flags of $FLAG_PATH within $rs_limit s"
    return 1
  }
  identity
  echo "$1 $ID" >>"$TX/began"
  say "$1 restarted in $(seconds_since "$rs_began") s"
}

WHY_NOT=

# grace: seconds a consumer gets between SIGTERM and SIGKILL: of a static pod what its
# manifest declares, or what Kubernetes gives where it does not. An API server is crash
# safe, and open watches would hold it for a minute; 0: no SIGTERM at all.
grace() {
  case $KIND:$UNIT in
    *:kube-apiserver) if grep -q "^alone " "$TX/plan"; then echo 0; else echo "$LIMIT_API_GRACE"; fi ;;
    static-pod:*)
      gr_declared=$(sed -n 's/^  *terminationGracePeriodSeconds: *\([0-9][0-9]*\) *$/\1/p' "$MANIFESTS/$UNIT.yaml" 2>/dev/null | sed -n 1p)
      limit GONE "${gr_declared:-30}"
      echo "$LIMIT_GONE"
      ;;
    *) echo "$LIMIT_GONE" ;;
  esac
}

# end_at_once IDENTITY: of who gets no time; 1 where somebody else is to end it.
end_at_once() {
  [ -n "$1" ] && [ "$(grace)" = 0 ] || return 1
  kill -9 "${1% *}" 2>/dev/null || :
  await "$LIMIT_KILL" is_gone "$1"
}

# stop_first NAME CONDITION: who must be down while NAME restarts, if it is to be
# restarted as well: an API server hangs when its etcd goes (a stacked node).
stop_first() {
  while read -r sf_word sf_name sf_other <&4; do
    [ "$sf_word $sf_name" = "before $1" ] || continue
    "$2" "$sf_other" || continue
    echo "$sf_other" >>"$TX/restarted"
    say "stopping $sf_other while $1 restarts"
    find_consumer "$sf_other"
    stop_consumer "$sf_other" || say "$sf_other could not be stopped first: it runs while $1 restarts, and may answer with errors until that is back"
  done 4<"$TX/plan"
}

# will_restart: in its own turn, which is still to come. was_restarted: and is to
# be once more, as the old set was put back; not one that is down already.
will_restart() {
  grep -qx "$1 running" "$TX/consumers" && ! grep -qsx "$1" "$TX/restarted" && asked "$1" && [ "$ASKED" = restart ]
}

was_restarted() { grep -qsx "$1" "$TX/restarted" && [ ! -f "$TX/stopped.$1" ]; }

# stop_consumer NAME: and a note of what ran, for the start that follows.
stop_consumer() {
  identity
  st_id=$ID
  echo "$(ticks_now) $st_id" >"$TX/stopped.$1"
  [ -n "$st_id" ] || return 0
  case $KIND in
    systemd)
      end_at_once "$st_id" || :
      if limited 30 systemctl stop --no-block "$UNIT" >/dev/null 2>&1 && end_process "$st_id"; then return 0; fi
      ;;
    static-pod) if stop_pod "$st_id"; then return 0; fi ;;
  esac
  rm "$TX/stopped.$1"
  return 1
}

# start_again: what was stopped; a static pod the kubelet brings back itself.
start_again() {
  if flags_changed "$rs_name"; then rs_limit=$LIMIT_MANIFEST; fi
  [ "$KIND" = systemd ] || return 0
  reload_units
  start_unit
}

# Too many starts in short time would make systemd refuse this one, so reset-failed.
start_unit() {
  limited 30 systemctl reset-failed "$UNIT" >/dev/null 2>&1 || :
  limited 30 systemctl start --no-block "$UNIT" >/dev/null 2>&1 || say "$UNIT could not be started: see 'systemctl status $UNIT'"
}

# end_process IDENTITY: waits for it to end by itself, then kills it.
end_process() {
  await "$(grace)" is_gone "$1" && return 0
  say "$UNIT has not ended in $(grace) s, killing it"
  kill -9 "${1% *}" 2>/dev/null || :
  await "$LIMIT_KILL" is_gone "$1"
}

# reload_units: systemd knows unit files as they are now; only a flag of ours changes one.
reload_units() {
  grep -Eq '^(flag|replaceflag) ' "$TX/plan" || return 0
  limited 60 systemctl daemon-reload >/dev/null 2>&1 || :
}

# Not waited for by systemctl: with Restart= it would sit through one crash after another.
restart_unit() {
  reload_units
  end_at_once "$rs_old" || :
  limited 30 systemctl reset-failed "$UNIT" >/dev/null 2>&1 || :
  ru_said=$(limited 30 systemctl restart --no-block "$UNIT" 2>&1 >/dev/null) || {
    WHY_NOT="systemctl restart $UNIT failed (${ru_said%%
*}), see 'journalctl -u $UNIT'"
    return 1
  }
  [ -z "$rs_old" ] || [ "$UNIT" != kube-apiserver ] || end_process "$rs_old" || :
  is_up_or_lost() { { is_new "$rs_old" "$rs_from" && is_active; } || is_lost; }
  await "$LIMIT_BACK" is_up_or_lost || {
    WHY_NOT="unit $UNIT is not active after its restart, see 'journalctl -u $UNIT'"
    return 1
  }
  # one that was up and has failed once since, systemd starts anew: the proofs wait for it
  ! is_lost || {
    WHY_NOT="unit $UNIT fails at every start, see 'journalctl -u $UNIT'"
    return 1
  }
}

is_active() { limited "$LIMIT_ASKED" systemctl is-active --quiet "$UNIT"; }

# is_lost: the unit has given up, or was started anew three times since.
is_lost() {
  unit_fact ActiveState
  [ "$FACT" != failed ] || return 0
  unit_fact NRestarts
  [ "$FACT" -ge 3 ] 2>/dev/null
}
