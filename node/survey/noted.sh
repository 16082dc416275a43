# What a node has noted of the files of a step (node/49-noted.sh), beside what is there now.

# tell_noted NOTE
tell_noted() {
  written_over "$1"
  rights_now "$1" | sed 's/^/rights /'
}

# written_over NOTE: of the files that it names those with another text. Sums of keys
# stay here.
written_over() {
  awk -v root="$ROOT" '$1 == "file" { print $5 "  " root $6 }' "$1" | sha256sum -c 2>/dev/null | sed -n "s|^$ROOT\(/.*\): FAILED.*|other \1|p"
}

# rights_now NOTE: what it tells of folders, and of ACLs and flags of all that it names, as it
# is now. Nothing where an earlier version has noted no folder.
rights_now() {
  rn_note=$1
  # shellcheck disable=SC2046 # paths without blanks
  set -- $(awk '$1 == "folder" { print $NF }' "$rn_note")
  [ $# -gt 0 ] || return 0
  folders_now "$@"
  noted_paths "$rn_note" | marks_of
}
