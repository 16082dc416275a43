# ---- kubeconfigs: read entry by entry, changed field by field ------------------

# An admin's kubeconfig may lead to other clusters too, and carry fields that no
# stack knows (proxy-url, tls-server-name, exec): all of it stays.

# read_kubeconfig FILE: $TX/kc gets "SECTION N FIELD VALUE" for each field of the
# entries of clusters, contexts and users; N counts from 1. Block YAML, as kubectl
# and kubeadm write it; "strange - - WHY" for what is written otherwise.
read_kubeconfig() { kubeconfig_awk "$1" /dev/null >"$TX/kc"; }

# edit_kubeconfig FILE EDITS: FILE with other values, every other byte as it was.
# EDITS has "SECTION N FIELD PATH": the value is in that file; "-" takes the field
# away. A value is never an argument: it may be a key.
edit_kubeconfig() { kubeconfig_awk "$1" "$2" "$(wc -l <"$1")"; }

kubeconfig_awk() {
  awk -v edits="$2" -v ends="${3:-}" '
    function strange(why) { if (!editing) print "strange - - " why; exit }

    # scalar TEXT: the value in what follows a colon; START and LONG say where it is.
    function scalar(text, quote) {
      match(text, /^[ \t]*/); START = RLENGTH + 1; LONG = 0
      text = substr(text, START); quote = substr(text, 1, 1)
      if (quote == "\"" || quote == "\047") {
        text = substr(text, 2); START++
        LONG = index(text, quote) - 1
        if (LONG < 0) strange("a value that goes on in the next line")
        return substr(text, 1, LONG)
      }
      if (text ~ /^[|>&*!]/) strange("a value that begins with " quote)
      if (match(text, /(^|[ \t]+)#/)) text = substr(text, 1, RSTART - 1)
      sub(/[ \t\r]+$/, "", text)
      LONG = length(text)
      return text
    }

    function first_line(path, value) { value = ""; getline value < path; close(path); return value }

    # tell FIELD VALUE, or put the wanted value in its place in LINE.
    function field_line(id, rest, value) {
      if (!editing) { print id " " value; return }
      if (!(id in want)) return
      done[id]
      if (want[id] == "-") { gone[NR]; return }
      lines[NR] = substr(rest, 1, length(rest) - length(behind)) (LONG || substr(behind, 1, START - 1) != "" ? substr(behind, 1, START - 1) : " ") \
        first_line(want[id]) substr(behind, START + LONG)
    }

    BEGIN {
      editing = ends != ""
      while (editing && (getline line < edits) > 0) {
        split(line, w, " ")
        want[w[1] " " w[2] " " w[3]] = w[4]
        fields[w[1] " " w[2]] = fields[w[1] " " w[2]] " " w[3]
      }
      inner["clusters"] = "cluster"; inner["contexts"] = "context"; inner["users"] = "user"
    }

    {
      lines[NR] = $0
      line = $0; sub(/\r$/, "", line)
      if (NR == 1) sub(/^\357\273\277/, "", line)
      if (line ~ /^ *(#|$)/ || line ~ /^(---|\.\.\.) *$/) next
      if (line ~ /^ *\t/) strange("a line indented by a tab")
      match(line, /^ */); col = RLENGTH; line = substr(line, col + 1)
      if (section == "" && line ~ /^[{[]/) strange("JSON")

      # an entry begins: what follows the dash is its first line
      if (section != "" && line ~ /^- / && (dash < 0 || col == dash)) {
        dash = col; n++; entry = field = -1; inside = ""
        match(line, /^- +/); col += RLENGTH; line = substr(line, RLENGTH + 1)
      } else if (col == 0 && line !~ /^-/) section = ""

      if (!match(line, /^["\047]?[A-Za-z][A-Za-z0-9_-]*["\047]?[ \t]*:([ \t]|$)/)) {
        if (filled && col > field) strange("a value that goes on in the next line")
        next
      }
      key = substr(line, 1, RLENGTH); sub(/[ \t]*:.*/, "", key); gsub(/["\047]/, "", key)
      behind = substr(line, RLENGTH + (line ~ /^[^:]*:$/)) ($0 ~ /\r$/ ? "\r" : "")
      filled = 0

      if (col == 0 && section == "") {
        value = scalar(behind)
        if (key in inner) {
          if (value != "" && value != "[]" && value != "null") strange("all of " key " in one line")
          section = key; n = 0; dash = -1; inside = ""
        } else if (key == "current-context" && !editing) print "current 0 name " value
      } else if (section != "" && n > 0 && (entry < 0 || col == entry)) {
        entry = col; field = -1; inside = ""
        value = scalar(behind)
        if (key == "name" && !editing) print section " " n " name " value
        if (key == inner[section]) {
          if (value != "") strange("all of " key " in one line")
          inside = section " " n; opens[NR] = inside; pad[inside] = sprintf("%" (col + 2) "s", "")
        }
      } else if (inside != "" && col > entry && (field < 0 || col == field)) {
        if (field < 0) pad[inside] = sprintf("%" col "s", "")
        field = col
        value = scalar(behind); filled = value != ""
        field_line(inside " " key, $0, value)
      }
    }

    # fields that were not there come first in their entry
    END {
      if (!editing) exit
      for (i = 1; i <= NR; i++) {
        if (i in gone) continue
        printf "%s%s", (i > 1 ? "\n" : ""), lines[i]
        if (!(i in opens)) continue
        k = split(fields[opens[i]], f, " ")
        for (j = 1; j <= k; j++) {
          id = opens[i] " " f[j]
          if (!(id in done) && want[id] != "-")
            printf "\n%s%s: %s%s", pad[opens[i]], f[j], first_line(want[id]), (lines[i] ~ /\r$/ ? "\r" : "")
        }
      }
      if (NR == ends + 0) print ""
    }' "$1"
}

# kc_field SECTION N FIELD: its value in $TX/kc, nothing if there is none.
kc_field() { sed -n "s/^$1 $2 $3 //p" "$TX/kc" | sed -n 1p; }

# kc_entries [FIELD]: the numbers of the entries of clusters, or of those with FIELD.
kc_entries() { awk -v field="${1:-}" '$1 == "clusters" && (field == "" || $3 == field) && !seen[$2]++ { print $2 }' "$TX/kc"; }

# open_kubeconfig PATH: reads the live one; one that is not understood is refused.
open_kubeconfig() {
  read_kubeconfig "$ROOT$1"
  ok_why=$(sed -n 's/^strange - - //p' "$TX/kc" | sed -n 1p)
  [ -z "$ok_why" ] ||
    die "$1 is not written as kubectl writes a kubeconfig ($ok_why): rewrite it with 'kubectl config view --raw --flatten --kubeconfig $1'"
}

# kc_blocks N PATH: whom the entry N of clusters trusts, as lines of blocks; PATH is
# the kubeconfig's, for a CA file that it names.
kc_blocks() {
  kb_data=$(kc_field clusters "$1" certificate-authority-data)
  if [ -n "$kb_data" ]; then
    echo "$kb_data" | base64 -d 2>/dev/null | pem_blocks >"$TX/kc.blocks" || :
    [ -s "$TX/kc.blocks" ] ||
      die "$2 has certificate-authority-data that is not base64 of a PEM certificate on the same line: write it so (kubectl config view --raw --flatten)"
    cat "$TX/kc.blocks"
    return
  fi
  kb_file=$(kc_file "$2" "$(kc_field clusters "$1" certificate-authority)")
  [ ! -f "$kb_file" ] || pem_blocks "$kb_file"
}

# kc_file KUBECONFIG VALUE: where a file that a kubeconfig names lies.
kc_file() {
  case $2 in
    '') ;;
    /*) echo "$ROOT$2" ;;
    *) echo "$ROOT${1%/*}/$2" ;;
  esac
}

# kc_own PATH: $TX/kc.own gets the numbers of the entries of clusters that are this
# cluster's: they trust a CA of it, or lead to a server of it.
kc_own() {
  : >"$TX/kc.own"
  for ko_n in $(kc_entries); do
    if kc_is_own "$ko_n" "$1"; then echo "$ko_n" >>"$TX/kc.own"; fi
  done
}

kc_is_own() {
  ki_server=$(kc_field clusters "$1" server)
  ki_server=${ki_server#https://}
  if grep -qsxF "server ca:kubernetes ${ki_server%/}" "$TX/plan"; then return 0; fi
  [ -f "$TX/ours/ca:kubernetes" ] || return 1
  kc_blocks "$1" "$2" >"$TX/kc.entry"
  among "$TX/ours/ca:kubernetes" "$TX/kc.entry"
}

# kc_context: KC_CLUSTER, KC_USER (numbers) and KC_CONTEXT (name) of the context that
# leads to this cluster: the current one if it does, else the first that does. Where
# none is known to, the current one; without contexts the first entries.
kc_context() {
  awk '
    FILENAME == ARGV[1] { own[$1]; next }
    { value = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", value) }
    $1 == "current" { current = value }
    $1 == "contexts" { if ($2 > n) n = $2; if ($3 == "name") name[$2] = value; else if ($3 == "cluster") cluster[$2] = value; else if ($3 == "user") user[$2] = value }
    ($1 == "clusters" || $1 == "users") && $3 == "name" { of[$1 " " value] = $2 }
    END {
      for (i = 1; i <= n; i++) {
        c = of["clusters " cluster[i]]
        rank = (c in own ? 2 : 0) + (name[i] == current ? 1 : 0)
        if (!best || rank > top) { best = i; top = rank }
      }
      if (!best) { print "1 1 " ; exit }
      c = of["clusters " cluster[best]]; u = of["users " user[best]]
      print (c == "" ? 0 : c) " " (u == "" ? 0 : u) " " name[best]
    }' "$TX/kc.own" "$TX/kc" >"$TX/kc.context"
  read -r KC_CLUSTER KC_USER KC_CONTEXT <"$TX/kc.context"
}

# stage_kubeconfig N PATH PART: the entries of this cluster trust what the part says.
# A file that is not there, and an entry that names a CA file, is left alone.
stage_kubeconfig() {
  [ -f "$ROOT$2" ] || return 0
  begin_edit "$2"
  [ -s "$TX/kc.edits" ] || return 0
  [ ! -L "$ROOT$2" ] || die "$2 is a symbolic link: put the file itself there or name its target in the layout"
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  sk_action=replaced
  ! cmp -s "$TX/new/$1" "$ROOT$2" || sk_action=unchanged
  echo "$1 file $sk_action $2" >>"$TX/facts"
  # shellcheck disable=SC2046 # three words wanted
  [ "$sk_action" = unchanged ] || write_beside "$1" "$2" $(stat -c '%a %u %g' "$ROOT$2")
}

# begin_edit PATH: $TX/kc.edits gets what the entries of this cluster trust from now
# on, $TX/kc.foreign the CAs of the file that are none of this cluster's.
begin_edit() {
  open_kubeconfig "$1"
  kc_own "$1"
  : >"$TX/kc.edits"
  : >"$TX/kc.kept"
  for be_n in $(kc_entries certificate-authority-data); do
    kc_blocks "$be_n" "$1" >"$TX/kc.entry"
    cat "$TX/kc.entry" >>"$TX/kc.kept"
    if grep -qx "$be_n" "$TX/kc.own"; then set_trust "$be_n"; fi
  done
  tell_foreign ca:kubernetes "$1" "$TX/kc.kept"
}

# set_trust N: the entry N trusts what it does, $TX/kc.entry, with the part's change.
set_trust() {
  join_trust ca:kubernetes "$TX/kc.entry" >"$TX/kc.trust"
  if cmp -s "$TX/kc.entry" "$TX/kc.trust"; then
    kc_field clusters "$1" certificate-authority-data >"$TX/kc.data.$1"
  else
    blocks_pem <"$TX/kc.trust" | base64 | tr -d '\n' >"$TX/kc.data.$1"
  fi
  echo "clusters $1 certificate-authority-data $TX/kc.data.$1" >>"$TX/kc.edits"
}

# merge_kubeconfig N PATH: $TX/new/N, a kubeconfig of the payload, becomes the live one
# with what is this cluster's of it: server, whom it trusts, client credentials.
merge_kubeconfig() {
  [ -f "$ROOT$2" ] && [ ! -L "$ROOT$2" ] || return 0
  open_kubeconfig "$2"
  grep -q '^clusters ' "$TX/kc" || return 0 # nothing to keep
  begin_edit "$2"
  kc_context
  grep -qx "$KC_CLUSTER" "$TX/kc.own" && [ "$KC_USER" -gt 0 ] ||
    die "$2 leads to another cluster: no context in it has a server of this cluster or trusts its CA; move that file away, or add a context for this cluster"
  mv "$TX/new/$1" "$TX/kc.made"
  if [ -z "$(kc_field clusters "$KC_CLUSTER" certificate-authority-data)" ]; then
    kc_blocks "$KC_CLUSTER" "$2" >"$TX/kc.entry"
    set_trust "$KC_CLUSTER"
  fi
  cp "$TX/kc" "$TX/kc.live"
  read_kubeconfig "$TX/kc.made"
  {
    for mk_field in certificate-authority insecure-skip-tls-verify; do
      echo "clusters $KC_CLUSTER $mk_field -"
    done
    kc_field clusters 1 server >"$TX/kc.server"
    echo "clusters $KC_CLUSTER server $TX/kc.server"
    for mk_field in client-certificate-data client-key-data client-certificate client-key; do
      kc_field users 1 "$mk_field" >"$TX/kc.$mk_field"
      mk_from=$TX/kc.$mk_field
      [ -s "$mk_from" ] || mk_from=-
      echo "users $KC_USER $mk_field $mk_from"
    done
  } >>"$TX/kc.edits"
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  tell_server "$2"
}

# tell_server PATH: where the live one led to another address.
tell_server() {
  ts_old=$(sed -n "s/^clusters $KC_CLUSTER server //p" "$TX/kc.live")
  ts_new=$(cat "$TX/kc.server")
  [ "${ts_old%/}" = "${ts_new%/}" ] || say "$1: server $ts_old becomes $ts_new"
}
