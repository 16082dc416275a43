# ---- proofs: what answers now ---------------------------------------------

# prove NAME: all proofs of a consumer, once; 1 with WHY_NOT at the first that
# does not hold, and FAILED, what kind of failure it is, and SERVES, "PROFILE WHERE
# FINGERPRINT" where another certificate is served, or none. Writes their lines to
# $TX/proofs. Health first: for about a second after it listens an API server
# answers 403 to everybody, which would pass for accepted.
prove() {
  : >"$TX/proofs"
  FAILED=
  SERVES=
  prove_health "$1" && prove_served "$1" && prove_accepted "$1" && prove_aggregated "$1" && prove_chain "$1" && prove_reached "$1"
}

# fails KIND WHY...: down (it does not run), silent (nobody answers where it is to), sick, other (serves
# another certificate), refused (another's server does not take a client), rights
# (nor lets it do what it did), away (that one cannot be asked: not its failure).
fails() {
  FAILED=$1
  shift
  WHY_NOT=$*
  return 1
}

prove_health() {
  while read -r ph_word ph_name ph_scheme ph_where ph_url ph_profile <&4; do
    [ "$ph_word $ph_name" = "health $1" ] || continue
    ph_without=
    if [ "$ph_profile" != - ] && [ ! -f "$TX/$LEAFS/cert:$ph_profile" ]; then
      ph_profile=- # put back to before this leaf existed, or not one that "have" found
      ph_without=yes
    fi
    ph_answer=yes
    http_code "$ph_scheme" "$ph_where" "$ph_url" "$ph_profile" || ph_answer=unproven
    ph_code=$CODE
    # Who talks to none without a certificate can only be seen to be there.
    if [ -z "$ph_code" ] && [ -n "$ph_without" ] && have_openssl && served_print "$ph_where" && [ -n "$SERVED" ]; then
      ph_answer=unproven
    fi
    case $ph_answer:$ph_code in
      unproven:* | yes:200) ;;
      *)
        ph_kind=sick
        [ -n "$ph_code" ] || grep -q alert "$TX/asked" || ph_kind=silent
        fails "$ph_kind" "$1 answers ${ph_code:-nothing} at $ph_scheme://$ph_where$ph_url, 200 is wanted"
        return 1
        ;;
    esac
    echo "proof $1 health - - $ph_where $ph_answer" >>"$TX/proofs"
  done 4<"$TX/plan"
}

prove_served() {
  while read -r ps_word ps_name ps_where ps_profile <&4; do
    [ "$ps_word $ps_name" = "served $1" ] || continue
    if ! have_openssl; then
      echo "proof $1 served $ps_profile - $ps_where unproven" >>"$TX/proofs"
      continue
    fi
    ps_cert=$TX/$LEAFS/cert:$ps_profile
    [ -f "$ps_cert" ] || continue # as above
    served_print "$ps_where"
    know_cert "$ps_cert" && [ "$SERVED" = "$PRINT" ] || {
      SERVES="$ps_profile $ps_where $SERVED"
      ps_kind=other
      [ -n "$SERVED" ] || ps_kind=silent
      fails "$ps_kind" "$1 does not serve the new certificate of $ps_profile at $ps_where"
      return 1
    }
    echo "proof $1 served $ps_profile $SERIAL $ps_where yes" >>"$TX/proofs"
  done 4<"$TX/plan"
}

# prove_accepted NAME: whoever is away does not keep the others from being asked.
# $TX/codes has what each answered to the leafs in place: 403 after 200 is a loss.
prove_accepted() {
  pa_away=
  while read -r pa_word pa_name pa_where pa_url pa_profile <&4; do
    [ "$pa_word $pa_name" = "accepted $1" ] || continue
    [ -f "$TX/$LEAFS/cert:$pa_profile" ] || continue # as above
    pa_answer=yes
    http_code https "$pa_where" "$pa_url" "$pa_profile" || pa_answer=unproven
    pa_code=$CODE
    pa_serial=-
    ! have_openssl || {
      know_cert "$TX/$LEAFS/cert:$pa_profile" || :
      pa_serial=$SERIAL
    }
    case $pa_answer:$pa_code in
      unproven:* | yes:200 | yes:404) ;;
      yes:403)
        ! grep -qsx "$1 $pa_where $pa_url $pa_profile 200" "$TX/codes" || {
          fails rights "$pa_where answers 403 to the certificate of $pa_profile, and 200 to the one before it, which had more rights (stderr says what differs): bind them to the new names, or keep the old ones with $(leaf_fields "$pa_profile").organizations"
          return 1
        }
        ;;
      *)
        is_away "$pa_code" || {
          REFUSED=$pa_profile
          fails refused "$pa_where answers ${pa_code:-nothing} to the certificate of $pa_profile"
          return 1
        }
        pa_answer=unproven
        pa_away="$pa_away $pa_where"
        pa_says="$pa_where answers ${pa_code:-nothing}"
        ;;
    esac
    [ "$LEAFS" = parts ] || echo "$1 $pa_where $pa_url $pa_profile $pa_code" >>"$TX/codes"
    echo "proof $1 accepted $pa_profile $pa_serial $pa_where $pa_answer" >>"$TX/proofs"
  done 4<"$TX/plan"
  [ -z "$pa_away" ] || fails away "$pa_says"
}

# only_away NAME: after a failed proof. All that can be asked holds, and no restart
# of NAME makes another machine answer. What is served on this machine has its own
# turn; all of it is asked once more at the end (still_holds).
only_away() {
  [ "$FAILED" = away ] || return 1
  echo "$1" >>"$TX/away"
  say "$WHY_NOT, so whether it takes the client certificates of $1 is not known: nothing is restarted for that"
}

# can_prove_reload NAME: only what answers with the new certificate shows that
# a process has read it.
can_prove_reload() { have_openssl && grep -q "^served $1 " "$TX/plan"; }

# runs_newer NAME: the process began after the last change of every file of
# which no proof can tell whether it was read since. What an earlier run has left
# as it is was proven by that run.
runs_newer() {
  identity
  [ -n "$ID" ] || return 1
  rn_of=$1
  set --
  while read -r rn_word rn_name rn_act rn_path <&4; do
    [ "$rn_word $rn_name" = "use $rn_of" ] || continue
    [ -e "$ROOT$rn_path" ] || continue # a kubeconfig or seed that this node does not have
    if [ "$rn_act" = reload ] && can_prove_reload "$rn_of"; then continue; fi
    set -- "$@" "$ROOT$rn_path"
  done 4<"$TX/plan"
  [ $# -gt 0 ] || return 0
  moments_of '%Z %z' "$@" | not_before "$(proven_at)" 0 >"$TX/unproven"
  [ -s "$TX/unproven" ] || return 0
  # both clocks tick every few milliseconds, hence the margin
  [ -z "$(not_before "$(start_moment "${ID#* }")" 0.05 <"$TX/unproven")" ]
}

# proven_at: when the last run ended well, 0 if none of this verb has or nothing
# is sure.
proven_at() {
  if grep -qs "^$(sum_word "$VERB") " "$STATE/applied" && ! in_doubt; then moments_of '%Y %y' "$STATE/applied"; else echo 0; fi
}

# live_parts: the leafs that lie on the node now become what is asked with: before
# anything is touched, and once the old set was put back.
live_parts() {
  LEAFS=old
  KC_OPEN=
  rm -rf "$TX/old" "$TX"/known.old.*
  mkdir "$TX/old"
  while read -r lp_half <&3; do
    [ ! -f "$TX/parts/$lp_half" ] || cp "$TX/parts/$lp_half" "$TX/old/$lp_half"
  done 3<"$TX/halves"
  awk '
    $1 == "file" { parts[$2] = $6; print $6, $2 }
    $1 == "link" { at[$2] = $3 }
    END { for (path in at) { folder = path; sub(/[^\/]*$/, "", folder); print parts[folder at[path]], path } }' "$TX/plan" >"$TX/leaf.files"
  while read -r lp_parts lp_path <&3; do
    while [ -n "$lp_parts" ]; do
      lp_part=${lp_parts%%,*}
      lp_parts=${lp_parts#"$lp_part"}
      lp_parts=${lp_parts#,}
      case $lp_part in
        cert:* | key:*) live_part "$lp_part" "$lp_path" ;;
        *)
          while read -r lp_carrier lp_inline <&4; do
            [ "$lp_carrier" != "$lp_part" ] || live_part "$lp_inline" "$lp_path"
          done 4<"$TX/inline"
          ;;
      esac
    done
  done 3<"$TX/leaf.files"
  for lp_cert in "$TX"/old/cert:*; do
    [ -f "${lp_cert%/*}/key:${lp_cert##*/cert:}" ] || rm -f "$lp_cert"
  done
}

# live_part PART PATH: what that file, or the kubeconfig there, has of it.
live_part() {
  case $1 in cert:* | key:*) ;; *) return 0 ;; esac
  [ ! -f "$TX/old/$1" ] || return 0
  live_half "$1" "$2" >"$TX/half"
  [ ! -s "$TX/half" ] || cp "$TX/half" "$TX/old/$1"
}
