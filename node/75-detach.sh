# ---- detach: a cut line must not cut a transaction -------------------------

# verb_transaction apply|trust|lay [NAME] reads the payload (lay: one of apply or trust), leaves the work to a process
# of its own session and relays what it says. NAME: of a note (49-noted.sh). If this one dies with the ssh
# connection, the worker goes on and $STATE/result tells how it ended. If the worker
# dies, this one puts back what it left.
verb_transaction() {
  open_state
  trap 'finish "$WORK"' EXIT
  open_work run
  RUN=$WORK
  take_in "$RUN/in"
  vt_verb=$1
  [ "$1" != lay ] || { read -r _ _ vt_verb _ <"$RUN/in" && [ "$vt_verb" = trust ]; } || vt_verb=apply
  check_payload "$RUN/in" "$vt_verb"
  rm "$RUN/in"
  : >"$RUN/out"
  : >"$RUN/err"
  : >"$RUN/running"
  point received
  vt_setsid=
  ! have setsid || vt_setsid=setsid
  trap '' HUP
  # shellcheck disable=SC2086 # a command's words
  $vt_setsid $SHELL_COMMAND "$0" worker "$vt_verb" "$RUN" "$SUM" "$1" "${2:-}" </dev/null >"$RUN/out" 2>"$RUN/err" &
  vt_pid=$!
  trap - HUP
  # From here on the folder is the worker's: it may outlive us.
  trap finish EXIT
  exec 7<"$RUN/out" 8<"$RUN/err"
  while [ -f "$RUN/running" ] && kill -0 "$vt_pid" 2>/dev/null; do
    relay
    nap
  done
  relay
  cat <&7
  vt_code=
  for vt_file in "$RUN"/ended.*; do
    [ ! -f "$vt_file" ] || vt_code=${vt_file##*.}
  done
  rm -rf "$RUN" || :
  [ -n "$vt_code" ] || repair_killed
  TOLD=yes
  exit "$vt_code"
}

# relay: what the worker has said since, line by line; a last line without an end too,
# once the worker is gone.
relay() {
  while IFS= read -r re_line <&8; do echo "$re_line" >&2; done
  printf %s "$re_line" >&2
}

# repair_killed: the worker has died without a word.
repair_killed() {
  RUN=
  trap 'die "ended by a signal while it repaired what a killed run has left: run again"' HUP INT TERM
  take_lock
  recover
  case $FOUND in
    committed) die "the run was killed (for want of memory? see 'dmesg') after the new set was in place and proven, before it could report that: run again" ;;
    swapped) die "the run was killed in the middle (for want of memory? see 'dmesg'): run again" ;;
    *) die "the run was killed (for want of memory? see 'dmesg') before it replaced anything: run again" ;;
  esac
}

verb_worker() {
  VERB=$1
  RUN=$2
  set_sum "$3"
  [ "$4" != lay ] || RECOVERY=lay
  TOLD_NAME=$5
  trap '' HUP INT
  identify $$
  echo "$WHO" >"$RUN/worker"
  trap 'die "ended by SIGTERM: the old set was put back, run again"' TERM
  trap worker_end EXIT
  transaction
}

# worker_end: the only way out. The end of "running" last: it is what the other side
# waits for, and a rename, which needs no room.
worker_end() {
  we_code=$?
  trap '' TERM
  trap - EXIT
  set +e
  ENDING=yes
  if [ "$we_code" -ne 0 ]; then
    has_room || free_room
    [ -n "$WHY" ] || {
      unexpected "$we_code"
      [ -z "$NO_ROOM" ] || WHY="$PUT_BACK, run again then"
    }
    if [ -n "$OURS" ]; then roll_back; else reword "$PUT_BACK" "$NOT_BEGUN"; fi
    case $WHY in *"make room"*) ;; *) WHY="$NO_ROOM${NO_ROOM:+; }$WHY" ;; esac
    tell_why
  fi
  {
    echo "exit $we_code"
    cat "$RUN/out" "$RUN/err"
  } 2>/dev/null >"$STATE/result.new" && mv "$STATE/result.new" "$STATE/result"
  free_lock
  mv "$RUN/running" "$RUN/ended.$we_code"
  exit "$we_code"
}
