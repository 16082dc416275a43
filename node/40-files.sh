# ---- files: stage, back up, swap, put back --------------------------------

# A temporary name begins with a dot: the kubelet runs anything else it finds
# in its manifest folder.
dot_name() { echo "${1%/*}/.kube-pki.${1##*/}.new"; }

# check_parents PATH: whoever can write in a folder above a file owns the file.
# Missing folders are fine. A link made by root is followed where it leads to
# checked folders (/opt -> /var/opt on image-based systems), never elsewhere.
check_parents() {
  case " $cf_checked " in *" ${1%/*} "*) return 0 ;; esac
  cf_checked="$cf_checked ${1%/*}"
  cf_rest=${1#/}
  cf_at=$ROOT
  while [ "$cf_rest" != "${cf_rest#*/}" ]; do
    cf_at=$cf_at/${cf_rest%%/*}
    cf_rest=${cf_rest#*/}
    if [ -L "$cf_at" ]; then
      [ "$(stat -c %u "$cf_at")" = "$UID_OURS" ] || die "$cf_at is a symbolic link that root did not make: remove it"
      cf_to=$(readlink -f "$cf_at") || die "$cf_at is a symbolic link to nowhere: remove it"
      case ${cf_to#"$ROOT"} in
        /etc/* | /var/* | /opt/* | /usr/* | /srv/*) ;;
        *) die "$cf_at is a symbolic link to $cf_to, which is no place for certificates: use a real folder" ;;
      esac
      # The same checks on where it leads, then on from there.
      cf_rest=${cf_to#"$ROOT"/}/$cf_rest
      cf_at=$ROOT
      continue
    fi
    [ -e "$cf_at" ] || return 0
    [ -d "$cf_at" ] || die "$cf_at is not a folder: move it away"
    # shellcheck disable=SC2046 # two words wanted
    set -- $(stat -c '%u %a' "$cf_at")
    [ "$1" = "$UID_OURS" ] || die "$cf_at does not belong to root: chown root it, or its owner could swap the keys"
    case $2 in
      *[2367]) die "$cf_at can be written by everybody: chmod o-w it, or anybody could swap the keys" ;;
    esac
  done
}

UID_OURS=$(id -u)
cf_checked= # folders, with a blank before each

# stage_all: each file of the plan is put together in $TX/new/N, compared with
# the live one and, where it differs, written beside it under its dot-name with
# mode and owner. $TX/facts gets "N KIND ACTION PATH". Nothing live is touched.
stage_all() {
  mkdir "$TX/new"
  : >"$TX/facts"
  : >"$TX/made"
  sa_n=0
  while read -r sa_word sa_path sa_a sa_b sa_c sa_d <&3; do
    case $sa_word in file | link) ;; *) continue ;; esac
    sa_n=$((sa_n + 1))
    check_parents "$sa_path"
    [ ! -d "$ROOT$sa_path" ] || die "$sa_path is a folder: move it away"
    if [ "$sa_word" = link ]; then
      stage_link "$sa_n" "$sa_path" "$sa_a"
    else
      assemble "$sa_n" "$sa_d"
      stage_file "$sa_n" "$sa_path" "$sa_a" "$sa_b" "$sa_c"
    fi
  done 3<"$TX/plan"
}

# assemble N PARTS: the parts one after another, from a list with commas.
assemble() {
  as_rest=$2,
  while [ -n "$as_rest" ]; do
    cat "$TX/parts/${as_rest%%,*}" >>"$TX/new/$1" || die "this node has no room left to stage: make room in /var"
    as_rest=${as_rest#*,}
  done
}

stage_file() { # n path mode owner group
  [ ! -L "$ROOT$2" ] || die "$2 is a symbolic link: put the file itself there or name its target in the layout"
  if [ ! -e "$ROOT$2" ]; then
    sf_action=created
  elif ! cmp -s "$TX/new/$1" "$ROOT$2"; then
    sf_action=replaced
  else
    sf_action=fixed
    sf_has=$(stat -c '%a %U %G' "$ROOT$2")
    # as octal numbers: stat prints no leading zero
    [ "$((0${sf_has%% *})) ${sf_has#* }" != "$(($3)) $4 $5" ] || sf_action=unchanged
  fi
  echo "$1 file $sf_action $2" >>"$TX/facts"
  [ "$sf_action" != unchanged ] || return 0
  make_folders "$2"
  sf_new=$(dot_name "$ROOT$2")
  rm -f "$sf_new"
  { cat "$TX/new/$1" >"$sf_new"; } 2>"$TX/why" ||
    die "$2 cannot be written ($(sed 's/.*: //;q' "$TX/why")): make its folder writable or make room; nothing was touched"
  chown "$4:$5" "$sf_new" 2>/dev/null || die "owner or group $4:$5 of $2 is not known on this node: create it or change the layout"
  chmod "$3" "$sf_new"
}

stage_link() { # n path target
  if [ -L "$ROOT$2" ] && [ "$(readlink "$ROOT$2")" = "$3" ]; then
    sl_action=unchanged
  elif [ -L "$ROOT$2" ] || [ -e "$ROOT$2" ]; then
    sl_action=replaced
  else
    sl_action=created
  fi
  echo "$1 link $sl_action $2" >>"$TX/facts"
  [ "$sl_action" != unchanged ] || return 0
  make_folders "$2"
  sl_new=$(dot_name "$ROOT$2")
  rm -f "$sl_new"
  ln -s "$3" "$sl_new" || die "$2 cannot be written: its folder is read-only or full, nothing was touched"
}

# make_folders PATH: the missing folders above it, noted before they are made.
make_folders() {
  mf_dir=$ROOT${1%/*}
  [ ! -d "$mf_dir" ] || return 0
  mf_list=
  while [ ! -d "$mf_dir" ]; do
    mf_list="$mf_dir $mf_list"
    mf_dir=${mf_dir%/*}
  done
  for mf_dir in $mf_list; do
    echo "$mf_dir" >>"$TX/made"
    mkdir -m 0755 "$mf_dir" || die "folder $mf_dir cannot be made: its parent is read-only or full, nothing was touched"
  done
}

anything_changed() { grep -Eqv '^[0-9]+ [a-z]+ unchanged ' "$TX/facts"; }

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
