# ---- before: does what is there work, and will it read what comes? -----------

limit BEFORE 30 # what an earlier step has restarted may still be coming

# ask_before: every proof with the leafs in place, before anything is touched. What
# never worked would be found after restarts, and undone for what was no fault of the
# new set. Where that set is dead there is nothing to protect: that is told.
ask_before() {
  live_parts
  : >"$TX/codes"
  while read -r ab_name ab_state <&3; do
    case $ab_state in
      running)
        # what has just come to life on a machine that begins has no history
        [ "$START" != bare ] || ran_here "$ab_name" || continue
        find_consumer "$ab_name"
        works_before "$ab_name"
        ;;
      stopped) say "$ab_name does not run, so nothing can be asked of it before it is started" ;;
    esac
  done 3<"$TX/consumers"
  LEAFS=parts
}

works_before() {
  if proven_running "$1"; then return 0; fi
  if [ "$FAILED" != away ] && is_excused "$1"; then
    say "$1 does not work with the certificates in place either ($(before_why "$1")): $EXCUSE, so it is not waited for"
    return 0
  fi
  # a balancer that is away is no reason to wait here: it is asked again at the end
  if [ "$FAILED" = away ] || await "$LIMIT_BEFORE" proven_running "$1"; then return 0; fi
  [ "$FAILED" != away ] || return 0
  die "$(before_why "$1"), with the certificates that are in place, so nothing was touched: $(before_remedy)"
}

# before_why NAME: WHY_NOT in the words of a set that is in place.
before_why() {
  case $FAILED in
    other | silent) ;;
    *)
      echo "$WHY_NOT"
      return
      ;;
  esac
  if [ -z "$SERVES" ]; then
    echo "$1 runs, and ${WHY_NOT#"$1 "}"
    return
  fi
  # shellcheck disable=SC2086 # words wanted
  set -- "$1" $SERVES
  bw_path=$(leaf_path "$2")
  if [ $# -lt 4 ]; then
    echo "$1 runs, and nothing serves a certificate at $3, where that of $2 is to be seen"
    return
  fi
  bw_other=$(file_with "$bw_path" "$4")
  echo "$1 serves ${bw_other:-another certificate} at $3, and not ${bw_path:-the one of $2 in place}${bw_path:+, which $2 is written to}"
}

# before_remedy: what to write into the stack file, or to mend.
before_remedy() {
  case $FAILED in
    silent) echo "if it listens elsewhere say so under 'cluster.listeners' in the stack file, else repair it" ;;
    other)
      br_profile=${SERVES%% *}
      case $br_profile in
        own.*)
          echo "say in 'readers' of certificates.$br_profile where it serves that, or point its flags to that file"
          return
          ;;
      esac
      echo "leave that certificate to who makes it (certificates.profiles.$br_profile.enabled: false), or say under 'cluster.listeners' in the stack file where it listens, or point its flags to that file"
      ;;
    refused) echo "give $REFUSED a certificate that works, or leave it to others (certificates.profiles.$REFUSED.enabled: false), then run again" ;;
    *) echo "repair that, then run again; if it listens elsewhere say so under 'cluster.listeners' in the stack file" ;;
  esac
}

# leaf_path PROFILE: where its certificate lies.
leaf_path() {
  awk -v part="cert:$1" '
    { n = split($1 == "file" ? $6 : $1 == "have" ? $3 : "", p, ","); for (i = 1; i <= n; i++) if (p[i] == part) { print $2; exit } }' "$TX/plan"
}

# file_with PATH FINGERPRINT: another file beside it that begins with this certificate.
file_with() {
  for fw_file in "$ROOT${1%/*}"/*; do
    { [ -f "$fw_file" ] && [ "$fw_file" != "$ROOT$1" ] && grep -q 'BEGIN CERTIFICATE' "$fw_file"; } || continue
    fw_print=$(openssl x509 -in "$fw_file" -noout -fingerprint -sha256 2>/dev/null) || continue
    [ "${fw_print#*=}" != "$2" ] || {
      echo "${fw_file#"$ROOT"}"
      return
    }
  done
}

# is_excused NAME: with EXCUSE, why what fails now is no reason to stop.
is_excused() {
  ie_down=$(sed -n 's/ stopped$//p' "$TX/consumers" | sed -n 1p)
  if [ -n "$ie_down" ]; then
    EXCUSE="$ie_down does not run"
    return 0
  fi
  while read -r ie_word ie_name _ ie_path <&4; do
    { [ "$ie_word $ie_name" = "use $1" ] && was_written_over "$ie_path"; } || continue
    EXCUSE="somebody has changed $ie_path since it was written"
    return 0
  done 4<"$TX/plan"
  have_openssl || return 1
  for ie_cert in "$TX"/old/cert:*; do
    [ -f "$ie_cert" ] || continue
    ie_profile=${ie_cert##*/cert:}
    if has_lapsed "$ie_cert" "$(leaf_authority "$ie_profile")"; then
      EXCUSE="that of $ie_profile, or its CA, has ended"
      return 0
    fi
    fits_key "$ie_cert" "$TX/old/key:$ie_profile" || {
      EXCUSE="the key of $ie_profile that is in place does not fit its certificate"
      return 0
    }
  done
  case $FAILED in
    silent) return 1 ;;
    refused)
      ie_ca=$(leaf_authority "$REFUSED")
      [ "${ie_ca:--}" = - ] || signed_by "$TX/parts/$ie_ca" "$TX/old/cert:$REFUSED" || {
        EXCUSE="that of $REFUSED is of another CA"
        return 0
      }
      ;;
    other)
      ie_path=$(leaf_path "${SERVES%% *}")
      { [ -f "$ROOT$ie_path" ] && has_not_read "$1" "$ie_path"; } || return 1
      EXCUSE="it has not read $ie_path since that was written"
      return 0
      ;;
  esac
  while read -r ie_word ie_name _ ie_path <&4; do
    { [ "$ie_word $ie_name" = "use $1" ] && [ -f "$ROOT$ie_path" ] && has_not_read "$1" "$ie_path"; } || continue
    EXCUSE="it has not read $ie_path since that was written"
    return 0
  done 4<"$TX/plan"
  return 1
}

fits_key() { [ "$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null)" = "$(openssl pkey -in "$2" -pubout 2>/dev/null)" ]; }

# has_lapsed CERT CA-PART|-
has_lapsed() {
  openssl x509 -in "$1" -noout -checkend 0 >/dev/null 2>&1 || return 0
  [ "${2:--}" != - ] && [ -f "$TX/parts/$2" ] || return 1
  signed_by "$TX/parts/$2" "$1" && ! openssl verify -partial_chain -CAfile "$TX/parts/$2" -untrusted "$1" "$1" >/dev/null 2>&1
}

# leaf_authority PROFILE: the part of its CA, if the payload says which that is.
leaf_authority() {
  awk -v profile="$1" '
    $1 == "leaf" && $2 == profile { print $6; exit }
    $1 == "have" && index("," $3 ",", ",cert:" profile ",") { print $4; exit }' "$TX/plan"
}

# has_not_read NAME PATH: it began before that was written, and reads it at its start
# alone, or would by itself only about now. Ages, so that no clock that was set meanwhile
# matters; of a file's only whole seconds are known, so one second proves nothing.
has_not_read() {
  identity
  hn_id=$ID
  [ -n "$hn_id" ] || return 1
  hn_written=$(($(date +%s) - $(stat -c %Z "$ROOT$2")))
  [ "$(seconds_since "${hn_id#* }")" -ge $((hn_written - 1)) ] || return 1
  ! grep -qx "use $1 reload $2" "$TX/plan" || [ "$hn_written" -lt "$LIMIT_RELOAD" ]
}
