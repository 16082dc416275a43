# ---- payload: header, allow-list, parts ----------------------------------

# check_payload FILE VERB: the header fits the body, byte for byte. Leaves the
# body in FILE.body. A cut or altered payload ends here, nothing was done.
check_payload() {
  IFS= read -r cp_head <"$1" || : # its body is missing then
  # shellcheck disable=SC2086 # the header is words
  set -- "$1" "$2" $cp_head
  [ "$#" -eq 7 ] && [ "$3" = kube-pki ] || die "stdin holds no kube-pki payload: the line was cut or something else wrote to it, run again"
  [ "$4" = 1 ] || die "payload version $4 is not known to this node.sh (1): run the install step first"
  [ "$5" = "$2" ] || die "the payload is for '$5', the command is '$2': give it to the verb that it is for"
  sed 1d "$1" >"$1.body" 2>/dev/null || no_room "for the payload"
  [ "$(($(wc -c <"$1.body")))" = "$6" ] || {
    [ "$(($(sed 1d "$1" | wc -c)))" != "$6" ] || no_room "for the payload" # some tools say nothing
    die "the payload is truncated: $6 bytes were announced, run again"
  }
  [ "$(sha256 "$1.body")" = "$7" ] || die "the payload was altered on its way: its sha256 does not fit, run again"
  is_text "$1.body" || die "the payload holds bytes that are not plain text: take them out of the stack file"
  set_sum "$7"
}

# is_text FILE: no NUL and no other control character, which the tools below do not treat alike.
is_text() { [ "$(tr -d '\011\012\015\040-\176\200-\377' <"$1" | wc -c | tr -d ' ')" = 0 ]; }

# set_sum SUM: and its first 8 digits, by which people know it.
set_sum() {
  SUM=$1
  SUM8=${SUM%"${SUM#????????}"}
}

# read_plan VERB: $TX/body -> $TX/plan (the directives) and $TX/parts/NAME.
# Values are checked against the allow-list here, once, before anything uses
# them. The value of an unknown line is never shown: it may be a key's text.
read_plan() {
  mkdir "$TX/parts"
  awk -v verb="$1" -v dir="$TX/parts/" '
    BEGIN {'"$GRAMMAR"'}
    function bad(text) { print "payload line " NR ": " text; failed = 1; exit 1 }
    function folder(path) { sub(/[^\/]*$/, "", path); return path }
    function refer(kind, key) { wanted[kind SUBSEP key] = NR }
    function define(kind, key) {
      if ((kind SUBSEP key) in known) bad(kind " " key " stands twice")
      known[kind SUBSEP key] = 1
    }
    # an empty part would be laid over a key or a CA
    left > 0 {
      if (/[^ \t]/) filled = 1
      print > out
      if (--left == 0) { close(out); if (!filled) bad("part " name " is empty") }
      next
    }
    {
      if (!((verb " " $1) in shape)) bad("no line of this kind is known to a node.sh of version 1")
      n = split(shape[verb " " $1], want, " ")
      line = $1; for (i = 2; i <= NF; i++) line = line " " $i
      if (NF != n + 1 || line != $0) bad($1 " takes " n " fields with one space between them")
      for (i = 1; i <= n; i++) {
        t = want[i]; v = $(i + 1)
        if (v !~ type[t] || (long[t] && length(v) > long[t]) || length(v) < short[t]) bad($1 " has a " t " that is not allowed: " v)
        if (t ~ /^path/ && (v ~ /\.\.|\/\/|\/$|\/\.\/|\/\.$/ || v ~ /^\/var\/lib\/kube-pki(\/|$)/))
          bad($1 " has a path that is not allowed: " v)
        if (t == "file" && (v == "." || v == "..")) bad($1 " has a target that is not allowed: " v)
      }
      print > (dir "../plan")
    }
    $1 == "part" {
      define("part", $2); name = $2; out = dir $2; left = $3 + 0; filled = 0
      if (left == 0) bad("part " name " is empty")
    }
    $1 == "node" || $1 == "start" || $1 == "kubeconfig" || $1 == "token-kid" || $1 == "round" || $1 == "restored" || $1 == "proof" { define($1, "line") }
    $1 == "copy" { define("path", $2) }
    $1 == "gate" { define($1, $2) }
    $1 == "leaf" { define("leaf", $2) }
    $1 == "leaf" && verb == "apply" { refer("part", "cert:" $2); refer("part", $6) }
    $1 == "cn" { define("cn", $2); refer("leaf", $2) }
    $1 == "o" || $1 == "san" || $1 == "allow" { refer("leaf", $2) }
    $1 == "trust" { define("trust", $2); refer("part", $2) }
    $1 == "known" || $1 == "server" { refer("part", $2) }
    $1 == "file" || $1 == "guard" {
      k = split($NF, p, ",")
      for (i = 1; i <= k; i++) {
        if (p[i] !~ type["part"]) bad($1 " has a part that is not allowed: " p[i])
        if (p[i] ~ /^key:/ && $1 == "file" && verb == "apply") refer("leaf or part", p[i]); else refer("part", p[i])
        if (k > 1 && $1 == "file") shared[p[i]] = NR
      }
    }
    $1 == "file" || $1 == "seed" || $1 == "kubeconfig-ca" { define("path", $2) }
    $1 == "kubeconfig-ca" || $1 == "stale" || $1 == "only" { refer("part", $3) }
    $1 == "keep" { refer("path", $2); refer("part", $3) }
    $1 == "link" { define("path", $2); refer("path", folder($2) $3) }
    $1 == "have" {
      k = split($3, p, ",")
      for (i = 1; i <= k; i++) {
        if (p[i] ~ /^cert:/) known["leaf" SUBSEP substr(p[i], 6)] = 1
      }
      if (k == 2 && substr(p[1], 5) != substr(p[2], 4)) bad("have names two profiles: " $3)
      if ($4 != "-") refer("part", $4)
    }
    $1 == "consumer" { define("consumer", $2) }
    $1 == "use" { refer("consumer", $2); refer("path", $4) }
    $1 == "flag" || $1 == "replaceflag" || $1 == "before" || $1 == "member" || $1 == "joining" || $1 == "lease" { refer("consumer", $2) }
    $1 == "before" { refer("consumer", $3) }
    $1 == "lease" { refer("leaf", $5) }
    $1 == "served" { refer("consumer", $2); refer("leaf", $4) }
    $1 == "accepted" || $1 == "aggregated" { refer("consumer", $2); refer("leaf", $5) }
    $1 == "aggregated" { refer("leaf", $4) }
    $1 == "chain" { refer("consumer", $2); refer("leaf", $3) }
    $1 == "trusts" { refer("consumer", $2) }
    $1 == "reads" { refer("consumer", $2); refer("path", $4) }
    $1 == "health" { refer("consumer", $2); if ($6 != "-") refer("leaf", $6) }
    END {
      if (failed) exit 1
      if (left > 0) bad("the last part is " left " lines short")
      if (!(("node" SUBSEP "line") in known)) bad("the node line is missing")
      for (w in shared) if (("trust" SUBSEP w) in known) {
        NR = shared[w]
        bad("puts part " w ", which is merged, into one file with others")
      }
      for (w in wanted) {
        split(w, q, SUBSEP)
        if (q[1] == "leaf or part") {
          if (("part" SUBSEP q[2]) in known || ("leaf" SUBSEP substr(q[2], 5)) in known) continue
        } else if (w in known) continue
        NR = wanted[w]
        bad("names a " q[1] " that the payload does not have: " q[2])
      }
    }
  ' "$TX/body" >"$TX/wrong" ||
    die "$(sed -n 1p "$TX/wrong"): nothing was touched; run the install step first, so that node.sh is of the program's version"
  MERGES=' '
  KEEPS=' '
  SERVERS=' '
  while read -r rp_word rp_value rp_more _; do
    case $rp_word in
      node) NODE=$rp_value ;;
      start) START=$rp_value ;;
      trust) MERGES="$MERGES$rp_value=$rp_more " ;;
      keep) KEEPS="$KEEPS$rp_value " ;;
      server) [ "$rp_value" != ca:kubernetes ] || SERVERS="$SERVERS$rp_more " ;;
    esac
  done <"$TX/plan"
  [ "$1" = objects ] || check_openssl # no certificate is looked into there
}

START=existing
MERGES=  # "PART=append|prepend|retire" of each part that is merged, with a blank before and behind
KEEPS=   # the kubeconfigs of which all that is not this cluster's stays, as above
SERVERS= # HOST:PORT of each API server of this cluster, as above

# list_inline: $TX/inline gets "PART NAME" where PART carries @b64:NAME@.
list_inline() {
  awk '
    /@b64:/ {
      name = ""
      for (rest = $0; match(rest, /@b64:[a-z0-9][a-z0-9.:-]*@/); rest = substr(rest, RSTART + 1)) name = substr(rest, RSTART + 5, RLENGTH - 6)
      part = FILENAME; sub(/.*\//, "", part)
      if (name != "") print part, name
    }' "$TX"/parts/* >"$TX/inline" 2>/dev/null || no_room
  while read -r li_part li_name; do
    [ -f "$TX/parts/$li_name" ] || die "part $li_part takes @b64:$li_name@, which the payload does not have"
  done <"$TX/inline"
}

# expand_parts: in each part, @b64:NAME@ becomes the base64 of part NAME. The
# text goes through files, never through an argument that ps could show.
expand_parts() {
  [ -s "$TX/inline" ] || return 0
  set --
  while read -r ep_part ep_name; do
    [ -f "$TX/b64:$ep_name" ] || base64 <"$TX/parts/$ep_name" >"$TX/b64:$ep_name"
    case " $* " in *" $TX/parts/$ep_part "*) ;; *) set -- "$@" "$TX/parts/$ep_part" ;; esac
  done <"$TX/inline"
  mkdir "$TX/expanded"
  awk -v from="$TX/b64:" -v to="$TX/expanded/" '
    function done() { if (out != "" && close(out)) { failed = 1; exit 1 } }
    FNR == 1 { done(); out = FILENAME; sub(/.*\//, "", out); out = to out }
    {
      if (match($0, /@b64:[a-z0-9][a-z0-9.:-]*@/)) {
        file = from substr($0, RSTART + 5, RLENGTH - 6); text = ""
        while ((getline line < file) > 0) text = text line
        close(file)
        $0 = substr($0, 1, RSTART - 1) text substr($0, RSTART + RLENGTH)
      }
      print > out
    }
    END { if (!failed) done() }' "$@" 2>/dev/null || no_room
  mv "$TX/expanded"/* "$TX/parts/"
}
