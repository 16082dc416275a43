# ---- undo and recovery: the set of before, and nothing of what others made ----

# put_back: the set of files before this transaction, by the journal; may be cut and
# run again at any time. Back goes what is as this transaction has written it, or is
# missing. Anything else a person or another program has made since, and it stays.
# What is as it was is not touched, so its times keep telling which process has read
# it. 1 where something could not be put back; all of it is in $pb_failed, its paths,
# each between blanks, in $pb_stuck.
put_back() {
  [ -f "$TX/journal" ] || return 0
  read -r _ _ _ BACKUP <"$TX/journal"
  plan_undo
  pb_failed=
  pb_stuck=' '
  pb_copy=
  pb_count=0
  # shellcheck disable=SC2086 # words wanted
  set -- $UNDO
  while [ $# -gt 0 ]; do
    undo_step "$1" "$3" || {
      pb_why="$3, which was not there before, could not be removed"
      [ "$1" = remove ] || {
        pb_why="$3 could not be put back"
        pb_copy=", its copy is in $BACKUP"
      }
      pb_failed="$pb_failed${pb_failed:+, }$pb_why ($(trouble "$pb_said"))"
      pb_stuck="$pb_stuck$3 "
    }
    shift 3
  done
  SWAPPED=$(ticks_now)
  # shellcheck disable=SC2086 # words wanted
  tell_kept $UNDO
  # shellcheck disable=SC2086 # words wanted
  clear_beside $UNDO
  pb_failed=$pb_failed$pb_copy
  [ -z "$pb_failed" ]
}

# undo_step ACT PATH: one rename or removal; whatever takes longer has been done.
undo_step() {
  beside "$ROOT$2"
  case $1 in
    back) pb_said=$(mv -f "$OLD" "$ROOT$2" 2>&1) ;;
    remove) pb_said=$(rm -f "$ROOT$2" 2>&1) ;;
    *) return 0 ;;
  esac || return 1
  pb_count=$((pb_count + 1))
  point "put-back-$pb_count"
}

# plan_undo: UNDO is "back|remove|keep|done N PATH" of each file of the journal, as
# words: a file would take room.
plan_undo() {
  set --
  while read -r pu_word _ _ _ pu_path <&3; do
    case $pu_word in old | none) set -- "$@" "$ROOT$pu_path" ;; esac
  done 3<"$TX/journal"
  pu_plan=$(sums "$@" | awk -v root="$ROOT" '
    FILENAME == "-" { has[$2] = $1; next }
    $1 == "old" || $1 == "none" { ours[$5 " " $2]; was[++n] = $1; old[n] = $3; copy[n] = $4; path[n] = $5 }
    $1 == "also" { ours[$3 " " $2] }
    END {
      for (i = 1; i <= n; i++) {
        live = (root path[i]) in has ? has[root path[i]] : "-"
        act[i] = "keep"
        if (live == "-") act[i] = (was[i] == "old" ? "back" : "done")
        else if ((path[i] " " live) in ours) act[i] = (was[i] == "old" ? "back" : "remove")
        else if (live == old[i]) act[i] = "done" # also by whoever put it back by hand
        if (act[i] == "keep") kept = 1
      }
      # who has joined this node by hand has written some files just as we had
      for (i = 1; i <= n; i++) print (kept && act[i] == "remove" ? "keep" : act[i]), copy[i], path[i]
    }' - "$TX/journal")
  UNDO=
  # shellcheck disable=SC2086 # words wanted
  set -- $pu_plan
  while [ $# -gt 0 ]; do
    if [ "$1" = back ] && ! is_beside "$ROOT$3" "$BACKUP/$2"; then pu_act="done"; else pu_act=$1; fi
    UNDO="$UNDO $pu_act $2 $3"
    shift 3
  done
}

# is_beside PATH COPY: what it was lies beside it and is to go back, if need be from
# the copy. Not where no rename has been yet, or where one has brought it back.
is_beside() {
  beside "$1"
  [ ! "$OLD" -ef "$1" ] || [ -L "$1" ] || return 1
  [ ! -e "$OLD" ] && [ ! -L "$OLD" ] || return 0
  [ -f "$2" ] && ! same_file "$2" "$1" || return 1
  # what goes wrong here the rename will say
  cp -a "$2" "$NEW" 2>/dev/null && flush "$NEW" && mv -f "$NEW" "$OLD" 2>/dev/null || :
}

# tell_kept ACT N PATH...: what stays, as it is not ours.
tell_kept() {
  pb_kept=
  while [ $# -gt 0 ]; do
    if [ "$1" = keep ]; then
      tk_before=
      [ "$2" = - ] || tk_before="; what it was before is $BACKUP/$2"
      say "$3 stays as it is: it, or what was made with it, was changed by somebody else since$tk_before"
      pb_kept="$pb_kept${pb_kept:+, }$3"
    fi
    shift 3
  done
}

# clear_beside ACT N PATH...: nothing lies beside them any more, but what could not be
# put back; their folders are on disk.
clear_beside() {
  cb_names=
  while [ $# -gt 0 ]; do
    beside "$ROOT$3"
    case $pb_stuck in *" $3 "*) ;; *) cb_names="$cb_names $OLD $NEW" ;; esac
    shift 3
  done
  [ -n "$cb_names" ] || return 0
  # shellcheck disable=SC2086 # words wanted
  {
    rm -f $cb_names 2>/dev/null || :
    flush_all $cb_names
  }
}

same_file() {
  [ -f "$2" ] && [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(stat -c '%a %u %g' "$1")" = "$(stat -c '%a %u %g' "$2")" ]
}

# sweep: what a transaction leaves beside live files when it ends.
sweep() {
  set --
  for sp_list in facts journal; do
    [ -f "$TX/$sp_list" ] || continue
    while read -r _ _ sp_action sp_rest <&3; do
      { [ "$sp_action" != unchanged ] && [ -n "$sp_rest" ]; } || continue
      beside "$ROOT${sp_rest##* }"
      set -- "$@" "$NEW" "$OLD"
    done 3<"$TX/$sp_list"
  done
  [ $# -eq 0 ] || rm -f "$@" 2>/dev/null || : # whoever needs the place says that it cannot have it
  if [ -s "$TX/made" ]; then
    sort -r "$TX/made" | while read -r sp_dir; do rmdir "$sp_dir" 2>/dev/null || :; done
  fi
}

# recover: a transaction that died before its commit is put back, so that who comes
# next starts from one whole set; one that died later is brought to its end. Files
# only, but for what it had stopped: that is started. Processes may have read the
# newer files: "sum none" makes every consumer prove itself in the next run. What a
# disk with errors does not take away is no reason to leave half a set.
recover() {
  rm -f "$STATE"/*.new || : # whose rename never came
  [ -d "$TX" ] || return 0
  rm -f "$TX/reserve" || : # room for the notes below
  rc_stuck=
  FOUND=unswapped
  if [ -f "$TX/committed" ]; then
    keep_records
    FOUND=committed
  elif [ -f "$TX/journal" ]; then
    undo_dead
  fi
  start_stopped
  [ -z "$rc_stuck" ] || die "$rc_stuck"
  sweep
  flush "$STATE"
  close_transaction
}

FOUND= # what of a dead transaction recover has found: unswapped, swapped or committed

undo_dead() {
  FOUND=swapped
  read -r ud_word ud_verb NODE BACKUP <"$TX/journal" || :
  if [ "$ud_word" != journal ] || ! grep -qx end "$TX/journal"; then
    NODE=node
    die "what an interrupted run has replaced is not known (its journal is damaged, or of another node.sh): put back by hand what 'list' in the newest folder of ${STATE#"$ROOT"}/backup names, remove ${TX#"$ROOT"}, then run again"
  fi
  say "an earlier run was interrupted: putting back the set of ${BACKUP##*/}"
  if put_back; then
    RECOVERED="an earlier run, which was interrupted, was undone ($pb_count put back${pb_kept:+; kept, as somebody else has changed it since: $pb_kept})"
    say "$RECOVERED"
  else
    rc_stuck="$pb_failed: repair that, then run again"
  fi
  reload_units # systemd may know the flags of the run that died
  doubt "$ud_verb"
}

# verb_recover: before services start at boot, see 76-boot.sh. What it did is told
# once more by the next run, whose output people read.
verb_recover() {
  open_state
  take_lock
  sweep_work
  recover
  [ -z "$RECOVERED" ] || echo "$RECOVERED" >>"$STATE/recovered"
  echo "recovered ${FOUND:-nothing}"
}

tell_recovered() {
  [ -f "$STATE/recovered" ] || return 0
  while read -r tv_line; do say "at a boot since the last run: $tv_line"; done <"$STATE/recovered"
  rm "$STATE/recovered"
}

# start_stopped: who was down for the restart of another comes up, whatever happened.
start_stopped() {
  for ss_file in "$TX"/stopped.*; do
    [ -f "$ss_file" ] && find_consumer "${ss_file#"$TX"/stopped.}" && [ "$KIND" = systemd ] || continue
    say "starting $UNIT, which was stopped for the restart of another"
    start_unit
    rm -f "$ss_file" || :
  done
}
