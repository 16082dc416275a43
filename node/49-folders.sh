# ---- noted folders: what was changed of those that the files lie in ------------

# bring_back_folders: those of a note that is to be brought back get the rights again that
# they had, before anything is written in them, each after what lies above it was checked. One
# that leads elsewhere now is left to people.
bring_back_folders() {
  [ -n "$NOTED" ] || return 0
  printf %s "$NOTED" | sed -n 's/^folder //p' | sort -k 5 >"$TX/folders"
  while read -r bf_mode bf_uid bf_gid bf_real bf_path <&5; do
    bf_now=$(folders_now "$bf_path")
    case $bf_now in *" $bf_real $bf_path") ;; *) continue ;; esac
    bf_now=${bf_now#folder }
    bf_now=${bf_now%" $bf_real $bf_path"}
    if [ "$bf_now" = "$bf_mode $bf_uid $bf_gid" ] && has_noted_acl "$bf_path"; then continue; fi
    check_parents "$bf_path"
    bring_back_folder "$bf_path" "$ROOT$bf_real"
    say "$bf_path has mode $bf_mode and belongs to $bf_uid:$bf_gid again, as was noted; before that $bf_now"
  done 5<"$TX/folders"
}

# bring_back_folder PATH REAL: five digits, without which a set-group-ID bit stays.
bring_back_folder() {
  bb_said=$(chown "$bf_uid:$bf_gid" "$2" 2>&1 && chmod "0$bf_mode" "$2" 2>&1) ||
    die "$1 cannot be given its mode and owner again: $(trouble "$bb_said"), nothing was touched"
  ! has_noted_acl "$1" || return 0
  if [ -z "$NT_ACL" ]; then set -- "$1" -bk "$2"; else set -- "$1" --set "$NT_ACL" "$2"; fi
  bb_path=$1
  shift
  { have setfacl && setfacl "$@" 2>/dev/null; } || say "$bb_path: its ACL stays as it is now: install setfacl"
}

# make_as_noted PATH: a folder that was made anew.
make_as_noted() {
  case $NOTED in *" $1$NL"*) ;; *) return 0 ;; esac
  printf %s "$NOTED" | awk -v path="$1" '$1 == "folder" && $NF == path { print $2, $3, $4 }' >"$TX/folder"
  while read -r bf_mode bf_uid bf_gid; do bring_back_folder "$1" "$ROOT$1"; done <"$TX/folder"
}
