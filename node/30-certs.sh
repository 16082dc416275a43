# ---- certificates: what openssl 1.1.1 and 3.x both know -------------------

have_openssl() { have openssl; }

# check_openssl: one that does not know this option would call each good leaf one of
# another CA. Without any openssl less is proven, and that is told.
check_openssl() {
  have_openssl || return 0
  ! openssl verify -no_check_time /dev/null 2>&1 | grep -Eqi 'usage:|(unknown|unrecognized) (option|flag)' ||
    die "the openssl of this node ($(openssl version | cut -d ' ' -f 1,2)) knows no 'verify -no_check_time' and cannot tell who signed a certificate: install OpenSSL 1.1.1 or later, then run again; nothing was touched"
}

# fingerprint FILE: sha256 of its first certificate, lower-case hex; also of
# stdin when FILE is "-".
fingerprint() {
  if [ "$1" = - ]; then set --; else set -- -in "$1"; fi
  openssl x509 "$@" -noout -fingerprint -sha256 2>/dev/null | sed 's/.*=//' | tr -d ':' | tr 'A-F' 'a-f'
}

# subject_word: that of the certificate on stdin as one word; a blank is %20.
subject_word() { openssl x509 -noout -subject -nameopt RFC2253 2>/dev/null | sed 's/^subject= *//; s/%/%25/g; s/ /%20/g'; }

serial() { openssl x509 -in "$1" -noout -serial | sed 's/.*=//'; }

# signed_by CAS CERT: one of them has signed it, or another in CERT has; whether
# anything has ended is no matter.
signed_by() { openssl verify -no_check_time -partial_chain -CAfile "$1" -untrusted "$2" "$2" >/dev/null 2>&1; }

# unix_time: "notAfter=Nov 22 04:41:06 2026 GMT" on stdin to seconds; not every
# date(1) can read it. Days by the civil calendar, March first.
unix_time() {
  awk '{
    sub(/^[^=]*=/, ""); split($3, t, ":")
    m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3; y = $4
    if (m <= 2) { y--; m += 12 }
    days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + $2 - 719469
    printf "%.0f\n", ((days * 24 + t[1]) * 60 + t[2]) * 60 + t[3]
  }'
}

# check_leafs: every leaf of the plan, before anything is touched.
check_leafs() {
  while read -r cl_word cl_profile cl_id cl_issued cl_expires cl_ca <&3; do
    [ "$cl_word" = leaf ] || continue
    check_clock "$cl_profile" "$cl_issued" "$cl_expires"
    check_age "$cl_profile" "$cl_issued"
    bring_key "$cl_profile" "$cl_id"
    if have_openssl; then check_pair "$cl_profile" "$TX/parts/$cl_ca"; fi
  done 3<"$TX/plan"
}

# check_clock PROFILE ISSUED EXPIRES: a certificate from the future would be
# refused by every peer on this node. Small skew is waited for.
check_clock() {
  cc_ahead=$(($2 - $(now)))
  [ "$cc_ahead" -le "$LIMIT_CLOCK" ] ||
    die "this node's clock is $cc_ahead s behind the issue of leaf $1: set the clock (timedatectl, chronyc makestep), then run again"
  if [ "$cc_ahead" -gt 0 ]; then
    say "clock is $cc_ahead s behind, waiting for it"
    sleep "$cc_ahead"
  fi
  [ "$3" -gt "$(now)" ] ||
    die "leaf $1 has expired $(($(now) - $3)) s ago by this node's clock: set the clock or issue it anew"
}

# check_age PROFILE ISSUED: an older state must not take back a newer leaf. What
# another authority signs right afterwards may be dated a little before it.
check_age() {
  ca_had=$(awk -v p="$1" '$1 == "leaf" && $2 == p { print $4 }' "$STATE/applied" 2>/dev/null) || ca_had=
  [ -z "$ca_had" ] || [ $(($2 + DATED_BACK)) -ge "$ca_had" ] ||
    die "leaf $1 was issued $((ca_had - $2)) s before the one this node has: the payload comes from an older state, refresh it"
}

# bring_key PROFILE ID: the key from the payload, else the one made here.
bring_key() {
  [ -f "$TX/parts/key:$1" ] && return
  [ -f "$STATE/keys/$1/$2.key" ] ||
    die "the key of leaf $1 ($2) is not on this node: it was replaced or emptied, run pulumi up --replace '**$NODE-request*' so that a new key is requested"
  cp "$STATE/keys/$1/$2.key" "$TX/parts/key:$1"
}

# check_pair PROFILE CA: key fits certificate, certificate chains to the CA and
# is valid by this node's clock.
check_pair() {
  kp_cert=$TX/parts/cert:$1
  openssl x509 -in "$kp_cert" -noout -pubkey >"$TX/pub.cert" 2>/dev/null ||
    die "the certificate of leaf $1 cannot be read: issue it anew"
  openssl pkey -in "$TX/parts/key:$1" -pubout >"$TX/pub.key" 2>/dev/null ||
    die "the key of leaf $1 cannot be read: issue it anew"
  cmp -s "$TX/pub.cert" "$TX/pub.key" ||
    die "the key of leaf $1 does not fit its certificate: nothing was touched, issue it anew"
  kp_leaf=$1
  set -- -partial_chain -CAfile "$2" -untrusted "$kp_cert" "$kp_cert"
  if openssl verify "$@" >/dev/null 2>&1; then return 0; fi
  if ! openssl verify -no_check_time "$@" >"$TX/why" 2>&1; then
    kp_why=$(sed -n '/.*depth lookup: */{s///p;q;}' "$TX/why")
    case ${kp_why:=$(sed -n 1p "$TX/why")} in
      *"issuer certificate"*) die "leaf $kp_leaf is not signed by the CA of the payload ($kp_why): nothing was touched, check the authority" ;;
      *) die "leaf $kp_leaf is refused by $(openssl version | cut -d ' ' -f 1,2) here ($kp_why): nothing was touched, check what its CA may sign" ;;
    esac
  fi
  die "leaf $kp_leaf or its CA is expired or not yet valid by this node's clock: check 'date' and the authority"
}
