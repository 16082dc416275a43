# ---- swap: prepare the undo, then rename -------------------------------------

# The undo is prepared before anything is replaced: beside each live file lies one
# more link to it. So the swap and its undo are renames and nothing else: they need
# no room, and nothing slow stands between two of them in which a power cut would
# find half a set. $TX/journal tells what was written where:
#
#   journal VERB NODE BACKUP
#   old|none SUM-OF-NEW SUM-OF-OLD|- N|- PATH     N: its copy in BACKUP
#   end                                           all of it is there
#   also SUM PATH                                 what this run wrote there later

# beside PATH: NEW and OLD are the names beside it of what is to come and of what
# was. The kubelet runs nothing whose name begins with a dot.
beside() {
  NEW=${1%/*}/.kube-pki.${1##*/}.new
  OLD=${1%/*}/.kube-pki.${1##*/}.old
}

# make_way FILE: nothing that a run before left stands there any more.
make_way() {
  if [ -e "$1" ] || [ -L "$1" ]; then
    rm -f "$1" 2>"$TX/why" ||
      die "${1#"$ROOT"} cannot be removed, which a killed run has left: $(trouble "$(sed 1q "$TX/why")"), nothing was touched"
  fi
}

# trouble TEXT: what a tool that failed has said, for people: why, and what to do.
trouble() {
  tr_cause=${1##*: }
  case $tr_cause in
    *"not permitted"*) echo "it or its folder is immutable, which 'chattr -i' ends ($tr_cause)" ;;
    *"Read-only"*) echo "its file system is read-only ($tr_cause)" ;;
    *"No space"* | *[Qq]uota*) echo "its file system is full: make room there ($tr_cause)" ;;
    *busy*) echo "it is a mount of its own: mount the folder instead ($tr_cause)" ;;
    *) echo "$tr_cause" ;;
  esac
}

# sums PATH...: "SUM PATH" of each that is there, of a link the sum of what it says.
sums() {
  for su_path; do
    shift
    if [ -L "$su_path" ]; then
      echo "$(readlink "$su_path" | sha256sum | cut -c 1-64) $su_path"
    elif [ -d "$su_path" ]; then
      echo "folder $su_path"
    elif [ -e "$su_path" ]; then
      set -- "$@" "$su_path"
    fi
  done
  [ $# -eq 0 ] || sha256sum "$@"
}

BACKUP=

# back_up: a copy of the live files that will be replaced, with owner, mode and
# time, and "list" which tells whose each is: for people, and for an undo that finds
# no link. Its last act is the journal, from which moment on a dead transaction is
# put back by whoever comes first: its other half, the next boot, the next run.
back_up() {
  BACKUP=$STATE/backup/$(date -u +%Y%m%dT%H%M%SZ)-$SUM8
  [ ! -e "$BACKUP" ] || BACKUP=$BACKUP.$$
  bu_said=$(mkdir -p "$BACKUP" 2>&1) || die "$BACKUP cannot be created: $(trouble "$bu_said"), nothing was touched"
  set --
  while read -r bu_n _ bu_action bu_path <&3; do
    [ "$bu_action" != unchanged ] || continue
    keep_beside "$ROOT$bu_path"
    set -- "$@" "$NEW" "$ROOT$bu_path"
  done 3<"$TX/facts" >"$BACKUP/list"
  ! has_ca_key "$BACKUP/list" || : >"$BACKUP/ca-key"
  why_backed_up >"$BACKUP/why"
  back_up_around
  sums "$@" >"$TX/sums"
  write_journal >"$TX/journal.new"
  # not every awk fails where the disk is full
  grep -qx end "$TX/journal.new" || die "$STATE has no room left: make room there, nothing was touched"
  flush_all "$@" "$TX/journal.new" "$BACKUP"/* "$BACKUP" "$STATE/backup"
  point backed-up
  mv "$TX/journal.new" "$TX/journal"
  flush "$TX"
  point staged
}

# why_backed_up: what the files are about to be replaced by: apply, trust, lay or "restore BACKUP".
why_backed_up() {
  wb_of=$(sed -n 's/^restored //p' "$TX/plan")
  if [ -n "$wb_of" ]; then echo "restore $wb_of"; else echo "${RECOVERY:-$VERB}"; fi
}

# has_ca_key LIST: among the copies is the key of a CA, of which there may be no other.
has_ca_key() {
  awk 'FILENAME == ARGV[1] { if ($1 == "file" && $6 ~ /^cakey:/) ca[$2]; next } $1 == "file" && ($3 in ca) { found = 1 } END { exit !found }' "$TX/plan" "$1"
}

# keep_beside PATH: it under its old name too, and a copy in $BACKUP, if it is there.
keep_beside() {
  beside "$1"
  make_way "$OLD"
  if [ -L "$1" ]; then
    kb_to=$(readlink "$1")
    kb_said=$(ln -s "$kb_to" "$OLD" 2>&1) || die "$OLD cannot be created: $(trouble "$kb_said"), nothing was touched"
    echo "link $kb_to $bu_path"
  elif [ -e "$1" ]; then
    # no links in some file systems: room is taken now then, not when it is needed; -a has ACL and attributes too
    ln "$1" "$OLD" 2>/dev/null || kb_said=$(cp -a "$1" "$OLD" 2>&1) ||
      die "$OLD cannot be created: $(trouble "$kb_said"), nothing was touched"
    kb_said=$(cp -a "$1" "$BACKUP/$bu_n" 2>&1) ||
      die "$bu_path cannot be copied to $BACKUP: $(trouble "$kb_said"), nothing was touched"
    echo "file $bu_n $bu_path"
  else
    echo "none - $bu_path"
  fi
}

write_journal() {
  echo "journal $VERB $NODE $BACKUP"
  awk -v root="$ROOT" '
    FILENAME == ARGV[1] { sum[$2] = $1; next }
    $3 == "unchanged" { next }
    {
      live = beside = root $4
      name = live; sub(/.*\//, "", name); sub(/[^\/]*$/, "", beside)
      was = live in sum
      print (was ? "old" : "none"), sum[beside ".kube-pki." name ".new"], (was ? sum[live] : "-"), (was ? $1 : "-"), $4
    }
    END { print "end" }' "$TX/sums" "$TX/facts"
}

# flush_all PATH...: those files on disk, once and together, and the folders that
# their names and those beside them are in, the new ones too.
flush_all() {
  fa_folders=' '
  for fa_path; do
    shift
    if [ -e "$fa_path" ] && [ ! -L "$fa_path" ]; then set -- "$@" "$fa_path"; fi
    case $fa_folders in *" ${fa_path%/*} "*) continue ;; esac
    fa_folders="$fa_folders${fa_path%/*} "
    [ ! -d "${fa_path%/*}" ] || set -- "$@" "${fa_path%/*}"
  done
  [ ! -s "$TX/made" ] || while read -r fa_path <&4; do
    set -- "$@" "${fa_path%/*}"
  done 4<"$TX/made"
  flush "$@"
}

# swap: every staged name over its live one.
swap() {
  sw_count=0
  while read -r _ _ sw_action sw_path <&3; do
    [ "$sw_action" != unchanged ] || continue
    beside "$ROOT$sw_path"
    sw_said=$(mv -f "$NEW" "$ROOT$sw_path" 2>&1) ||
      die "$sw_path cannot be replaced: $(trouble "$sw_said"), the old set was put back"
    sw_count=$((sw_count + 1))
    point "swapped-$sw_count"
  done 3<"$TX/facts"
  SWAPPED=$(ticks_now)
  label_created
  set --
  while read -r _ _ sw_action sw_path <&3; do
    [ "$sw_action" = unchanged ] || set -- "$@" "$ROOT$sw_path"
  done 3<"$TX/facts"
  keep_names "$@"
  point swapped
}

# label_created: by the policy, what was not there before. What was has its label from
# the file in whose place it is, which may be another than the policy's.
label_created() {
  have restorecon || return 0
  set --
  while read -r _ _ lc_action lc_path <&3; do
    [ "$lc_action" != created ] || set -- "$@" "$ROOT$lc_path"
  done 3<"$TX/facts"
  [ $# -eq 0 ] || limited 30 restorecon "$@" 2>/dev/null || :
}

# keep_names PATH...: their folders are on disk.
keep_names() {
  for kn_path; do
    shift
    case " $* " in *" ${kn_path%/*} "*) ;; *) set -- "$@" "${kn_path%/*}" ;; esac
  done
  flush "$@"
}

# put_in_place PATH: outside of a swap: what lies beside it becomes PATH, on disk. If the undo has to do with PATH it learns that this is ours too.
put_in_place() {
  beside "$1"
  if grep -qsF " ${1#"$ROOT"}" "$TX/journal"; then
    echo "also $(sha256 "$NEW") ${1#"$ROOT"}" >>"$TX/journal"
    flush "$TX/journal"
  fi
  mv -f "$NEW" "$1" 2>/dev/null || return 1
  keep_names "$1"
}
