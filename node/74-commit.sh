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
    ! have_openssl || {
      know_cert "$TX/parts/cert:$rl_profile" || :
      rl_serial=$SERIAL
    }
    echo "leaf $rl_profile $rl_id $rl_issued $rl_serial"
  done 3<"$TX/plan"
}

# commit: from the marker on the new set is the set. "plan" is what status
# reads; it holds no part's text.
commit() {
  if [ "$RECOVERY" != lay ]; then record >"$TX/applied"; elif [ -f "$STATE/applied" ]; then cp "$STATE/applied" "$TX/applied"; fi
  record_laid >"$TX/laid"
  [ -s "$TX/laid" ] || [ -f "$STATE/laid" ] || rm "$TX/laid"
  record_ours >"$TX/ours.all"
  record_noted >"$TX/noted"
  [ -s "$TX/noted" ] || rm "$TX/noted"
  point proven
  # a set that is put back is not what the stack asks for
  if [ "$VERB" = apply ] && [ "$RECOVERY" != lay ] && ! grep -q '^restored ' "$TX/plan" && ! cmp -s "$TX/plan" "$STATE/plan"; then
    cp "$TX/plan" "$STATE/plan.new"
    flush "$STATE/plan.new"
    mv "$STATE/plan.new" "$STATE/plan"
  fi
  for cm_file in applied laid noted ours.all; do
    [ -f "$TX/$cm_file" ] || continue
    if cmp -s "$TX/$cm_file" "$STATE/${cm_file%.all}"; then rm "$TX/$cm_file"; else flush "$TX/$cm_file"; fi
  done
  trap '' TERM # nothing is put back from here on
  ENDING=yes
  : >"$TX/committed"
  flush "$TX/committed" "$TX"
  point committed
  cm_done=unchanged
  ! anything_changed && [ ! -f "$TX/restarted" ] || cm_done=changed
  keep_records
  flush "$STATE"
  point recorded
  retire_keys
  prune
  sweep
  close_transaction
  echo "done $SUM8 $cm_done"
}

# keep_records: what a transaction that is committed leaves in the state folder.
keep_records() {
  { [ ! -f "$TX/ours.all" ] || mv "$TX/ours.all" "$STATE/ours"; } &&
    { [ ! -f "$TX/noted" ] || mv "$TX/noted" "$STATE/noted"; } &&
    { [ ! -f "$TX/laid" ] || mv "$TX/laid" "$STATE/laid"; } &&
    { [ ! -f "$TX/applied" ] || mv "$TX/applied" "$STATE/applied"; }
}

# prune: of backups stay the first one of this node, those with a CA's key, and of the
# others this run's and the newest by name (the clock may have been ahead once), five in all or
# as many as the payload says, and those that are not as old yet as it says; of keys the newest
# two of each profile and those in use. Names are ours, so ls is safe to read.
prune() {
  set -- "$STATE"/backup/*
  # nothing that fails here may undo what is committed
  [ -s "$STATE/first" ] || [ ! -d "$1" ] || { echo "${1##*/}" >"$STATE/first"; } 2>/dev/null || rm -f "$STATE/first"
  pr_first=$STATE/first
  [ -f "$pr_first" ] || pr_first=/dev/null
  pr_keep=5
  pr_age=0
  while read -r pr_word pr_count pr_seconds _ <&3; do
    [ "$pr_word" = keepbackups ] || continue
    pr_keep=$pr_count
    pr_age=$pr_seconds
  done 3<"$TX/plan"
  # shellcheck disable=SC2012
  [ $# -le "$pr_keep" ] || {
    [ -z "$BACKUP" ] || echo "${BACKUP##*/}"
    ls -r "$STATE/backup" 2>/dev/null
  } | awk '!seen[$0]++' | grep -vxF -f "$pr_first" | while read -r pr_name; do
    [ -f "$STATE/backup/$pr_name/ca-key" ] || echo "$pr_name"
  done | sed "1,${pr_keep}d" | while read -r pr_name; do
    is_young "$STATE/backup/$pr_name/list" || rm -rf "$STATE/backup/${pr_name:?}"
  done
  for pr_dir in "$STATE"/keys/*/; do
    set -- "$pr_dir"*.key
    [ $# -gt 2 ] || continue
    pr_profile=${pr_dir%/}
    pr_profile=${pr_profile##*/}
    # shellcheck disable=SC2012
    ls -t "$pr_dir" | sed -n 's/\.key$//p' | sed 1,2d | while read -r pr_id; do
      grep -q "^leaf $pr_profile $pr_id " "$STATE/applied" || rm -f "$pr_dir$pr_id".*
    done
  done
}

# is_young LIST: of a backup that is to be kept for its age.
is_young() { [ -f "$1" ] && [ $(($(now) - $(stat -c %Y "$1"))) -lt "$pr_age" ]; }

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

# What a sentence says that foresees an undo, and what it says where there was none.
PUT_BACK="the old set was put back"
NOT_BEGUN="no file was replaced"

# roll_back: what a failed transaction leaves behind is what it found. Where a file
# cannot be put back the services come up with what is there, and the journal stays:
# whoever comes next begins with it.
roll_back() {
  rb_bad=
  if [ -f "$TX/committed" ]; then
    reword "$PUT_BACK" "the new set stays"
    WHY="the new set is in place and proven, what failed came after that ($WHY): run again"
    BACKUP=
    keep_records || return 0 # the next run does it
  elif [ "$RECOVERY" = start ]; then
    # what was before is dead
    reword "$PUT_BACK" "the new set stays"
    BACKUP=
    start_stopped
  elif [ ! -f "$TX/journal" ]; then
    reword "$PUT_BACK" "$NOT_BEGUN"
  else
    say "putting the old set back"
    note_leases
    rb_put=whole
    put_back || rb_put=
    live_parts
    while read -r rb_word rb_name _ <&3; do
      [ "$rb_word" = consumer ] || continue
      take_back "$rb_name" || rb_bad="$rb_bad; with the old set too $WHY_NOT"
    done 3<"$TX/plan"
    start_stopped
    [ -n "$rb_put" ] && [ -z "$rb_bad$pb_kept" ] || doubt "$VERB"
    [ -z "$pb_kept" ] || WHY="$WHY; kept, as somebody else has changed it since: $pb_kept"
    WHY="$WHY$rb_bad"
    [ -n "$rb_put" ] || {
      reword "$PUT_BACK" "the old set could not be put back whole"
      WHY="$WHY; $pb_failed"
      return 0
    }
    [ -z "$rb_bad$pb_kept" ] || BACKUP=
  fi
  [ ! -d "$TX" ] || sweep
  close_transaction
  [ -z "$BACKUP" ] || rm -rf "$BACKUP"
}

# close_transaction: the journal first. A removal that is cut short must leave
# nothing that the next run would put back.
close_transaction() {
  if [ -f "$TX/journal" ]; then
    rm -f "$TX/journal"
    flush "$TX"
  fi
  rm -rf "$TX"
}
