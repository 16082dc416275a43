# ---- noted: each file of the plan as the last step has left it -----------------

# $STATE/noted is "note NAME APPLY TRUST", then "file MODE UID GID SUM PATH" and "link
# TARGET PATH", then of the folders that these lie in, and of files and folders, what
# 39-rights.sh tells. By it somebody who looks (node/survey/noted.sh) sees what was changed
# since. What has other rights now keeps them, as whoever gave them may have had a
# reason, but in a run that was told to bring back what was noted under this NAME
# (`apply NAME`). APPLY and TRUST are what each verb was told last, or -.

NOTED=     # the lines of the note that is to be brought back, between line ends; or none
ACLS=      # of those the ACLs
LIVE_ACLS= # those that are there now
TOLD_NAME= # what this run was told

know_noted() {
  NOTED=
  NOTE=- NOTE_APPLY=- NOTE_TRUST=-
  [ ! -f "$STATE/noted" ] || read -r _ NOTE NOTE_APPLY NOTE_TRUST <"$STATE/noted" || :
  [ "$VERB $TOLD_NAME" = "apply $NOTE" ] || return 0
  NOTED=$NL$(cat "$STATE/noted")$NL
  ACLS=$NL$(sed -n '/^acl /p' "$STATE/noted")$NL
  LIVE_ACLS=$ACLS
  # an earlier version has noted neither folders nor ACLs
  ! grep -q '^folder ' "$STATE/noted" || LIVE_ACLS=$NL$(noted_paths "$STATE/noted" | marks_of | sed -n '/^acl /p')$NL
}

# acl_in LINES PATH: ACL of it; empty where it has none.
acl_in() {
  ACL=
  case $1 in *" $2$NL"*) ;; *) return 0 ;; esac
  ai_line=${1%%" $2$NL"*}
  ACL=${ai_line##*"${NL}acl "}
}

# has_noted_acl PATH: NT_ACL is the one that was noted; 1 where another one is there. One
# that could not be read then, or cannot be now, counts as the same as any other.
has_noted_acl() {
  acl_in "$LIVE_ACLS" "$1"
  hn_live=$ACL
  acl_in "$ACLS" "$1"
  NT_ACL=$ACL
  case $NT_ACL:$hn_live in +:* | ?*:+) return 0 ;; esac
  [ "$NT_ACL" = "$hn_live" ]
}

# as_noted PATH: NT_MODE, NT_UID, NT_GID and NT_SUM that it is to have again; 1 where
# nothing is brought back, or nothing was noted of it.
as_noted() {
  case $NOTED in *" $1$NL"*) ;; *) return 1 ;; esac
  an_line=${NOTED%%" $1$NL"*}
  an_line=${an_line##*"$NL"}
  case $an_line in "file "*) ;; *) return 1 ;; esac
  an_line=${an_line#file }
  NT_MODE=${an_line%% *}
  an_line=${an_line#* }
  NT_UID=${an_line%% *}
  an_line=${an_line#* }
  NT_GID=${an_line%% *}
  NT_SUM=${an_line#* }
}

# is_as_noted PATH: after live_facts; or nothing is to be brought back there.
is_as_noted() {
  as_noted "$1" || return 0
  [ "$((LV_MODE)) $LV_UID $LV_GID" = "$((NT_MODE)) $NT_UID $NT_GID" ] && [ "$(sha256 "$ROOT$1")" = "$NT_SUM" ] && has_noted_acl "$1"
}

# was_written_over PATH: since it was noted, by somebody else.
was_written_over() { as_noted "$1" && [ -f "$ROOT$1" ] && [ "$(sha256 "$ROOT$1")" != "$NT_SUM" ]; }

# give_noted PATH NEW MODE: after as_noted, NEW gets those rights, as far as MODE allows
# them, and that ACL; attributes are those of PATH. Never wider than both, not for a moment either.
give_noted() {
  gn_like=$TX/rights
  rm -f "$gn_like"
  : >"$gn_like"
  gn_live=
  if [ -f "$ROOT$1" ] && [ ! -L "$ROOT$1" ]; then gn_live=$ROOT$1; fi
  if ! has_noted_acl "$1"; then
    [ -z "$gn_live" ] || copy_attributes_alone "$gn_live" "$gn_like" "$1"
    give_acl "$NT_ACL" "$gn_like" "$1"
  elif [ -n "$gn_live" ]; then
    copy_rights "$gn_live" "$gn_like" "$1"
  fi
  LV_MODE=$NT_MODE LV_UID=$NT_UID LV_GID=$NT_GID
  settle_mode "$3" "$1"
  chown "$NT_UID:$NT_GID" "$gn_like"
  chmod "$MODE" "$gn_like"
  copy_rights "$gn_like" "$2" "$1"
}

# give_acl ACL TO NAME: of a new file, which has none.
give_acl() {
  [ -n "$1" ] || return 0
  { have setfacl && setfacl --set "$1" "$2" 2>/dev/null; } ||
    die "$3 had an ACL ($1) that cannot be given back here: install setfacl; nothing was touched"
}

# record_noted: the note as it is after this transaction; one that is still true keeps
# its name.
record_noted() {
  case $VERB in
    apply)
      [ "$RECOVERY" = lay ] || NOTE_APPLY=${TOLD_NAME:--}
      noted_now >"$TX/noted.now"
      [ -z "$NOTED" ] && [ -f "$STATE/noted" ] && sed 1d "$STATE/noted" | cmp -s - "$TX/noted.now" || NOTE=$(now)-$$
      ;;
    trust)
      [ -f "$STATE/noted" ] || return 0
      [ -z "$TOLD_NAME" ] || NOTE_TRUST=$TOLD_NAME
      renoted >"$TX/noted.now"
      ;;
  esac
  echo "note $NOTE $NOTE_APPLY $NOTE_TRUST"
  cat "$TX/noted.now"
}

noted_now() {
  set --
  while read -r nn_word nn_path _ <&3; do
    [ "$nn_word" != file ] || [ ! -f "$ROOT$nn_path" ] || set -- "$@" "$ROOT$nn_path"
  done 3<"$TX/plan"
  [ $# -eq 0 ] || { stat -c 'stat 0%a %u %g %n' "$@" && sha256sum "$@"; } | awk -v root="$ROOT" '
    $1 == "stat" { rights[$5] = $2 " " $3 " " $4; next }
    { print "file", rights[$2], $1, substr($2, length(root) + 1) }'
  sed -n 's/^link \([^ ]*\) \([^ ]*\)$/link \2 \1/p' "$TX/plan"
  awk '$1 == "file" || $1 == "link" { sub(/\/[^\/]*$/, "", $2); print $2 }' "$TX/plan" | sort -u >"$TX/noted.folders"
  # shellcheck disable=SC2046 # paths without blanks
  folders_now $(cat "$TX/noted.folders")
  {
    awk '$1 == "file" { print $2 }' "$TX/plan"
    sed 's|$|/.|' "$TX/noted.folders"
  } | marks_of
  { grep -q '^restored ' "$TX/plan" && [ -f "$STATE/noted" ]; } || return 0
  # only some of the files are put back: what was noted of the others goes on to hold
  awk '
    FILENAME == ARGV[1] { if ($1 == "file" || $1 == "link") back[$2]; next }
    FILENAME == ARGV[2] { back[$1]; next }
    $1 != "note" && !($NF in back)' "$TX/plan" "$TX/noted.folders" "$STATE/noted"
}

# renoted: a trust has other texts in some of the files, whose rights are not its to note.
renoted() {
  set --
  while read -r _ _ rn_action rn_path <&3; do
    [ "$rn_action" = unchanged ] || [ ! -f "$ROOT$rn_path" ] || set -- "$@" "$ROOT$rn_path"
  done 3<"$TX/facts"
  if [ $# -gt 0 ]; then sha256sum "$@"; fi | awk -v root="$ROOT" '
    FILENAME == "-" { sum[substr($2, length(root) + 1)] = $1; next }
    $1 == "note" { next }
    $1 == "file" && $6 in sum { $5 = sum[$6] }
    { print }' - "$STATE/noted"
}
