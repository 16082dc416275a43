# ---- reads: a process reads the files that are written, and listens where it is asked ----

# check_reads: of what is about to change. A consumer that was started with another
# path would go on with that file, and every proof asked with ours would pass.
check_reads() {
  while read -r cr_word cr_name cr_option cr_path <&3; do
    case $cr_word in
      reads | readsone) ;;
      *) continue ;;
    esac
    { will_change "$cr_path" && find_running "$cr_name"; } || continue
    cr_names=$(options_of "$FOUND_PID" "$cr_option")
    if [ -z "$cr_names" ] && [ "$cr_name" = etcd ]; then
      cr_option=$(etcd_variable "$cr_option")
      cr_names=$(variable_of "$FOUND_PID" "$cr_option")
    fi
    cr_last=${cr_names##*"$NL"}
    [ "$cr_word" = readsone ] || cr_names=$cr_last
    [ -z "$cr_names" ] || one_is_that_file "$FOUND_PID" "$cr_names" "$cr_path" || {
      cr_leaf=$(leaf_in "$cr_path")
      die "$cr_name runs with $cr_option=$cr_last and does not read $cr_path, which is written here: nothing was touched, start it with $cr_option=$cr_path${cr_leaf:+ or leave that certificate to others (certificates.profiles.$cr_leaf.enabled: false)}, then run again"
    }
  done 3<"$TX/plan"
}

# check_ports: where a consumer listens elsewhere, whoever passes connections on to it
# would answer in its place, and every proof would be one of that.
check_ports() {
  while read -r cp_word cp_name cp_option cp_port <&3; do
    case $cp_word in
      listens) ;;
      *) continue ;;
    esac
    find_running "$cp_name" || continue
    cp_has=$(options_of "$FOUND_PID" "$cp_option")
    cp_has=${cp_has##*"$NL"}
    [ "${cp_has:-$cp_port}" = "$cp_port" ] || die "$cp_name runs with $cp_option=$cp_has, and the stack has port $cp_port: nothing was touched, set its port in 'cluster.listeners', then run again"
  done 3<"$TX/plan"
}

# find_running NAME: FOUND_PID is its process; 1 where none runs.
find_running() {
  state_of "$1" && [ "$FOUND_STATE" = running ] || return 1
  find_consumer "$1"
  identity
  FOUND_PID=${ID% *}
  [ -n "$FOUND_PID" ]
}

# leaf_in PATH: whose certificate or key that file is to hold.
leaf_in() {
  awk -v path="$1" '$1 == "file" && $2 == path && match($6, /(cert|key):[a-z0-9.-]*/) {
    leaf = substr($6, RSTART, RLENGTH); sub(/.*:/, "", leaf); print leaf
  }' "$TX/plan"
}

will_change() { grep -Eqx "[0-9]+ [a-z]+ (created|replaced) $1" "$TX/facts"; }

# options_of PID --NAME: its values on that command line, a line each; of most options
# the last one counts. "--name value" and "-name" are taken too (Go's flag package), and
# "_" for "-" (Kubernetes').
options_of() {
  command_line "$1" | awk -v option="${2#--}" '
    next_is { print; next_is = 0; next }
    !/^-/ { next }
    {
      at = index($0, "="); name = at ? substr($0, 1, at - 1) : $0
      sub(/^--?/, "", name); gsub(/_/, "-", name)
      if (name != option) next
      if (at) print substr($0, at + 1); else next_is = 1
    }'
}

# etcd_variable --NAME: where etcd looks for what is not on its command line
# (etcd-io/etcd pkg/flags/flag.go). Components of Kubernetes look nowhere.
etcd_variable() { printf 'ETCD%s' "${1#-}" | tr 'a-z-' 'A-Z_'; }

# variable_of PID NAME: its value in the environment that the process was started with.
variable_of() { tr '\000' '\n' <"$PROC/$1/environ" 2>/dev/null | sed -n "s/^$2=//p"; }

# one_is_that_file PID NAMES PATH: NAMES a line each.
one_is_that_file() {
  while read -r oi_name; do
    if is_that_file "$1" "$oi_name" "$3"; then return 0; fi
  done <<EOF
$2
EOF
  return 1
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
