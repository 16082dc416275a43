# ---- apply: the transaction ----------------------------------------------

OURS= # yes once the transaction in $TX is this run's

apply() {
  take_lock
  recover
  OURS=yes
  begin
  check_leafs
  expand_parts
  check_guards
  check_consumers
  stage_all
  point prepared
  if anything_changed; then
    back_up
    swap
  fi
  report_files
  while read -r ap_word ap_name _ <&3; do
    [ "$ap_word" != consumer ] || settle "$ap_name"
  done 3<"$TX/plan"
  commit
}

begin() {
  mkdir "$TX" || die "this node has no room for a transaction: make room in /var, nothing was touched"
  mv "$RUN/in.body" "$TX/body"
  read_plan apply
  PROVEN=
  [ "$(applied_sum)" != "$SUM" ] || PROVEN=yes
  point parsed
}

applied_sum() { sed -n 's/^sum //p' "$STATE/applied" 2>/dev/null || :; }

# recover: a transaction that died before its commit is put back, so that the
# payload at hand starts from one whole set. Processes may have read the newer
# files: "sum none" makes every consumer prove itself.
recover() {
  sweep_runs
  [ -d "$TX" ] || return 0
  if [ -f "$TX/committed" ]; then
    [ ! -f "$TX/applied" ] || mv "$TX/applied" "$STATE/applied"
  elif [ -f "$TX/journal" ]; then
    say "an earlier run was interrupted: putting back the set of $(sed 's/.*backup\///' "$TX/journal")"
    put_back || die "$pb_failed could not be put back (immutable, read-only or full?), its copy is in $pb_from: mend that, then run again"
    doubt
  fi
  sweep
  flush "$STATE"
  close_transaction
}

doubt() {
  [ -f "$STATE/applied" ] || return 0
  sed 's/^sum .*/sum none/' "$STATE/applied" >"$STATE/applied.new"
  flush "$STATE/applied.new"
  mv "$STATE/applied.new" "$STATE/applied"
}

# check_consumers: who is handled, before anything is touched. $TX/consumers
# gets "NAME running|stopped|skipped".
check_consumers() {
  : >"$TX/consumers"
  while read -r co_word co_name _ <&3; do
    [ "$co_word" = consumer ] || continue
    find_consumer "$co_name"
    co_absent=$(absent)
    co_state=stopped
    if [ -z "$co_absent" ] && runs; then co_state=running; fi
    if [ "$co_state" = stopped ] && [ "$START" = bare ] && ! grep -qsx "seen $co_name" "$STATE/applied"; then
      co_state=skipped
    elif [ -n "$co_absent" ]; then
      die "$co_name cannot be restarted here: $co_absent; nothing was touched"
    fi
    echo "$co_name $co_state" >>"$TX/consumers"
  done 3<"$TX/plan"
}

# runs: the consumer's process is there and stays for a moment: a unit that
# fails and starts over has a process now and then.
runs() {
  ru_id=$(identity)
  [ -n "$ru_id" ] || return 1
  [ "$START" = bare ] || return 0
  sleep 1
  [ "$(identity)" = "$ru_id" ]
}

report_files() {
  while read -r _ _ rf_action rf_path <&3; do
    echo "file $rf_path $rf_action"
  done 3<"$TX/facts"
}

# wanted NAME: what the changed files ask of it: restart, reload or nothing.
wanted() {
  awk -v name="$1" '
    NR == FNR { if ($3 == "created" || $3 == "replaced") changed[$4] = 1; next }
    $1 == "use" && $2 == name && ($4 in changed) && most != "restart" { most = $3 }
    END { print most == "" ? "none" : most }' "$TX/facts" "$TX/plan"
}

# settle NAME: the consumer runs with the files on disk, and that is proven.
settle() {
  find_consumer "$1"
  se_state=$(sed -n "s/^$1 //p" "$TX/consumers")
  [ "$se_state" != skipped ] || {
    echo "consumer $1 skipped"
    return 0
  }
  se_want=$(wanted "$1")
  case $se_want in
    none)
      se_how=untouched
      [ "$PROVEN" = yes ] || runs_newer "$1" || se_want=restart
      ;;
    reload)
      se_how=reloaded
      can_prove_reload "$1" || se_want=restart
      ;;
  esac
  [ "$se_state" = running ] || se_want=restart
  if [ "$se_want" != restart ]; then
    await "$LIMIT_RELOAD" proven_running "$1" || {
      say "$WHY_NOT after $LIMIT_RELOAD s, so it is restarted"
      se_want=restart
    }
  fi
  if [ "$se_want" = restart ]; then
    se_how=restarted
    echo "$1" >>"$TX/restarted"
    point restarting
    restart_and_prove "$1" || die "$WHY_NOT: the old set was put back, look at $1 before you run again"
    point restarted
  fi
  echo "consumer $1 $se_how"
  [ "$se_how" != restarted ] || echo "proof $1 restarted - - - yes"
  cat "$TX/proofs"
}

proven_running() {
  [ -n "$(identity)" ] || {
    WHY_NOT="$1 does not run"
    return 1
  }
  prove "$1"
}

restart_and_prove() {
  restart "$1" || return 1
  await "$LIMIT_HEALTH" proven_running "$1" || return 1
  grep -q ' yes$' "$TX/proofs" || stays "$1"
}

# stays NAME: where nothing else can be asked, a process that lives on.
stays() {
  sy_id=$(identity)
  sleep "$LIMIT_STAYS"
  [ -n "$sy_id" ] && [ "$(identity)" = "$sy_id" ] || {
    WHY_NOT="$1 ends again soon after its restart"
    return 1
  }
}

# commit: from the marker on the new set is the set. "plan" is what status
# reads; it holds no part's text.
commit() {
  {
    echo "sum $SUM"
    while read -r cm_word cm_profile cm_id cm_issued _ <&3; do
      [ "$cm_word" = leaf ] || continue
      cm_serial=-
      ! have_openssl || cm_serial=$(serial "$TX/parts/cert:$cm_profile")
      echo "leaf $cm_profile $cm_id $cm_issued $cm_serial"
    done 3<"$TX/plan"
    {
      sed -n 's/ skipped$//; t; s/^\([^ ]*\) .*/seen \1/p' "$TX/consumers"
      grep '^seen ' "$STATE/applied" 2>/dev/null || :
    } | sort -u
  } >"$TX/applied"
  point proven
  if ! cmp -s "$TX/plan" "$STATE/plan"; then
    cp "$TX/plan" "$STATE/plan.new"
    flush "$STATE/plan.new"
    mv "$STATE/plan.new" "$STATE/plan"
  fi
  if cmp -s "$TX/applied" "$STATE/applied"; then rm "$TX/applied"; else flush "$TX/applied"; fi
  trap '' TERM # nothing is put back from here on
  : >"$TX/committed"
  flush "$TX/committed" "$TX"
  point committed
  cm_done=unchanged
  ! anything_changed && [ ! -f "$TX/restarted" ] || cm_done=changed
  [ ! -f "$TX/applied" ] || mv "$TX/applied" "$STATE/applied"
  flush "$STATE"
  point recorded
  prune
  close_transaction
  echo "done $SUM8 $cm_done"
}

# prune: the newest five backups; the newest two keys of each profile and those
# in use. Names are ours, so ls is safe to read.
prune() {
  # shellcheck disable=SC2012
  ls -r "$STATE/backup" 2>/dev/null | sed 1,5d | while read -r pr_name; do
    rm -rf "$STATE/backup/${pr_name:?}"
  done
  for pr_dir in "$STATE"/keys/*/; do
    [ -d "$pr_dir" ] || continue
    pr_profile=$(basename "$pr_dir")
    # shellcheck disable=SC2012
    ls -t "$pr_dir" | sed -n 's/\.key$//p' | sed 1,2d | while read -r pr_id; do
      grep -q "^leaf $pr_profile $pr_id " "$STATE/applied" || rm -f "$pr_dir$pr_id".*
    done
  done
}

# take_back NAME: the consumer runs with the old set again. What was not
# restarted may have read the new one: by itself, or in a start of its own since.
take_back() {
  find_consumer "$1"
  if ! grep -qsx "$1" "$TX/restarted"; then
    grep -qx "$1 running" "$TX/consumers" && [ "$(wanted "$1")" != none ] || return 0
    if is_older_than "$TX/journal" && await "$LIMIT_RELOAD" proven_running "$1"; then return 0; fi
    echo "$1" >>"$TX/restarted"
  fi
  restart_and_prove "$1"
}

# is_older_than FILE: the process began before it was written; two seconds of slack, because
# start_time rounds down.
is_older_than() {
  io_id=$(identity)
  [ -n "$io_id" ] && [ $(($(start_time "${io_id#* }") + 2)) -le "$(stat -c %Y "$1")" ]
}

# roll_back: what a failed apply leaves behind is what it found. Where that
# cannot be done the journal stays, and the next run begins with it.
roll_back() {
  pb_from=
  rb_bad=
  if [ -f "$TX/journal" ] && [ ! -f "$TX/committed" ]; then
    say "putting the old set back"
    put_back || {
      WHY="$WHY; NOT put back: $pb_failed (immutable, read-only or full?), its copy is in $pb_from"
      return 0
    }
    live_parts
    while read -r rb_word rb_name _ <&3; do
      [ "$rb_word" = consumer ] || continue
      take_back "$rb_name" || rb_bad="$rb_bad; with the old set too $WHY_NOT"
    done 3<"$TX/plan"
    [ -z "$rb_bad" ] || doubt
    WHY="$WHY$rb_bad"
  fi
  [ ! -d "$TX" ] || sweep
  close_transaction
  [ -z "$pb_from" ] || [ -n "$rb_bad" ] || rm -rf "$pb_from"
}

# close_transaction: the journal first. A removal that is cut short must leave
# nothing that the next run would put back.
close_transaction() {
  if [ -f "$TX/journal" ]; then
    rm "$TX/journal"
    flush "$TX"
  fi
  rm -rf "$TX"
}
