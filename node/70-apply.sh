# ---- the transaction: apply, and trust --------------------------------------

VERB= # apply or trust: what the transaction in $TX does
OURS= # yes once the transaction in $TX is this run's

transaction() {
  take_lock
  recover
  OURS=yes
  begin
  tell_recovered
  keep_boot_unit
  check_leafs
  find_same
  list_inline
  check_guards
  find_trust
  bring_live
  check_chains
  expand_parts
  check_consumers
  stage_all
  if is_change; then
    check_members
    note_leases
  fi
  point prepared
  if anything_changed; then
    check_losses
    check_reads
    check_ports
    if is_change; then
      ask_before
      check_servers
    fi
    back_up
    swap
  fi
  report_files
  report_foreign
  [ "$RECOVERY" = lay ] || settle_all
  report_trust
  commit
}

settle_all() {
  revive
  while read -r ap_word ap_name _ <&3; do
    [ "$ap_word" != consumer ] || settle "$ap_name"
  done 3<"$TX/plan"
  still_holds
  prove_servers
}

begin() {
  mkdir "$TX" || no_room "for a transaction" ", nothing was touched"
  keep_room
  mv "$RUN/in.body" "$TX/body"
  read_plan "$VERB"
  know_mode
  know_noted
  PROVEN=
  if grep -qsx "$(sum_word "$VERB") $SUM" "$STATE/applied" && ! in_doubt; then PROVEN=yes; fi
  point parsed
}

# sum_word VERB: the line of "applied" that names its last payload.
sum_word() {
  case $1 in
    apply) echo sum ;;
    trust) echo trust ;;
  esac
}

in_doubt() { grep -Eqsx '(sum|trust) none' "$STATE/applied"; }

# check_consumers: who is handled, before anything is touched. $TX/consumers
# gets "NAME running|stopped|skipped", $TX/ran "NAME IDENTITY" of its process.
# Whoever runs is there for a moment: a unit that fails and starts over has a
# process now and then. One moment for all of them.
check_consumers() {
  : >"$TX/consumers"
  co_first=$TX/ran
  identities >"$TX/ran"
  if [ "$START" != bare ] && grep -q ' .' "$TX/ran"; then
    co_first=$TX/ran.first
    mv "$TX/ran" "$co_first"
    sleep 1
    identities >"$TX/ran"
  fi
  while read -r co_word co_name _ <&3; do
    [ "$co_word" = consumer ] || continue
    read -r _ co_was <&4 || :
    read -r _ co_is <&5 || :
    find_consumer "$co_name"
    absent
    co_absent=$ABSENT
    co_state=stopped
    if [ -z "$co_absent" ] && [ -n "$co_is" ] && [ "$co_is" = "$co_was" ]; then co_state=running; fi
    if [ "$co_state" = stopped ] && may_wait && ! ran_here "$co_name"; then
      co_state=skipped
    elif [ -n "$co_absent" ]; then
      die "$co_name cannot be restarted here: $co_absent; nothing was touched ($(way_in "$co_name"))"
    fi
    echo "$co_name $co_state" >>"$TX/consumers"
  done 3<"$TX/plan" 4<"$co_first" 5<"$TX/ran"
}

# identities: a line "NAME IDENTITY" for each consumer, in the order of the plan.
identities() {
  while read -r it_word it_name _ <&3; do
    [ "$it_word" = consumer ] || continue
    find_consumer "$it_name"
    identity
    echo "$it_name $ID"
  done 3<"$TX/plan"
}

# state_of NAME: FOUND_STATE is what check_consumers has found; 1 where it did not look.
state_of() {
  while read -r so_name FOUND_STATE; do
    [ "$so_name" != "$1" ] || return 0
  done <"$TX/consumers"
  return 1
}

# ran_here NAME: an earlier run has seen it.
ran_here() { grep -qsx "seen $1" "$STATE/applied"; }

# way_in NAME: what to do where this machine is to join the cluster, perhaps again.
way_in() {
  wi_do="give the node 'joining: true' until it has"
  ! ran_here "$1" || wi_do="it ran here before: remove ${STATE#"$ROOT"}/applied and $wi_do"
  echo "if this machine is to join the cluster, $wi_do"
}

# may_wait: it need not run yet: nothing was ever laid here, or this node is new
# and gets its first leaf from the apply that follows, or the one that this program needs.
may_wait() { [ "$START" = bare ] || { [ "$VERB" = trust ] && [ -z "$co_absent" ] && { ! has_leaf || lacks_leaf "$co_name"; }; }; }

# lacks_leaf NAME: one that the consumer needs.
lacks_leaf() {
  while read -r ll_word ll_name ll_profile <&4; do
    [ "$ll_word $ll_name" != "needs $1" ] || [ -f "$TX/parts/cert:$ll_profile" ] || return 0
  done 4<"$TX/plan"
  return 1
}

report_files() {
  while read -r _ _ rf_action rf_path <&3; do
    echo "file $rf_path $rf_action"
  done 3<"$TX/facts"
}
