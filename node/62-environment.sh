# ---- environment: flags that a unit gets by a variable of an EnvironmentFile= ----

# know_variables NAME: $TX/command.NAME gets the file of its command, $TX/vars.NAME "split|whole VARIABLE FILE" for each word of
# the command of unit $fl_path that is "$VARIABLE", which systemd makes words of, or
# "${VARIABLE}", and that an EnvironmentFile= sets. The last file that has it counts.
know_variables() {
  : >"$TX/vars.$1"
  [ "$KIND" = systemd ] && [ -n "$fl_path" ] || return 0
  kv_command=$fl_path
  unit_fact DropInPaths
  for kv_drop in $FACT; do
    ! grep -Eqs '^ExecStart=' "$ROOT$kv_drop" || kv_command=$kv_drop
  done
  echo "$kv_command" >"$TX/command.$1"
  unit_fact EnvironmentFiles
  printf '%s\n' "$FACT" | sed 's/^EnvironmentFiles=//; s/ (ignore_errors=[a-z]*)$//' >"$TX/flag.from"
  command_words "$ROOT$kv_command" >"$TX/flag.command" 2>/dev/null || return 0
  # a shell or another wrapper would make words of its own; ":" expands nothing
  grep -Eqx "ExecStart=[-@+!]*([^ ]*/)?($1|${UNIT%.service})" "$TX/flag.command" || return 0
  sed -n 's/^\$\([A-Za-z_][A-Za-z0-9_]*\)$/split \1/p; s/^\${\([A-Za-z_][A-Za-z0-9_]*\)}$/whole \1/p' "$TX/flag.command" |
    awk '!seen[$2]++' >"$TX/flag.named"
  while read -r kv_kind kv_name <&6; do
    kv_file=
    while read -r kv_path <&7; do
      [ ! -f "$ROOT$kv_path" ] || [ "$(variable "$ROOT$kv_path" has "$kv_name")" != yes ] || kv_file=$kv_path
    done 7<"$TX/flag.from"
    [ -z "$kv_file" ] || echo "$kv_kind $kv_name $kv_file" >>"$TX/vars.$1"
  done 6<"$TX/flag.named"
}

# variable_words NAME: what these variables hold, a word a line.
variable_words() {
  while read -r vw_kind vw_name vw_path <&6; do
    variable "$ROOT$vw_path" words "$vw_name" "$vw_kind"
  done 6<"$TX/vars.$1"
}

# set_in_variables NAME --NAME=VALUE: in the staged file of each variable that
# has the flag. 5: none has it; 3: with SV_WHY, it stays.
set_in_variables() {
  sv_found=5
  SV_WHY=
  while read -r sv_kind sv_name sv_path <&6; do
    sv_code=0
    variable "$(text_of "$sv_path")" replace "$sv_name" "$sv_kind" "$2" >"$TX/flag.set" || sv_code=$?
    [ "$sv_code" -ne 5 ] || continue
    sv_found=$sv_code
    [ "$sv_code" -eq 0 ] || SV_WHY="$sv_path does not hold ${2%%=*} in the form --name=value"
    keep_setting || sv_found=3
    [ "$sv_found" -eq 0 ] || break
  done 6<"$TX/vars.$1"
  return "$sv_found"
}

# add_in_variables NAME --NAME=VALUE: behind what the last variable says that may hold
# several words, if the command has its flags there: one beside others in the unit goes
# to them. 5: it is not to be there; 3: with SV_WHY.
add_in_variables() {
  SV_WHY=
  [ -n "$fl_bad" ] || ! command_words "$TX/new/$fl_n" | grep -q '^-' || return 5
  sv_line=$(grep '^split ' "$TX/vars.$1" | sed -n '$p')
  [ -n "$sv_line" ] || return 5
  sv_name=${sv_line#* }
  sv_path=${sv_name#* }
  sv_name=${sv_name%% *}
  if variable "$(text_of "$sv_path")" add "$sv_name" split "$2" >"$TX/flag.set"; then
    keep_setting || return 3
  else
    SV_WHY="$sv_path has quotes in $sv_name that end nowhere"
    return 3
  fi
}

# keep_setting: $TX/flag.set becomes the staged file of $sv_path; 1 with SV_WHY where it
# differs and must not.
keep_setting() {
  [ -z "$SV_WHY" ] || return 1
  if ! cmp -s "$TX/flag.set" "$(text_of "$sv_path")"; then
    SV_WHY=$(variable_trouble)
    [ -z "$SV_WHY" ] || return 1
  fi
  ks_n=$(staged_as "$sv_path")
  if [ -z "$ks_n" ]; then
    sa_n=$((sa_n + 1))
    ks_n=$sa_n
  fi
  cat "$TX/flag.set" >"$TX/new/$ks_n" || no_room
  grep -qx "$fl_name $ks_n $sv_path" "$TX/flag.env" || echo "$fl_name $ks_n $sv_path" >>"$TX/flag.env"
}

# staged_as PATH: its number, if it is staged.
staged_as() { awk -v path="$1" '$3 == path { n = $2 } END { if (n) print n }' "$TX/flag.env"; }

# text_of PATH: its staged file, or the live one.
text_of() {
  to_n=$(staged_as "$1")
  if [ -n "$to_n" ]; then echo "$TX/new/$to_n"; else echo "$ROOT$1"; fi
}

# variable_trouble: why $sv_path is not ours to change, nothing if it is. Another unit
# that is given the same variable may not know the flag, and would not start again.
variable_trouble() {
  case $sv_path in
    /etc/* | /var/* | /opt/*) ;;
    *)
      echo "$sv_path belongs to a package"
      return
      ;;
  esac
  if grep -Eq '^[ 	]*[#;].*\\$' "$ROOT$sv_path"; then
    # the line after it is a comment for systemd before 254, and none since
    echo "$sv_path has a comment that ends with a backslash"
    return
  fi
  grep -rlsF "$sv_path" "$ROOT/etc/systemd/system" "$ROOT/run/systemd/system" "$ROOT/usr/lib/systemd/system" "$ROOT/lib/systemd/system" |
    while read -r vt_unit; do
      case $vt_unit in */"${UNIT%.service}.service" | */"${UNIT%.service}.service.d/"*) continue ;; esac
      ! grep -Eq "\\\$(\{$sv_name\}|$sv_name([^A-Za-z0-9_]|\$))" "$vt_unit" || echo "$sv_path gives $sv_name to ${vt_unit##*/} as well"
    done | sed -n 1p
}

# variable FILE has|words|replace|add VARIABLE [KIND [--NAME=VALUE]]: as systemd reads an
# EnvironmentFile= (parse_env_file_internal, replace_env_argv): quotes, escapes, values of
# several lines, the last assignment counts. replace and add print the whole file. 3: it
# is there in a form that is not touched, 5: it is not there.
variable() {
  awk -v how="$2" -v wanted="$3" -v kind="${4:-split}" -v flag="${5:-}" -v lines="$(wc -l <"$1")" '
    function put(char, at) { char_of[++count] = char; place[count] = at; end = at + 1; blank = 0 }
    function begin() { count = 0; odd = 0; blank = 0 }
    function assigned(   name, i) {
      name = key; key = ""; state = "before"
      sub(/[ \t]+$/, "", name)
      if (name != wanted) return
      if (blank) { count -= blank; end = count ? place[count] + 1 : end }
      has = 1; value = ""; last = end; bad = odd; chars = count
      for (i = 1; i <= count; i++) { value = value char_of[i]; at_of[i] = place[i] }
    }
    function read_all(   i, c, newline) {
      state = "before"
      for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1); newline = c == "\n" || c == "\r"
        if (state == "before") {
          if (c == "#" || c == ";") state = "comment"
          else if (c !~ /[ \t\n\r]/) { state = "key"; key = c }
        } else if (state == "comment") { if (newline) state = "before" }
        else if (state == "key") {
          if (newline) state = "before"
          else if (c == "=") { state = "value"; begin(); end = i + 1 } else key = key c
        } else if (state == "value") {
          if (newline) assigned()
          else if (c == "\047" || c == "\"") { state = c; if (!count) end = i + 1 }
          else if (c == "\\") state = "escaped"
          else if (c !~ /[ \t]/) { state = "plain"; put(c, i) }
        } else if (state == "plain") {
          if (newline) assigned()
          else if (c == "\\") { state = "escaped"; blank = 0 }
          else if (c ~ /[ \t]/) { ws = blank + 1; put(c, i); blank = ws } else put(c, i)
        } else if (state == "escaped") { state = "plain"; if (!newline) put(c, i) }
        else if (state == "\047") {
          if (c == "\047") state = "value"
          else { if (c == "\\") odd = 1; put(c, i) } # an escape for old ones
        } else if (state == "\"") {
          if (c == "\"") state = "value"
          else if (c == "\\") state = "quoted"
          else put(c, i)
        } else if (state == "quoted") {
          state = "\""
          if (index("\"\\`$", c)) put(c, i)
          else if (c != "\n") { put("\\", i - 1); put(c, i) }
        }
      }
      if (state == "\047" || state == "\"" || state == "quoted") odd = 1
      if (state != "before" && state != "comment" && state != "key") assigned()
    }
    # words: where each begins and ends in the value, and what it says without its quotes
    function cut(   i, c, quote, escaped) {
      words = 0; open = 0
      for (i = 1; i <= chars; i++) {
        c = substr(value, i, 1)
        if (!open && kind == "split" && c ~ /[ \t\n\r]/) continue
        if (!open) { open = 1; from[++words] = i; said[words] = ""; plain[words] = 1 }
        if (kind == "whole") said[words] = said[words] c
        else if (escaped) { said[words] = said[words] c; escaped = 0 }
        else if (c == "\\") { escaped = 1; plain[words] = 0 }
        else if (quote != "") { if (c == quote) quote = ""; else said[words] = said[words] c }
        else if (c == "\"" || c == "\047") { quote = c; plain[words] = 0 }
        else if (c ~ /[ \t\n\r]/) open = 0
        else said[words] = said[words] c
        if (open) to[words] = i
      }
      if (quote != "" || escaped) bad = 1
    }
    function named(word) {
      if (word !~ /^-/) return ""
      sub(/=.*/, "", word); sub(/^--?/, "", word); gsub(/_/, "-", word)
      return word
    }
    { text = text $0 (NR <= lines ? "\n" : "") }
    END {
      read_all()
      if (how == "has") { if (has) print "yes"; exit }
      cut()
      if (how == "words") { for (i = 1; i <= words; i++) { gsub(/[\n\r]/, " ", said[i]); print said[i] }; exit }
      if (how == "add") {
        if (!has || bad) exit 3
        first = at_of[1]
        if (value ~ /^[A-Za-z0-9._\/:,@=-]+$/ && substr(text, first, last - first) == value && substr(text, first - 1, 1) !~ /["\047]/) {
          # one word without quotes: a shell that reads the file would run the second one
          text = substr(text, 1, first - 1) "\"" substr(text, first, last - first) " " flag "\"" substr(text, last)
          printf "%s", text
          exit
        }
        printf "%s%s%s%s", substr(text, 1, last - 1), (value == "" || value ~ /[ \t\n]$/ ? "" : " "), flag, substr(text, last)
        exit
      }
      code = 5; name = flag; sub(/=.*/, "", name)
      for (i = words; i >= 1; i--) {
        if (named(said[i]) != substr(name, 3)) continue
        start = at_of[from[i]]; stop = at_of[to[i]]
        if (bad || !plain[i] || index(said[i], name "=") != 1 || stop - start != to[i] - from[i]) exit 3
        text = substr(text, 1, start - 1) flag substr(text, stop + 1); code = 0
      }
      if (code == 0) printf "%s", text
      exit code
    }' "$1"
}
