# ---- rights: what of a folder and of a file mode and owner do not tell ----------

# The reader of a node has these too (node/survey/), so that what is noted and what is
# seen later is found in one way.

# folders_now PATH...: "folder MODE UID GID REAL PATH" of each that is there, REAL being
# where it leads.
folders_now() {
  for fn_path; do
    fn_real=$(cd -P "$ROOT$fn_path" 2>/dev/null && pwd) || continue
    echo "folder $(stat -c '0%a %u %g' "$fn_real") ${fn_real#"$ROOT"} $fn_path"
  done
}

# noted_paths NOTE: files and folders that it names, folders with /. at their end.
noted_paths() { awk '$1 == "file" { print $NF } $1 == "folder" { print $NF "/." }' "$1"; }

# marks_of: of the paths on stdin that are there and are no links, as noted_paths has them,
# "acl ACL PATH" of each that has an ACL, in the words of setfacl, or + where getfacl is
# not there; "flags FLAGS PATH" of each that chattr has made immutable (i) or to be added
# to alone (a).
marks_of() {
  set --
  while read -r mk_path; do
    case $mk_path in */.) ;; *) [ ! -L "$ROOT$mk_path" ] || continue ;; esac
    [ ! -e "$ROOT$mk_path" ] || set -- "$@" "$ROOT$mk_path"
  done
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2012 # of names that are ours
  ls -ld "$@" 2>/dev/null | awk '$1 ~ /\+$/ { print $NF }' | while read -r mk_path; do
    mk_acl=
    ! have getfacl || mk_acl=$(getfacl -cpn "$mk_path" 2>/dev/null | awk 'NF { printf "%s%s", n++ ? "," : "", $1 }')
    echo "acl ${mk_acl:-+} ${mk_path#"$ROOT"}"
  done | sed 's|/\.$||'
  ! have lsattr || lsattr -d "$@" 2>/dev/null | awk -v root="$ROOT" '
    { flags = $1; gsub(/[^ia]/, "", flags) }
    flags != "" { path = substr($NF, length(root) + 1); sub(/\/\.$/, "", path); print "flags", flags, path }'
}
