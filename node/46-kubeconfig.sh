# ---- kubeconfigs: read entry by entry, changed field by field ------------------

# An admin's kubeconfig may lead to other clusters too, and carry fields that no
# stack knows (proxy-url, tls-server-name, exec): all of it stays.

# read_kubeconfig FILE: $TX/kc gets "SECTION N FIELD VALUE" for each field of the
# entries of clusters, contexts and users; N counts from 1. Block YAML, as kubectl
# and kubeadm write it; "count 0 clusters N"; "strange - - WHY" for what is written
# otherwise. KC is the same, with "." for what the fields -data hold.
read_kubeconfig() {
  KC_OPEN=
  KC=$NL$(kubeconfig_awk "$1" /dev/null)$NL
}

KC_OPEN= # the one whose context was found last, while nothing has replaced it

# edit_kubeconfig FILE EDITS: FILE with other values, every other byte as it was.
# EDITS has "SECTION N FIELD PATH [SECTION N FIELD]": the value is in that file, by
# itself or in the line of the latter; "-" takes the field away. A value is never an
# argument: it may be a key.
edit_kubeconfig() { kubeconfig_awk "$1" "$2" "$(wc -l <"$1")"; }

kubeconfig_awk() {
  awk -v edits="$2" -v ends="${3:-}" -v table="$TX/kc" '
    function strange(why) { if (!editing && !failed) tell("strange - - " why); failed = 1; exit }

    # tell LINE: to $TX/kc and to KC
    function tell(line) {
      print line > table
      if (match(line, /^[a-z]+ [0-9]+ [a-z-]+-data ./)) line = substr(line, 1, RLENGTH - 1) "."
      print line
    }

    # scalar TEXT: the value in what follows a colon; START and LONG say where it is.
    function scalar(text, quote) {
      match(text, /^[ \t]*/); START = RLENGTH + 1; LONG = 0
      text = substr(text, START); quote = substr(text, 1, 1)
      if (quote == "\"" || quote == "\047") {
        text = substr(text, 2); START++
        LONG = closing(text, quote) - 1
        if (LONG < 0) strange("a value that goes on in the next line")
        return substr(text, 1, LONG)
      }
      if (text ~ /^[|>&*!]/) strange("a value that begins with " quote)
      if (match(text, /(^|[ \t]+)#/)) text = substr(text, 1, RSTART - 1)
      sub(/[ \t\r]+$/, "", text)
      LONG = length(text)
      return text
    }

    # closing TEXT QUOTE: where the quote is that ends it; none is escaped by another
    # one, or by a backslash, which is not escaped itself.
    function closing(text, quote, at, more) {
      while (more = index(substr(text, at + 1), quote)) {
        at += more
        if (quote == "\047") {
          if (substr(text, at + 1, 1) != quote) return at
          at++
        } else {
          match(substr(text, 1, at - 1), /\\*$/)
          if (RLENGTH % 2 == 0) return at
        }
      }
      return 0
    }

    # value ID: what is wanted of it
    function value(id, line, found) {
      while ((getline line < want[id]) > 0) {
        if (!(id in of)) { found = line; break }
        if (index(line, of[id]) == 1) { found = substr(line, length(of[id]) + 1); break }
      }
      close(want[id])
      return found
    }

    # with TEXT: LINE with it where the value is that scalar found BEHIND the colon.
    function with(text, before) {
      before = substr(behind, 1, START - 1)
      if (text != "" && LONG == 0 && before == "") before = " "
      return substr($0, 1, length($0) - length(behind)) before text (LONG == 0 && substr(behind, START) ~ /^#/ ? " " : "") substr(behind, START + LONG)
    }

    # tell FIELD VALUE, or put the wanted value in its place in LINE.
    function field_line(id, text) {
      if (!editing) { tell(id " " text); return }
      if (!(id in want)) return
      done[id]
      if (want[id] == "-") gone[NR]
      else lines[NR] = with(value(id))
    }

    # the map of an entry begins; one that is empty may be written as {}
    function open_map(text) {
      if (text != "" && text != "{}" && text != "null" && text != "~") strange("all of " key " in one line")
      inside = section " " n; opens[NR] = inside; pad[inside] = sprintf("%" (col + 2) "s", "")
      if (text != "") { START = match(behind, /[ \t]*[^ \t]/); LONG += RLENGTH - 1; bare[NR] = with("") }
    }

    function end_entry() { if (section != "" && n > 0 && !had) strange("an entry of " section " without " inner[section]) }

    BEGIN {
      editing = ends != ""
      if (!editing) printf "" > table
      while (editing && (getline line < edits) > 0) {
        k = split(line, w, " ")
        want[w[1] " " w[2] " " w[3]] = w[4]
        if (k > 4) of[w[1] " " w[2] " " w[3]] = w[5] " " w[6] " " w[7] " "
        fields[w[1] " " w[2]] = fields[w[1] " " w[2]] " " w[3]
      }
      inner["clusters"] = "cluster"; inner["contexts"] = "context"; inner["users"] = "user"
    }

    {
      lines[NR] = $0
      line = $0; sub(/\r$/, "", line)
      if (NR == 1) sub(/^\357\273\277/, "", line)
      if (line ~ /^ *(#|$)/ || !begun && line ~ /^%/) next
      if (line ~ /^(---|\.\.\.)([ \t]+#.*|[ \t]*)$/) { over = begun; next }
      if (over || line ~ /^---[ \t]/) strange("more than one document")
      if (line ~ /^ *\t/) strange("a line indented by a tab")
      match(line, /^ */); col = RLENGTH; line = substr(line, col + 1)
      if (section == "" && line ~ /^[{[]/) strange("JSON")
      if (!begun && col > 0) strange("all of it indented")
      begun = 1
      item = line ~ /^-( |$)/

      # an entry begins: what follows the dash is its first line
      if (section != "" && item && (dash < 0 || col == dash)) {
        end_entry()
        dash = col; n++; count[section] = n; entry = field = -1; inside = ""; had = filled = empty = 0
        match(line, /^- */); col += RLENGTH; line = substr(line, RLENGTH + 1)
        if (line ~ /^(#|$)/) next
        item = 0
      } else if (col == 0 && !item) { end_entry(); section = "" }

      if (!match(line, /^["\047]?[A-Za-z][A-Za-z0-9_-]*["\047]?[ \t]*:([ \t]|$)/)) {
        if (col > level && (filled || empty && !item)) strange("a value that goes on in the next line")
        if (!item && (section == "" ? line ~ /^[?<]/ : n > 0 && (entry < 0 || col <= (inside != "" && field >= 0 ? field : entry))))
          strange("a line that is no field")
        filled = empty = 0
        next
      }
      key = substr(line, 1, RLENGTH); sub(/[ \t]*:.*/, "", key); gsub(/["\047]/, "", key)
      behind = substr(line, RLENGTH + (line ~ /^[^:]*:$/)) ($0 ~ /\r$/ ? "\r" : "")
      filled = empty = 0

      if (col == 0 && section == "") {
        text = read()
        if (key in inner) {
          if (text != "" && text != "[]" && text != "null") strange("all of " key " in one line")
          if (key in seen) strange(key " twice")
          seen[key]
          section = key; n = 0; dash = -1; inside = ""; had = filled = 0
        } else if (key == "current-context" && !editing) tell("current 0 name " text)
      } else if (section != "" && n > 0 && (entry < 0 || col == entry)) {
        entry = col; field = -1; inside = ""
        text = read()
        if (key == "name" && !editing) tell(section " " n " name " text)
        if (key == inner[section]) { filled = 0; had = 1; open_map(text) }
      } else if (inside != "" && col > entry && (field < 0 || col == field)) {
        if (field < 0) pad[inside] = sprintf("%" col "s", "")
        field = col
        field_line(inside " " key, read())
      }
    }

    # fields that were not there come first in their entry
    END {
      if (!editing) {
        if (!failed) end_entry()
        if (!failed) tell("count 0 clusters " count["clusters"] + 0)
        if (close(table)) exit 1
        exit
      }
      for (i = 1; i <= NR; i++) {
        if (i in gone) continue
        added = ""
        k = i in opens ? split(fields[opens[i]], f, " ") : 0
        for (j = 1; j <= k; j++) {
          id = opens[i] " " f[j]
          if (!(id in done) && want[id] != "-")
            added = added "\n" pad[opens[i]] f[j] ": " value(id) (lines[i] ~ /\r$/ ? "\r" : "")
        }
        printf "%s%s%s", (i > 1 ? "\n" : ""), (added != "" && i in bare ? bare[i] : lines[i]), added
      }
      if (NR == ends + 0) print ""
    }

    # read: the value of this line; LEVEL is where its key stands, and what is
    # indented more belongs to it.
    function read(text) {
      level = col
      text = scalar(behind)
      filled = text != ""; empty = !filled
      return text
    }' "$1"
}
