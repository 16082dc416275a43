# ---- settle: each consumer runs with the files on disk ----------------------

# wanted NAME: WANTED is what the changed files ask of it: restart, reload or none.
wanted() {
  WANTED=none
  [ "$CHANGED" = yes ] || return 0
  WANTED=$(awk -v name="$1" '
    NR == FNR { if ($3 == "created" || $3 == "replaced") changed[$4] = 1; next }
    $1 == "use" && $2 == name && ($4 in changed) && most != "restart" { most = $3 }
    END { print most == "" ? "none" : most }' "$TX/facts" "$TX/plan")
}

# asked NAME: ASKED is what it has to do before it was asked for any proof: restart, reload
# or none. One that ran and has ended meanwhile (it lost its lease while the API
# server restarted) comes back by itself, and newer than the files; one that this
# run has stopped for the restart of another does not.
asked() {
  find_consumer "$1"
  wanted "$1"
  ASKED=$WANTED
  [ ! -f "$TX/stopped.$1" ] || ASKED=restart
  case $ASKED in
    none) [ "$PROVEN" = yes ] || { identity && [ -z "$ID" ]; } || runs_newer "$1" || ASKED=restart ;;
    reload) can_prove_reload "$1" || ASKED=restart ;;
  esac
}

# settle NAME: the consumer runs with the files on disk, and that is proven.
settle() {
  find_consumer "$1"
  state_of "$1"
  se_state=$FOUND_STATE
  [ "$se_state" != skipped ] || {
    ! flags_changed "$1" || reload_units # for whoever starts it
    echo "consumer $1 skipped"
    return 0
  }
  asked "$1"
  se_want=$ASKED
  case $se_want in
    none) se_how=untouched ;;
    reload) se_how=reloaded ;;
  esac
  [ "$se_state" = running ] || is_back "$1" || se_want=restart
  if [ "$se_want" != restart ]; then
    await "$LIMIT_RELOAD" proven_running "$1" || only_away "$1" || {
      [ "$FAILED" != rights ] || die "$WHY_NOT: the old set was put back"
      say "$WHY_NOT after $LIMIT_RELOAD s, so it is restarted"
      se_want=restart
    }
  fi
  if [ "$se_want" = restart ]; then
    se_how=restarted
    spares_members "$1" ||
      die "$WHY_NOT, and with $1 here down as well nothing could be written: the old set was put back, $(mend_member)"
    echo "$1" >>"$TX/restarted"
    stop_first "$1" will_restart
    ! is_change || leave_leadership "$1"
    point restarting
    restart_and_prove "$1" || die "$WHY_NOT: the old set was put back, look at $1 before you run again"
    spares_members "$1" || die "$WHY_NOT since $1 restarted here: the old set was put back, $(mend_member)"
    point restarted
  fi
  ! grep -qsx "$1" "$TX/restarted" || se_how=restarted # by revive
  echo "consumer $1 $se_how"
  [ "$se_how" != restarted ] || echo "proof $1 restarted - - - yes"
  cat "$TX/proofs"
}

proven_running() {
  identity
  [ -n "$ID" ] || {
    fails down "$1 does not run"
    return 1
  }
  prove "$1"
}

restart_and_prove() {
  restart "$1" || return 1
  tick
  LAST_RESTART=$TICK
  await "$LIMIT_HEALTH" proven_running "$1" || only_away "$1" || return 1
  grep -q ' yes$' "$TX/proofs" || stays "$1"
}

# stays NAME: where nothing else can be asked, a process that lives on.
stays() {
  identity
  sy_id=$ID
  sleep "$LIMIT_STAYS"
  identity
  [ -n "$sy_id" ] && [ "$ID" = "$sy_id" ] || {
    WHY_NOT="$1 ends again soon after its restart"
    return 1
  }
}

# take_back NAME: the consumer runs with the old set again. What was not
# restarted may have read the new one: by itself, or in a start of its own since.
# A restart that never happened needs none back.
take_back() {
  find_consumer "$1"
  grep -qsx "$1" "$TX/restarted" || {
    wanted "$1"
    grep -qx "$1 running" "$TX/consumers" && [ "$WANTED" != none ] || return 0
  }
  if ran_before "$1" && { await "$LIMIT_RELOAD" proven_running "$1" || only_away "$1"; }; then return 0; fi
  echo "$1" >>"$TX/restarted"
  # Not a reason to stop: what is there now has failed already.
  members_healthy "$1" || say "$WHY_NOT, but the old set must be read again"
  stop_first "$1" was_restarted
  restart_and_prove "$1"
}

# ran_before NAME: its process is the one from before the swap.
ran_before() {
  identity
  [ -n "$ID" ] && grep -qx "$1 $ID" "$TX/ran"
}
