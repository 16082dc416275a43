# ---- detach: a cut line must not cut a transaction -------------------------

# verb_transaction apply|trust reads the payload, leaves the work to a process
# of its own session and relays what it says. If this one dies with the ssh
# connection, the worker goes on and $STATE/result tells how it ended.
verb_transaction() {
  open_state
  RUN=$STATE/run.$$
  trap 'finish "$RUN"' EXIT
  rm -rf "$RUN"
  mkdir "$RUN" || die "this node has no room for the payload: make room in /var"
  cat >"$RUN/in" || die "this node has no room for the payload: make room in /var"
  check_payload "$RUN/in" "$1"
  rm "$RUN/in"
  : >"$RUN/out"
  : >"$RUN/err"
  point received
  vt_setsid=
  ! have setsid || vt_setsid=setsid
  trap '' HUP
  # shellcheck disable=SC2086 # a command's words
  $vt_setsid $SHELL_COMMAND "$0" worker "$1" "$RUN" "$SUM" </dev/null >"$RUN/out" 2>"$RUN/err" &
  vt_pid=$!
  trap - HUP
  echo "$vt_pid" >"$RUN/worker"
  # From here on the folder is the worker's: it may outlive us.
  trap finish EXIT
  exec 7<"$RUN/out" 8<"$RUN/err"
  while [ ! -f "$RUN/code" ] && kill -0 "$vt_pid" 2>/dev/null; do
    cat <&8 >&2
    nap
  done
  cat <&8 >&2
  cat <&7
  vt_code=$(cat "$RUN/code" 2>/dev/null) || vt_code=
  rm -rf "$RUN"
  [ -n "$vt_code" ] || die "the run was killed in the middle: run again, it first puts the old set back"
  exit "$vt_code"
}

verb_worker() {
  VERB=$1
  RUN=$2
  SUM=$3
  SUM8=$(echo "$SUM" | cut -c 1-8)
  trap '' HUP INT
  trap 'die "ended by SIGTERM: $(undone), run again"' TERM
  trap worker_end EXIT
  transaction
}

# worker_end: the only way out. Code last: it is what the other side waits for.
worker_end() {
  we_code=$?
  trap '' TERM
  trap - EXIT
  set +e
  if [ "$we_code" -ne 0 ]; then
    [ -n "$WHY" ] || WHY="the script failed where it did not expect to (exit $we_code): see the lines above"
    [ -z "$OURS" ] || roll_back
    say "$WHY"
  fi
  {
    echo "exit $we_code"
    cat "$RUN/out" "$RUN/err"
  } >"$STATE/result.new"
  mv "$STATE/result.new" "$STATE/result"
  free_lock
  echo "$we_code" >"$RUN/code.new"
  mv "$RUN/code.new" "$RUN/code"
  exit "$we_code"
}

# sweep_runs: folders whose two processes are both gone.
sweep_runs() {
  for sr_dir in "$STATE"/run.*; do
    [ -d "$sr_dir" ] && [ "$sr_dir" != "$RUN" ] || continue
    kill -0 "${sr_dir##*.}" 2>/dev/null && continue
    sr_pid=$(cat "$sr_dir/worker" 2>/dev/null) || sr_pid=
    if [ -n "$sr_pid" ] && [ ! -f "$sr_dir/code" ] && kill -0 "$sr_pid" 2>/dev/null; then continue; fi
    rm -rf "$sr_dir"
  done
}
