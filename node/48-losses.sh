# ---- losses: what certificates in place say, and those to come do not -----------

# check_losses: where the certificate in place has another subject or key algorithm
# than the one to come, that is told: a cluster that was taken over may have given
# rights to the old names. Where it has names or usages that are not to come, somebody
# may depend on them: that is refused, unless the stack file allows that very loss, or
# the certificate in place is of this stack, which then wants it so.
check_losses() {
  [ "$VERB" = apply ] || return 0
  leaves_in_place
  [ -s "$TX/in-place" ] || return 0
  have_openssl || {
    say "no openssl here: whether certificates lose names or usages cannot be told"
    return 0
  }
  : >"$TX/told"
  : >"$TX/said"
  : >"$TX/lost"
  cl_seen=
  while read -r cl_profile cl_path <&3; do
    case " $cl_seen " in *" $cl_profile "*) continue ;; esac
    live_half "cert:$cl_profile" "$cl_path" >"$TX/leaf.live"
    [ -s "$TX/leaf.live" ] || continue
    cl_seen="$cl_seen $cl_profile"
    leaf_says "$TX/leaf.live" >"$TX/says.live"
    leaf_says "$TX/parts/cert:$cl_profile" >"$TX/says.next"
    compare_leaf "$cl_profile"
  done 3<"$TX/in-place"
  [ ! -s "$TX/lost" ] || refuse_losses
  said_shortly | sed "s|^|$NODE: |" >&2
  cat "$TX/told"
}

# said_shortly: $TX/said, with what becomes of key algorithms as one line for all
# certificates to which the same happens: on a cluster that was taken over, nearly all.
said_shortly() {
  awk '
    match($0, /: algorithm /) && split(substr($0, RSTART + RLENGTH), word, " ") == 3 {
      what = substr($0, RSTART + 2)
      if (!(what in count)) order[++n] = what
      who[what] = who[what] (count[what]++ ? ", " : "") substr($0, 1, RSTART - 1)
      next
    }
    { print }
    END {
      for (i = 1; i <= n; i++) {
        what = order[i]
        print (count[what] > 1 ? count[what] " certificates" : who[what]) ": " what (count[what] > 1 ? " (" who[what] ")" : "")
      }
    }' "$TX/said"
}

# leaves_in_place: $TX/in-place gets "PROFILE PATH" for each live file with a leaf that
# is about to be replaced.
leaves_in_place() {
  awk '
    function folder(path) { sub(/[^\/]*$/, "", path); return path }
    function leaves(parts, path, p, k, i) {
      k = split(parts, p, ",")
      for (i = 1; i <= k; i++) {
        if (p[i] ~ /^cert:/) print substr(p[i], 6), path
        if (p[i] in carries) leaves(carries[p[i]], path)
      }
    }
    FILENAME == ARGV[1] { if ($3 == "replaced") replaced[$4]; next }
    FILENAME == ARGV[2] { carries[$1] = carries[$1] "," $2; next }
    $1 == "file" { parts[$2] = $6; if ($2 in replaced) leaves($6, $2) }
    $1 == "link" && $2 in replaced { leaves(parts[folder($2) $3], $2) }' "$TX/facts" "$TX/inline" "$TX/plan" >"$TX/in-place"
}

# leaf_says FILE: of its first certificate, a line each: serial, CN, O, algorithm, and
# "item" for a name or usage, written as the stack file does. No extension about usages,
# or any usage, is both of TLS.
leaf_says() {
  openssl x509 -in "$1" -noout -serial -text -nameopt multiline,-esc_msb,utf8 2>/dev/null | awk '
    function item(text) { gsub(/[^A-Za-z0-9.*:\/@_%?=&+~-]/, "_", text); print "item " text }

    # ip TEXT: eight groups as RFC 5952 writes them
    function ip(text, g, n, i, run, best, long, out) {
      n = split(tolower(text), g, ":")
      if (n != 8) return text
      for (i = 1; i <= n; i++) {
        run = g[i] == "0" ? run + 1 : 0
        if (run > 1 && run > long) { long = run; best = i - run + 1 }
      }
      for (i = 1; i <= n; i++) {
        if (long && i == best) { out = out "::"; i += long - 1; continue }
        out = out (out == "" || out ~ /::$/ ? "" : ":") g[i]
      }
      return out
    }

    function name(text) {
      if (sub(/^IP Address:/, "", text)) item("IP:" ip(text))
      else if (text ~ /^DNS:/) item("DNS:" tolower(substr(text, 5)))
      else if (text ~ /^(URI|email):/) item(text)
      else item("other:" text)
    }

    function names(text, p, k, i, one) {
      k = split(text, p, ", ")
      for (i = 1; i <= k; i++) {
        if (one != "" && p[i] ~ /^(DNS|IP Address|URI|email|othername|DirName|Registered ID|X400Name|EdiPartyName):/) { name(one); one = "" }
        one = one (one == "" ? "" : ", ") p[i]
      }
      if (one != "") name(one)
    }

    function usages(text, p, k, i) {
      k = split(text, p, ", ")
      for (i = 1; i <= k; i++)
        if (p[i] ~ /^TLS Web (Server|Client) Authentication$/) may[p[i] ~ /Server/ ? "serverAuth" : "clientAuth"]
        else if (p[i] == "Any Extended Key Usage") limited = 0
        else item("usage:" p[i])
    }

    sub(/^serial=/, "") { print "serial " $0; next }
    /^        [^ ]/ { section = $0 }
    section ~ /^ *Subject:/ && /^ *(commonName|organizationName) *= / {
      field = $1 == "commonName" ? "CN" : "O"
      sub(/^[^=]*= /, ""); print field " " $0
    }
    /^ *Public Key Algorithm: / { kind = $NF }
    /^ *(RSA )?Public-Key: \(/ { bits = $0; gsub(/[^0-9]/, "", bits) }
    /^ *ASN1 OID: / { kind = $NF }
    /^            X509v3 / { extension = $0; next }
    /^                / && extension != "" {
      sub(/^ */, "")
      if (extension ~ /Subject Alternative Name:/) names($0)
      if (extension ~ /Extended Key Usage:/) { limited = 1; usages($0) }
      else if (extension ~ /Key Usage:/) keys = $0
      extension = ""
    }
    END {
      split("serverAuth clientAuth", tls, " ")
      for (i = 1; i <= 2; i++) if (!limited || tls[i] in may) { item("usage:" tls[i]); serves = serves || i == 1 }
      if (keys == "" || keys ~ /Digital Signature/) item("usage:digitalSignature")
      # an RSA server that may not decrypt has fewer ciphers to offer
      if (kind == "rsaEncryption" && serves && (keys == "" || keys ~ /Key Encipherment/)) item("usage:keyEncipherment")
      known["prime256v1"] = "ECDSA-P256"; known["secp384r1"] = "ECDSA-P384"; known["secp521r1"] = "ECDSA-P521"
      print "algorithm " (kind == "rsaEncryption" ? "RSA-" bits : kind in known ? known[kind] : kind)
    }'
}

# compare_leaf PROFILE: what $TX/says.live has and $TX/says.next lacks: lines for stdout
# in $TX/told, for stderr in $TX/said, and in $TX/lost what nothing allows.
compare_leaf() {
  cm_applied=$STATE/applied
  [ -f "$cm_applied" ] || cm_applied=/dev/null
  awk -v profile="$1" -v tx="$TX" '
    function told(line) { print line >>(tx "/told") }
    function said(line) { print profile ": " line >>(tx "/said") }
    function word(text) { if (text == "") return "-"; gsub(/, /, ",", text); gsub(/ /, "%20", text); return text }
    function add(list, text) { return list (list == "" ? "" : ", ") text }

    # sorted IN: the values of this field, with ", " between
    function sorted(file, field, v, k, i, j, one, out) {
      k = count[file, field]
      for (i = 1; i <= k; i++) v[i] = value[file, field, i]
      for (i = 2; i <= k; i++) { one = v[i]; for (j = i; j > 1 && v[j - 1] > one; j--) v[j] = v[j - 1]; v[j] = one }
      for (i = 1; i <= k; i++) out = add(out, v[i])
      return out
    }

    FILENAME == ARGV[1] { if ($1 == "allow" && $2 == profile) allowed[$3]; next }
    FILENAME == ARGV[2] { if ($1 == "leaf" && $2 == profile) ours = $5; next }
    {
      file = FILENAME == ARGV[3] ? "live" : "next"
      field = $1; sub(/^[^ ]* /, "")
      value[file, field, ++count[file, field]] = $0
      if (file == "next") comes[$0]
    }
    END {
      split("CN O algorithm", fields, " ")
      for (i = 1; i <= 3; i++) {
        field = fields[i]; old = sorted("live", field); new = sorted("next", field)
        if (old == new) continue
        said(field " " (old == "" ? "(none)" : old) " becomes " (new == "" ? "(none)" : new))
        told((field == "algorithm" ? "algorithm " profile : "subject " profile " " field) " " word(old) " " word(new))
      }
      for (i = 1; i <= count["live", "item"]; i++) {
        item = value["live", "item", i]
        if (item in comes || (item == "usage:keyEncipherment" && new !~ /^RSA/)) continue
        wild = item
        if (item ~ /^DNS:/ && sub(/:[^.*]+\./, ":*.", wild) && wild in comes) continue
        lost = add(lost, item)
        if (!(item in allowed) && (ours == "" || ours != value["live", "serial", 1])) refused = add(refused, item)
      }
      if (refused != "") print profile " would lose " refused >>(tx "/lost")
      if (lost != "") { said("no longer has " lost ", which the stack file does not ask for any more"); told("loses " profile " " word(lost)) }
    }' "$TX/plan" "$cm_applied" "$TX/says.live" "$TX/says.next"
}

# leaf_fields PROFILE: where the stack file says something of it.
leaf_fields() { case $1 in own.*) echo "certificates.$1" ;; *) echo "certificates.profiles.$1" ;; esac }

refuse_losses() {
  rl_what=$(awk '{ printf "%s%s", (NR > 1 ? "; " : ""), $0 }' "$TX/lost")
  rl_add=
  ! grep -Eq '[ ](DNS|IP):' "$TX/lost" || rl_add="add to extraSans what somebody uses (cluster.extraSans for apiserver, nodes[].extraSans for other servers), and "
  die "$rl_what: ${rl_add}allow the loss of what nobody uses ($(leaf_fields "$(sed -n '1s/ .*//p' "$TX/lost")").allowLoss: [\"...\"]); nothing was touched"
}
