# ---- commit, or put back: how a transaction ends ----------------------------

# record: "applied" as it is after this transaction. Each verb writes what it
# has done and keeps what the other one wrote; an apply proves every file anew,
# so it ends the doubt of an interrupted trust.
record() {
  case $VERB in
    apply)
      echo "sum $SUM"
      grep -s '^trust ' "$STATE/applied" | grep -vx 'trust none' || :
      record_leafs
      ;;
    trust)
      grep -s '^sum ' "$STATE/applied" || :
      echo "trust $SUM"
      grep -s '^leaf ' "$STATE/applied" || :
      ;;
  esac
  {
    sed -n 's/ skipped$//; t; s/^\([^ ]*\) .*/seen \1/p' "$TX/consumers"
    grep -s '^seen ' "$STATE/applied" || :
  } | sort -u
}

record_leafs() {
  while read -r rl_word rl_profile rl_id rl_issued _ <&3; do
    [ "$rl_word" = leaf ] || continue
    rl_serial=-
    ! have_openssl || rl_serial=$(serial "$TX/parts/cert:$rl_profile")
    echo "leaf $rl_profile $rl_id $rl_issued $rl_serial"
  done 3<"$TX/plan"
}

# commit: from the marker on the new set is the set. "plan" is what status
# reads; it holds no part's text.
commit() {
  record >"$TX/applied"
  record_ours >"$TX/ours.all"
  point proven
  if [ "$VERB" = apply ] && ! cmp -s "$TX/plan" "$STATE/plan"; then
    cp "$TX/plan" "$STATE/plan.new"
    flush "$STATE/plan.new"
    mv "$STATE/plan.new" "$STATE/plan"
  fi
  for cm_file in applied ours.all; do
    if cmp -s "$TX/$cm_file" "$STATE/${cm_file%.all}"; then rm "$TX/$cm_file"; else flush "$TX/$cm_file"; fi
  done
  trap '' TERM # nothing is put back from here on
  : >"$TX/committed"
  flush "$TX/committed" "$TX"
  point committed
  cm_done=unchanged
  ! anything_changed && [ ! -f "$TX/restarted" ] || cm_done=changed
  keep_records
  flush "$STATE"
  point recorded
  prune
  close_transaction
  echo "done $SUM8 $cm_done"
}

# keep_records: what a transaction that is committed leaves in the state folder.
keep_records() {
  [ ! -f "$TX/ours.all" ] || mv "$TX/ours.all" "$STATE/ours"
  [ ! -f "$TX/applied" ] || mv "$TX/applied" "$STATE/applied"
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

# recover: a transaction that died before its commit is put back, so that the
# payload at hand starts from one whole set. Processes may have read the newer
# files: "sum none" makes every consumer prove itself.
recover() {
  sweep_runs
  [ -d "$TX" ] || return 0
  if [ -f "$TX/committed" ]; then
    keep_records
  elif [ -f "$TX/journal" ]; then
    say "an earlier run was interrupted: putting back the set of $(sed 's/.*backup\///' "$TX/journal")"
    put_back || die "$pb_failed could not be put back (immutable, read-only or full?), its copy is in $pb_from: repair that, then run again"
    # systemd may know the flags of the run that died
    reload_units
    doubt "$(cat "$TX/verb" 2>/dev/null || echo apply)" # none: begun by an older node.sh
  fi
  sweep
  flush "$STATE"
  close_transaction
}

# doubt VERB: its last payload no longer counts as proven.
doubt() {
  [ -f "$STATE/applied" ] || return 0
  {
    echo "$(sum_word "$1") none"
    grep -v "^$(sum_word "$1") " "$STATE/applied" || : # it may hold no other line
  } >"$STATE/applied.new"
  flush "$STATE/applied.new"
  mv "$STATE/applied.new" "$STATE/applied"
}

# roll_back: what a failed transaction leaves behind is what it found. Where that
# cannot be done the journal stays, and the next run begins with it.
roll_back() {
  pb_from=
  rb_bad=
  if [ -f "$TX/journal" ] && [ ! -f "$TX/committed" ]; then
    say "putting the old set back"
    note_leases
    put_back || {
      WHY="$WHY; NOT put back: $pb_failed (immutable, read-only or full?), its copy is in $pb_from"
      return 0
    }
    live_parts
    while read -r rb_word rb_name _ <&3; do
      [ "$rb_word" = consumer ] || continue
      take_back "$rb_name" || rb_bad="$rb_bad; with the old set too $WHY_NOT"
    done 3<"$TX/plan"
    [ -z "$rb_bad" ] || doubt "$VERB"
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
