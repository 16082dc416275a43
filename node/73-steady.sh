# ---- steady: good for a while, and by the same process -----------------------

# Of a test's one limit for all waits only what it is about is spent here.
limit STABLE 10
case " $LIMITS" in *" STABLE="*) ;; *) [ -z "$LIMIT" ] || LIMIT_STABLE=1 ;; esac

LAST_RESTART= # the tick at which the last restart of this run was over

# still_holds: whatever this run has restarted is the same process a while later, and
# its proofs hold: one wait for all of it. Those who could not be asked about a client
# are asked once more.
still_holds() {
  [ -n "$LAST_RESTART" ] || [ -f "$TX/away" ] || return 0
  if [ -n "$LAST_RESTART" ]; then
    tick
    sh_rest=$((LIMIT_STABLE - TICK + LAST_RESTART))
    [ "$sh_rest" -le 0 ] || await "$sh_rest" false || :
  fi
  while read -r sh_name _ <&3; do
    if grep -qsx "$sh_name" "$TX/restarted"; then
      is_same "$sh_name" && holds_still "$sh_name"
    elif grep -qsx "$sh_name" "$TX/away"; then
      holds_still "$sh_name"
    fi || die "$WHY_NOT: the old set was put back, look at $sh_name before you run again"
  done 3<"$TX/consumers"
}

# is_same NAME: the process that its restart has brought.
is_same() {
  find_consumer "$1"
  identity
  [ "$1 $ID" = "$(awk -v name="$1" '$1 == name { line = $0 } END { print line }' "$TX/began")" ] || {
    WHY_NOT="$1 ended again within $LIMIT_STABLE s of its restart"
    return 1
  }
}

holds_still() {
  find_consumer "$1"
  if proven_running "$1"; then return 0; fi
  # others were asked for long enough; one of this machine has to answer by now
  if [ "$FAILED" = away ] && ! away_is_here "$1"; then return 0; fi
  await "$LIMIT_RELOAD" proven_running "$1" || { [ "$FAILED" = away ] && ! away_is_here "$1"; }
}

# away_is_here NAME: one of those that it could not ask is served on this machine.
away_is_here() {
  awk '
    FILENAME == ARGV[1] && $1 == "proof" { if ($3 == "accepted" && $7 == "unproven") away[$6]; next }
    $1 == "served" && ($3 in away) || $1 == "health" && ($4 in away) { found = 1 }
    END { exit !found }' "$TX/proofs" "$TX/plan"
}
