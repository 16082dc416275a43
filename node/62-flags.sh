# ---- flags: a consumer's own, in its manifest or unit file ------------------

# stage_flags: each consumer's file with the flags of the plan, as one more
# staged file. Every other byte stays. What is there already changes nothing.
stage_flags() {
  awk '$1 == "flag" || $1 == "replaceflag" { if (!seen[$2]++) print $2 }' "$TX/plan" >"$TX/flagged"
  while read -r fl_name; do
    ! grep -qx "$fl_name skipped" "$TX/consumers" || continue
    find_consumer "$fl_name"
    fl_path=$(flag_file)
    [ -n "$fl_path" ] && [ -f "$ROOT$fl_path" ] ||
      die "$fl_name has no file of its own whose flags could be changed: set$(wanted_flags "$fl_name") yourself, nothing was touched"
    sa_n=$((sa_n + 1))
    cp "$ROOT$fl_path" "$TX/new/$sa_n"
    while read -r fl_word fl_of fl_flag <&4; do
      case "$fl_word $fl_of" in
        "flag $fl_name" | "replaceflag $fl_name") set_flag "$fl_word" "$fl_flag" ;;
      esac
    done 4<"$TX/plan"
    check_parents "$fl_path"
    # shellcheck disable=SC2046 # three words wanted
    stage_file "$sa_n" "$fl_path" $(stat -c '0%a %U %G' "$ROOT$fl_path")
    # read as any other file of this consumer: its change asks for a restart
    echo "use $fl_name restart $fl_path" >>"$TX/plan"
  done <"$TX/flagged"
}

wanted_flags() { awk -v name="$1" '($1 == "flag" || $1 == "replaceflag") && $2 == name { printf " %s", $3 }' "$TX/plan"; }

# flag_file: the manifest, or the unit file where an administrator keeps it.
flag_file() {
  case $KIND in
    static-pod) echo "${MANIFESTS#"$ROOT"}/$UNIT.yaml" ;;
    systemd)
      fl_unit=$(unit_fact FragmentPath)
      case $fl_unit in
        /etc/*) echo "$fl_unit" ;;
        '') ;;
        *) die "unit $UNIT stands in $fl_unit, which belongs to a package: copy it to /etc/systemd/system, then run again" ;;
      esac
      ;;
  esac
}

# set_flag flag|replaceflag --NAME=VALUE: in $TX/new/$sa_n. Exit 3 of awk: the
# flag is there in a form that is not touched; 4: there is no place to add it.
set_flag() {
  sg_code=0
  awk -v name="${2%%=*}" -v flag="$2" -v how="$1" -v unit="$UNIT" '
    { line[NR] = $0 }
    END {
      for (i = 1; i <= NR; i++) {
        out = ""; rest = line[i]
        if (rest ~ /^[ \t]*#/) continue
        while ((at = index(rest, name)) > 0) {
          before = at == 1 ? " " : substr(rest, at - 1, 1)
          after = substr(rest, at + length(name), 1)
          out = out substr(rest, 1, at - 1); rest = substr(rest, at)
          if (index(" \t\"\047", before) && after == "=") {
            match(rest, /^[^ \t"\047\\]*/)
            out = out flag; rest = substr(rest, RLENGTH + 1); found = 1
          } else {
            if (index(" \t\"\047", before) && (after == " " || after == "")) exit 3
            out = out name; rest = substr(rest, length(name) + 1)
          }
        }
        line[i] = out rest
      }
      if (!found && how == "flag") {
        for (i = 1; i <= NR && !found; i++) {
          if (line[i] ~ ("^ *- ([^ ]*/)?" unit " *$")) {
            lead = line[i]; sub(/-.*/, "- ", lead)
            line[i] = line[i] "\n" lead flag; found = 1
          } else if (line[i] ~ ("^ExecStart=([^ ]*/)?" unit "([ \\\\]|$)")) {
            match(line[i], ("^ExecStart=([^ ]*/)?" unit))
            line[i] = substr(line[i], 1, RLENGTH) " " flag substr(line[i], RLENGTH + 1); found = 1
          }
        }
        if (!found) exit 4
      }
      for (i = 1; i <= NR; i++) print line[i]
    }' "$TX/new/$sa_n" >"$TX/flags.new" || sg_code=$?
  case $sg_code in
    0) mv "$TX/flags.new" "$TX/new/$sa_n" ;;
    *) die "$fl_path does not hold ${2%%=*} in the form --name=value: set $2 there yourself, nothing was touched" ;;
  esac
}
