# ---- flags: a consumer's own, in its manifest, its unit file or what that names ----

# stage_flags: each consumer's file with the flags of the plan, as one more
# staged file, and each EnvironmentFile= that has them. Every other byte stays. What is
# there already changes nothing.
stage_flags() {
  awk '$1 == "flag" || $1 == "replaceflag" { if (!seen[$2]++) print $2 }' "$TX/plan" >"$TX/flagged"
  : >"$TX/flag.env"
  while read -r fl_name; do
    [ "$START" != bare ] || ! grep -qx "$fl_name skipped" "$TX/consumers" || continue
    find_consumer "$fl_name"
    flag_path
    fl_path=$FLAG_PATH
    fl_bad=$(flag_trouble)
    know_variables "$fl_name"
    sa_n=$((sa_n + 1))
    fl_n=$sa_n
    [ -n "$fl_bad" ] || cp "$ROOT$fl_path" "$TX/new/$fl_n"
    while read -r fl_word fl_of fl_flag <&4; do
      case "$fl_word $fl_of" in
        "flag $fl_name" | "replaceflag $fl_name") stage_flag "$fl_word" "$fl_flag" ;;
      esac
    done 4<"$TX/plan"
    [ -n "$fl_bad" ] || stage_as_it_is "$fl_n" "$fl_path"
    # read as any other file of this consumer: its change asks for a restart
    [ -n "$fl_bad" ] || echo "use $fl_name restart $fl_path" >>"$TX/plan"
  done <"$TX/flagged"
  awk '!seen[$2]++ { print $2, $3 }' "$TX/flag.env" >"$TX/flag.staged"
  while read -r fl_n fl_path; do stage_as_it_is "$fl_n" "$fl_path"; done <"$TX/flag.staged"
  awk '{ print "use", $1, "restart", $3 }' "$TX/flag.env" >>"$TX/plan"
}

# stage_as_it_is N PATH: $TX/new/N, with the rights that PATH has.
stage_as_it_is() {
  check_parents "$2"
  # shellcheck disable=SC2046 # three words wanted
  stage_file "$1" "$2" $(stat -c '0%a %U %G' "$ROOT$2")
}

# flag_path: FLAG_PATH is the manifest or unit file of the consumer at hand, if it has one.
flag_path() {
  case $KIND in
    static-pod) FLAG_PATH=${MANIFESTS#"$ROOT"}/$UNIT.yaml ;;
    systemd)
      unit_fact FragmentPath
      FLAG_PATH=$FACT
      ;;
  esac
}

# flag_trouble: why $fl_path is not ours to change, nothing if it is.
flag_trouble() {
  if [ -z "$fl_path" ] || [ ! -f "$ROOT$fl_path" ]; then
    echo "$fl_name has no file of its own"
    return
  fi
  [ "$KIND" = systemd ] || return 0
  case $fl_path in
    /etc/*) ;;
    *) echo "$fl_path belongs to a package" ;;
  esac
  unit_fact DropInPaths
  for ft_path in $FACT; do
    ! grep -Eqs '^ExecStart=' "$ROOT$ft_path" || echo "$ft_path has a command line of its own"
  done | sed -n 1p
}

# stage_flag flag|replaceflag --NAME=VALUE: in the staged files. Where that cannot
# be, the process may have it already, from wherever its administrator set it.
stage_flag() {
  sg_why=$fl_bad
  sg_code=0
  set_in_files "$1" "$2" || sg_code=$?
  if [ "$sg_code" -eq 0 ]; then
    check_last "$2"
    return
  fi
  # a new node's has not been there to be asked, nor does it have to be
  ! grep -qx "$fl_name skipped" "$TX/consumers" || return 0
  identity
  sg_id=$ID
  if [ -z "$sg_id" ] && [ "$sg_code" -eq 5 ]; then
    die "$fl_name does not run, so whether it has ${2%%=*} from elsewhere than $fl_path cannot be seen: start it, then run again"
  fi
  if [ -n "$sg_id" ] && runs_with "$1" "$2" "${sg_id% *}"; then return 0; fi
  die "${sg_why:-$fl_path does not hold ${2%%=*} in the form --name=value}: set $2 for $fl_name yourself and restart it, nothing was touched"
}

# set_in_files flag|replaceflag --NAME=VALUE: wherever the flag is; if nowhere, it is
# added where the others are. As set_flag, with sg_why.
set_in_files() {
  si_code=3
  if [ -z "$fl_bad" ]; then
    si_code=0
    set_flag replaceflag "$2" || si_code=$?
  fi
  si_env=0
  set_in_variables "$fl_name" "$2" || si_env=$?
  if [ "$si_env" -eq 3 ]; then
    sg_why=$SV_WHY
    return 3
  fi
  if [ "$si_env" -eq 0 ]; then
    # the last one counts, and the unit may have one that stays
    [ "$si_code" -ne 3 ] || ! flag_words "$fl_name" unit | grep -q "^${2%%=*}\(=\|\$\)" || return 3
    return 0
  fi
  [ "$1" = flag ] && { [ -n "$fl_bad" ] || [ "$si_code" -eq 5 ]; } || return "$si_code"
  si_env=0
  add_in_variables "$fl_name" "$2" || si_env=$?
  [ "$si_env" -ne 0 ] || return 0
  if [ -n "$fl_bad" ]; then
    sg_why=${SV_WHY:-$fl_bad}
    return 3
  fi
  set_flag "$1" "$2"
}

# runs_with flag|replaceflag --NAME=VALUE PID: its command line needs no change.
runs_with() {
  command_line "$3" | awk -v how="$1" -v flag="$2" -v name="${2%%=*}" '
    $0 == flag { same = 1; next }
    $0 == name || index($0, name "=") == 1 { other = 1 }
    END { exit other || (!same && how == "flag") }'
}

# check_last --NAME=VALUE: of a flag that is there twice the last one counts, and what a
# unit's Environment= adds stands behind what its files say.
check_last() {
  [ "$KIND" = systemd ] || return 0
  identity
  cl_id=$ID
  [ -n "$cl_id" ] || return 0
  command_line "${cl_id% *}" >"$TX/flag.run"
  flag_words "$fl_name" >"$TX/flag.file"
  cl_last=$(awk -v flag="$1" -v name="${1%%=*}" '
    $0 != name && index($0, name "=") != 1 { next }
    FILENAME == ARGV[1] { more++; last = $0; next }
    { more-- }
    END { if (more > 0 && last != flag) print last }' "$TX/flag.run" "$TX/flag.file")
  [ -z "$cl_last" ] ||
    die "$fl_name gets $cl_last from elsewhere than $fl_path (an EnvironmentFile=?), and the last one counts: set $1 for $fl_name there yourself and restart it, nothing was touched"
}

command_line() { tr '\000' '\n' <"$PROC/$1/cmdline" 2>/dev/null; }

# flags_changed NAME: this run has replaced a file of its flags, FLAG_PATH.
flags_changed() {
  grep -qsx "$1" "$TX/flagged" && [ -f "$TX/journal" ] || return 1
  flag_path
  ! grep -qx "[0-9]* file replaced $FLAG_PATH" "$TX/facts" || return 0
  while read -r fd_name fd_n FLAG_PATH; do
    [ "$fd_name" != "$1" ] || ! grep -qx "$fd_n file replaced $FLAG_PATH" "$TX/facts" || return 0
  done <"$TX/flag.env"
  return 1
}

# runs_its_flags NAME: its process has the flags of the plan as its files have them,
# which after a put back are the old ones. Without it a process that the kubelet
# started from the manifest before would pass for the new one. A static pod has
# no flags from elsewhere, so it must have no others of these names either.
runs_its_flags() {
  flags_changed "$1" || return 0
  identity
  ri_id=$ID
  [ -n "$ri_id" ] || return 1
  awk -v name="$1" '($1 == "flag" || $1 == "replaceflag") && $2 == name { sub(/=.*/, "=", $3); print $3 }' \
    "$TX/plan" >"$TX/flag.names"
  command_line "${ri_id% *}" >"$TX/flag.run"
  flag_words "$1" | grep -F -f "$TX/flag.names" >"$TX/flag.file" || :
  ! beyond "$TX/flag.run" "$TX/flag.file" || return 1
  last_flags "$TX/flag.run" >"$TX/flag.last"
  ! beyond "$TX/flag.last" "$TX/flag.file" || return 1
  [ "$KIND" = static-pod ] || return 0
  grep -F -f "$TX/flag.names" "$TX/flag.run" >"$TX/flag.ours" || return 0
  ! beyond "$TX/flag.file" "$TX/flag.ours"
}

# flag_words NAME [unit]: what its files say, a word a line; with "unit" the unit alone.
flag_words() {
  fw_path=$FLAG_PATH
  [ "$KIND" = static-pod ] || fw_path=$(cat "$TX/command.$1")
  command_words "$ROOT$fw_path"
  [ "$KIND" = static-pod ] || [ -n "${2:-}" ] || variable_words "$1"
}

# last_flags FILE: of each flag the last one, which counts.
last_flags() { awk '{ name = $0; sub(/=.*/, "", name); last[name] = $0 } END { for (name in last) print last[name] }' "$1"; }

# command_lines FILE: the lines that may hold flags, each after its number: of a
# unit file those of its command, of a manifest all but comments.
command_lines() {
  awk -v kind="$KIND" '
    /^[ \t]*[#;]/ { next }
    { goes = kind == "static-pod" || /^ExecStart=/ || (goes && more); more = /\\$/ }
    goes { print NR, $0 }' "$1"
}

# command_words FILE: what those lines say, a word a line.
command_words() { command_lines "$1" | awk '{ sub(/^[0-9]* /, ""); gsub(/[ \t"\047\\]+/, "\n"); print }'; }

# set_flag flag|replaceflag --NAME=VALUE: in $TX/new/$sa_n. 3: it is there in a
# form that is not touched; 4: there is no place to add it; 5: it is not there
# and is not to be added.
set_flag() {
  command_lines "$TX/new/$sa_n" >"$TX/flag.lines"
  awk -v name="${2%%=*}" -v flag="$2" -v how="$1" -v unit="${UNIT%.service}" -v lines="$(wc -l <"$TX/new/$sa_n")" '
    FILENAME == ARGV[1] { may[$1]; next }
    { line[FNR] = $0 }
    END {
      for (i = 1; i <= FNR; i++) {
        if (!(i in may)) continue
        out = ""; rest = line[i]
        while ((at = index(rest, name)) > 0) {
          before = at == 1 ? " " : substr(rest, at - 1, 1)
          after = substr(rest, at + length(name), 1)
          out = out substr(rest, 1, at - 1); rest = substr(rest, at)
          if (index(" \t\"\047", before) && after == "=") {
            match(rest, /^[^ \t"\047\\]*/)
            if (substr(rest, RLENGTH, 1) ~ /[],]/) exit 3 # a list on one line
            out = out flag; rest = substr(rest, RLENGTH + 1); found = 1
          } else {
            if (index(" \t\"\047", before) && (after == " " || after == "")) exit 3
            out = out name; rest = substr(rest, length(name) + 1)
          }
        }
        line[i] = out rest
      }
      if (!found && how == "replaceflag") exit 5
      for (i = 1; i <= FNR && !found; i++) {
        if (line[i] ~ ("^ *- ([^ ]*/)?" unit " *$")) {
          lead = line[i]; sub(/-.*/, "- ", lead)
          line[i] = line[i] "\n" lead flag; found = 1
        } else if (line[i] ~ ("^ExecStart=([^ ]*/)?" unit "([ \\\\]|$)")) {
          match(line[i], ("^ExecStart=([^ ]*/)?" unit))
          line[i] = substr(line[i], 1, RLENGTH) " " flag substr(line[i], RLENGTH + 1); found = 1
        }
      }
      if (!found) exit 4
      for (i = 1; i <= FNR; i++) printf "%s%s", line[i], (i < FNR || lines == FNR ? "\n" : "")
    }' "$TX/flag.lines" "$TX/new/$sa_n" >"$TX/flags.new" || return $?
  mv "$TX/flags.new" "$TX/new/$sa_n"
}
