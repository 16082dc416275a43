# ---- reads: a process reads the very files that are written -------------------

# check_reads: of what is about to change. A consumer that was started with another
# path would go on with that file, and every proof asked with ours would pass.
check_reads() {
  while read -r cr_word cr_name cr_option cr_path <&3; do
    { [ "$cr_word" = reads ] && will_change "$cr_path" && grep -qx "$cr_name running" "$TX/consumers"; } || continue
    find_consumer "$cr_name"
    cr_id=$(identity)
    [ -n "$cr_id" ] || continue
    cr_names=$(option_of "${cr_id% *}" "$cr_option")
    [ -z "$cr_names" ] || is_that_file "${cr_id% *}" "$cr_names" "$cr_path" || {
      cr_leaf=$(leaf_in "$cr_path")
      die "$cr_name runs with $cr_option=$cr_names and does not read $cr_path, which is written here: nothing was touched, start it with $cr_option=$cr_path${cr_leaf:+ or leave that certificate to others (certificates.profiles.$cr_leaf.enabled: false)}, then run again"
    }
  done 3<"$TX/plan"
}

# leaf_in PATH: whose certificate or key that file is to hold.
leaf_in() {
  awk -v path="$1" '$1 == "file" && $2 == path && match($6, /(cert|key):[a-z0-9.-]*/) {
    leaf = substr($6, RSTART, RLENGTH); sub(/.*:/, "", leaf); print leaf
  }' "$TX/plan"
}

will_change() { grep -Eqx "[0-9]+ [a-z]+ (created|replaced) $1" "$TX/facts"; }

# option_of PID --NAME: its value on that command line, nothing if it is not there.
# The last one counts; "--name value" and "-name" are taken too (Go's flag package),
# and "_" for "-" (Kubernetes').
option_of() {
  command_line "$1" | awk -v option="${2#--}" '
    next_is { value = $0; next_is = 0; next }
    !/^-/ { next }
    {
      at = index($0, "="); name = at ? substr($0, 1, at - 1) : $0
      sub(/^--?/, "", name); gsub(/_/, "-", name)
      if (name != option) next
      if (at) value = substr($0, at + 1); else next_is = 1
    }
    END { print value }'
}

# is_that_file PID NAMED PATH: by its name, by where links lead, or by what the
# process finds under that name in its own mounts.
is_that_file() {
  [ "$2" != "$3" ] || return 0
  if_ours=$(stat -L -c '%d:%i' "$ROOT$3" 2>/dev/null) || return 1
  case $2 in /*) ;; *) return 1 ;; esac
  for if_root in "$PROC/$1/root" "$ROOT"; do
    [ "$(stat -L -c '%d:%i' "$if_root$2" 2>/dev/null)" != "$if_ours" ] || return 0
  done
  return 1
}
