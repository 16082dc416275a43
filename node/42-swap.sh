# ---- swap: back up, replace, put back --------------------------------------

# back_up: the live files that will be replaced, with owner, mode and time, and
# "list" which tells how to put each back. Its last act is the journal, from
# which moment on a dead transaction is put back by the next run.
back_up() {
  BACKUP=$STATE/backup/$(date -u +%Y%m%dT%H%M%SZ)-$SUM8
  [ ! -e "$BACKUP" ] || BACKUP=$BACKUP.$$
  mkdir -p "$BACKUP" || die "this node has no room for a backup: make room in /var, nothing was touched"
  : >"$BACKUP/list"
  while read -r bu_n _ bu_action bu_path <&3; do
    [ "$bu_action" != unchanged ] || continue
    if [ -L "$ROOT$bu_path" ]; then
      echo "link $(readlink "$ROOT$bu_path") $bu_path" >>"$BACKUP/list"
    elif [ -e "$ROOT$bu_path" ]; then
      cp -p "$ROOT$bu_path" "$BACKUP/$bu_n" 2>/dev/null ||
        die "this node has no room for a backup of $bu_path: make room in /var, nothing was touched"
      echo "file $bu_n $bu_path" >>"$BACKUP/list"
    else
      echo "none - $bu_path" >>"$BACKUP/list"
    fi
  done 3<"$TX/facts"
  flush "$BACKUP"/* "$BACKUP" "$STATE/backup"
  point backed-up
  echo "$BACKUP" >"$TX/journal.new"
  mv "$TX/journal.new" "$TX/journal"
  flush "$TX/journal" "$TX"
}

# swap: every staged name over its live one; each is one rename. Nothing slow
# stands between the renames, so that a power cut hardly finds some of them done.
swap() {
  set --
  while read -r _ _ sw_action sw_path <&3; do
    [ "$sw_action" != unchanged ] || continue
    sw_new=$(dot_name "$ROOT$sw_path")
    [ -L "$sw_new" ] || set -- "$@" "$sw_new"
  done 3<"$TX/facts"
  [ $# -eq 0 ] || flush "$@"
  point staged
  set --
  sw_count=0
  while read -r _ _ sw_action sw_path <&3; do
    [ "$sw_action" != unchanged ] || continue
    mv -f "$(dot_name "$ROOT$sw_path")" "$ROOT$sw_path" 2>/dev/null ||
      die "$sw_path cannot be replaced: it is immutable (chattr -i) or read-only, the old set was put back"
    sw_count=$((sw_count + 1))
    point "swapped-$sw_count"
    set -- "$@" "$ROOT$sw_path"
  done 3<"$TX/facts"
  keep_names "$@"
  point swapped
}

# put_in_place PATH: the dot-name becomes PATH, on disk and with its label.
put_in_place() {
  mv -f "$(dot_name "$1")" "$1" 2>/dev/null || return 1
  keep_names "$1"
}

# keep_names PATH...: their labels mended, their folders on disk.
keep_names() {
  if have restorecon; then restorecon "$@" 2>/dev/null || :; fi
  kn_last=
  for kn_path; do
    [ "${kn_path%/*}" = "$kn_last" ] || flush "${kn_path%/*}"
    kn_last=${kn_path%/*}
  done
}

# put_back: the set of files before this transaction; may run any number of
# times. What is as it was is not touched, so its times keep telling which
# process has read it.
put_back() {
  [ -f "$TX/journal" ] || return 0
  pb_from=$(cat "$TX/journal")
  pb_failed=
  while read -r pb_kind pb_was pb_path <&3; do
    pb_live=$ROOT$pb_path
    pb_new=$(dot_name "$pb_live")
    rm -f "$pb_new"
    case $pb_kind in
      none) rm -f "$pb_live" || pb_failed=$pb_path ;;
      link)
        [ "$(readlink "$pb_live" || :)" != "$pb_was" ] || continue
        { ln -s "$pb_was" "$pb_new" && put_in_place "$pb_live"; } || pb_failed=$pb_path
        ;;
      file)
        same_file "$pb_from/$pb_was" "$pb_live" && continue
        { cp -p "$pb_from/$pb_was" "$pb_new" && flush "$pb_new" && put_in_place "$pb_live"; } || pb_failed=$pb_path
        ;;
    esac
    point "put-back"
  done 3<"$pb_from/list"
  [ -z "$pb_failed" ]
}

same_file() {
  [ ! -L "$2" ] && cmp -s "$1" "$2" && [ "$(stat -c '%a %u %g' "$1")" = "$(stat -c '%a %u %g' "$2")" ]
}

# sweep: what a transaction leaves beside live files when it ends early.
sweep() {
  if [ -f "$TX/facts" ]; then
    while read -r _ _ _ sp_path <&3; do
      rm -f "$(dot_name "$ROOT$sp_path")"
    done 3<"$TX/facts"
  fi
  if [ -f "$TX/made" ]; then
    sort -r "$TX/made" | while read -r sp_dir; do rmdir "$sp_dir" 2>/dev/null || :; done
  fi
}
