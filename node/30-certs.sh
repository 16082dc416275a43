# ---- certificates: what openssl 1.1.1 and 3.x both know -------------------

have_openssl() { have openssl; }

# check_openssl: one that does not know this option would call each good leaf one of
# another CA. Without any openssl less is proven, and that is told.
check_openssl() {
  have_openssl || return 0
  ! openssl verify -no_check_time /dev/null 2>&1 | grep -Eqi 'usage:|(unknown|unrecognized) (option|flag)' ||
    die "the openssl of this node ($(openssl version | cut -d ' ' -f 1,2)) knows no 'verify -no_check_time' and cannot tell who signed a certificate: install OpenSSL 1.1.1 or later, then run again; nothing was touched"
}

# fingerprint FILE: sha256 of its first certificate, lower-case hex.
fingerprint() {
  openssl x509 -in "$1" -noout -fingerprint -sha256 2>/dev/null | sed 's/.*=//' | tr -d ':' | tr 'A-F' 'a-f'
}

# subject_word: that of the certificate on stdin as one word; a blank is %20.
subject_word() { openssl x509 -noout -subject -nameopt RFC2253 2>/dev/null | sed 's/^subject= *//; s/%/%25/g; s/ /%20/g'; }

serial() { openssl x509 -in "$1" -noout -serial | sed 's/.*=//'; }

# know_cert FILE: SERIAL, PRINT (its sha256 fingerprint, as openssl writes it), PUBLIC (its
# key, on one line) and COUNT (how many certificates there are) of a leaf in $TX; openssl
# is asked once in a run. 1 where it cannot be read.
know_cert() {
  kn_file=${1#"$TX/"}
  kn_file=$TX/known.${kn_file%%/*}.${kn_file#*/}
  if { read -r SERIAL PRINT COUNT PUBLIC <"$kn_file"; } 2>/dev/null && [ -n "$PUBLIC" ]; then return 0; fi
  SERIAL=
  PRINT=
  PUBLIC=
  openssl x509 -in "$1" -noout -serial -fingerprint -sha256 -pubkey >"$TX/known" 2>/dev/null || return 1
  while IFS= read -r kn_line; do
    case $kn_line in
      serial=*) SERIAL=${kn_line#*=} ;;
      *[Ff]ingerprint=*) PRINT=${kn_line#*=} ;;
      *) PUBLIC=$PUBLIC$kn_line ;;
    esac
  done <"$TX/known"
  COUNT=0
  while read -r kn_line; do
    case $kn_line in *"BEGIN CERTIFICATE"*) COUNT=$((COUNT + 1)) ;; esac
  done <"$1"
  { [ -n "$PRINT" ] && [ -n "$PUBLIC" ]; } || return 1 # a full disk has taken half of it
  { echo "$SERIAL $PRINT $COUNT $PUBLIC" >"$kn_file"; } 2>/dev/null || :
}

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
  cl_now=$(now)
  cl_had=$NL$(grep -s '^leaf ' "$STATE/applied") || :
  cl_cas=
  while read -r cl_word cl_profile cl_id cl_issued cl_expires cl_ca <&3; do
    [ "$cl_word" = leaf ] || continue
    check_clock "$cl_profile" "$cl_issued" "$cl_expires"
    check_age "$cl_profile" "$cl_issued"
    bring_key "$cl_profile" "$cl_id"
    if have_openssl; then
      check_pair "$cl_profile"
      case " $cl_cas " in *" $cl_ca "*) ;; *) cl_cas="$cl_cas $cl_ca" ;; esac
    fi
  done 3<"$TX/plan"
  for cl_ca in $cl_cas; do check_chains_to "$cl_ca"; done
}

# check_clock PROFILE ISSUED EXPIRES: a certificate from the future would be
# refused by every peer on this node. Small skew is waited for.
check_clock() {
  cc_ahead=$(($2 - cl_now))
  [ "$cc_ahead" -le "$LIMIT_CLOCK" ] ||
    die "this node's clock is $cc_ahead s behind the issue of leaf $1: set the clock (timedatectl, chronyc makestep), then run again"
  if [ "$cc_ahead" -gt 0 ]; then
    say "clock is $cc_ahead s behind, waiting for it"
    sleep "$cc_ahead"
    cl_now=$(now)
  fi
  [ "$3" -gt "$cl_now" ] ||
    die "leaf $1 expired $((cl_now - $3)) s ago by this node's clock: set the clock if it is wrong (timedatectl, chronyc makestep), else run pulumi up, which renews it"
}

# check_age PROFILE ISSUED: an older state must not take back a newer leaf. What
# another authority signs right afterwards may be dated a little before it.
check_age() {
  ca_had=
  case $cl_had in *"${NL}leaf $1 "*)
    ca_had=${cl_had##*"${NL}leaf $1 "}
    ca_had=${ca_had#* }
    ca_had=${ca_had%% *}
    ;;
  esac
  [ -z "$ca_had" ] || [ $(($2 + DATED_BACK)) -ge "$ca_had" ] ||
    die "leaf $1 was issued $((ca_had - $2)) s before the one this node has: the payload comes from an older state of the stack; run pulumi up with the newest one (pulumi stack history), or, if that is lost, pulumi up --replace '**$NODE-$1'"
}

# new_pair PROFILE: the remedy for a key that is of no use. One made here is used again
# by the next request while it is there; else it is in the stack's state.
new_pair() {
  np_do="run pulumi up --replace '**$NODE-$1*'"
  [ ! -d "$STATE/keys/$1" ] || np_do="remove $STATE/keys/$1 and run pulumi up --replace '**$NODE-request*'"
  echo "$np_do, which makes a new key and certificate"
}

# bring_key PROFILE ID: the key from the payload, else the one made here.
bring_key() {
  [ -f "$TX/parts/key:$1" ] && return
  [ -f "$STATE/keys/$1/$2.key" ] ||
    die "the key of leaf $1 ($2) is not on this node: it was replaced or emptied, run pulumi up --replace '**$NODE-request*' so that a new key is requested"
  copy_lines "$STATE/keys/$1/$2.key" "$TX/parts/key:$1" || no_room
}

# copy_lines FROM TO: of a small text.
copy_lines() {
  while IFS= read -r co_line || [ -n "$co_line" ]; do echo "$co_line" || return 1; done <"$1" >"$2"
}

# check_pair PROFILE: key fits certificate.
check_pair() {
  know_cert "$TX/parts/cert:$1" ||
    die "the certificate of leaf $1 cannot be read: run pulumi up --replace '**$NODE-$1', which signs it again"
  openssl pkey -in "$TX/parts/key:$1" -pubout >"$TX/pub.key" 2>/dev/null ||
    die "the key of leaf $1 cannot be read: $(new_pair "$1")"
  kp_key=
  while IFS= read -r kp_line; do kp_key=$kp_key$kp_line; done <"$TX/pub.key"
  [ "$PUBLIC" = "$kp_key" ] ||
    die "the key of leaf $1 does not fit its certificate: nothing was touched, $(new_pair "$1")"
}

# check_chains_to CA: the leafs that the plan says are of it chain to it and are valid by
# this node's clock. One that brings other certificates is asked about by itself, as those
# are to help no other one.
check_chains_to() {
  ct_part=$1
  set --
  while read -r ct_word ct_profile _ _ _ ct_ca <&3; do
    [ "$ct_word $ct_ca" = "leaf $ct_part" ] || continue
    know_cert "$TX/parts/cert:$ct_profile"
    if [ "$COUNT" -gt 1 ]; then check_chain "$ct_profile" "$TX/parts/$ct_part"; else set -- "$@" "$TX/parts/cert:$ct_profile"; fi
  done 3<"$TX/plan"
  [ $# -gt 0 ] || return 0
  ! openssl verify -partial_chain -CAfile "$TX/parts/$ct_part" "$@" >/dev/null 2>&1 || return 0
  for ct_cert; do check_chain "${ct_cert##*/cert:}" "$TX/parts/$ct_part"; done
}

# check_chain PROFILE CA: as above, and why not.
check_chain() {
  kp_leaf=$1
  kp_cert=$TX/parts/cert:$1
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
