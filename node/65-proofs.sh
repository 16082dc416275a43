# ---- proofs: what answers now ---------------------------------------------

# served_fingerprint HOST:PORT: of the certificate that answers there.
served_fingerprint() {
  limited 5 openssl s_client -connect "$1" </dev/null 2>/dev/null | fingerprint -
}

# http_code SCHEME HOST:PORT PATH PROFILE|-: the status of a GET, nothing if
# there is no answer; 2 if this node has no means to ask. The server is not
# verified here: "served" compares its very certificate.
http_code() {
  hc_ask="GET $3 HTTP/1.0\r\nHost: ${2%:*}\r\n\r\n"
  case $1 in
    https)
      if have_openssl; then
        # shellcheck disable=SC2046,SC2059 # words wanted; the text is checked
        printf "$hc_ask" | limited 5 openssl s_client -quiet -connect "$2" $(client_pair "$4") 2>/dev/null | status_line
      elif have curl; then
        hc_pair=
        if [ "$4" != - ]; then
          # to curl a colon ends the name of a file
          hc_pair=$TX/client.pem
          cat "$TX/parts/cert:$4" "$TX/parts/key:$4" >"$hc_pair"
        fi
        limited 6 curl -q --noproxy '*' -ks -m 5 -o /dev/null -w '%{http_code}' ${hc_pair:+--cert "$hc_pair"} "https://$2$3" || :
      else
        return 2
      fi
      ;;
    http)
      if have curl; then
        limited 6 curl -q --noproxy '*' -s -m 5 -o /dev/null -w '%{http_code}' "http://$2$3" || :
      elif have wget; then
        # shellcheck disable=SC2046 # words wanted
        limited 5 wget $(wget_options) -q -O /dev/null "http://$2$3" 2>/dev/null && echo 200
      elif have bash; then
        # shellcheck disable=SC2016 # expanded by bash, values as arguments
        limited 5 bash -c 'exec 7<>"/dev/tcp/$1/$2" && printf "$3" >&7 && cat <&7' - "${2%:*}" "${2##*:}" "$hc_ask" 2>/dev/null | status_line
      else
        return 2
      fi
      ;;
  esac
}

# wget_options: so that nobody's wgetrc names a proxy; busybox' wget reads none.
wget_options() { if limited 5 wget --version >/dev/null 2>&1; then echo "--no-config --no-proxy"; fi; }

# client_pair PROFILE: the options that present it; certificates after the
# first are its chain.
client_pair() {
  [ "$1" != - ] || return 0
  echo "-cert $TX/parts/cert:$1 -key $TX/parts/key:$1"
  [ "$(grep -c 'BEGIN CERTIFICATE' "$TX/parts/cert:$1")" -lt 2 ] && return 0
  awk '/BEGIN CERTIFICATE/ { n++ } n > 1' "$TX/parts/cert:$1" >"$TX/chain"
  echo "-cert_chain $TX/chain"
}

status_line() { awk 'NR == 1 && $1 ~ /^HTTP\// { print $2 }'; }

# prove NAME: all proofs of a consumer, once; 1 with WHY_NOT at the first that
# does not hold. Writes their lines to $TX/proofs. Health first: for about a
# second after it listens an API server answers 403 to everybody, which would
# pass for accepted.
prove() {
  : >"$TX/proofs"
  prove_health "$1" && prove_served "$1" && prove_accepted "$1"
}

prove_health() {
  while read -r ph_word ph_name ph_scheme ph_where ph_url ph_profile <&4; do
    [ "$ph_word $ph_name" = "health $1" ] || continue
    ph_without=
    if [ "$ph_profile" != - ] && [ ! -f "$TX/parts/cert:$ph_profile" ]; then
      ph_profile=- # put back to before this leaf existed, or not one that "have" found
      ph_without=yes
    fi
    ph_answer=yes
    ph_code=$(http_code "$ph_scheme" "$ph_where" "$ph_url" "$ph_profile") || {
      [ $? -ne 2 ] || ph_answer=unproven
    }
    # Who talks to none without a certificate can only be seen to be there.
    if [ -z "$ph_code" ] && [ -n "$ph_without" ] && have_openssl && [ -n "$(served_fingerprint "$ph_where")" ]; then
      ph_answer=unproven
    fi
    [ "$ph_answer" = unproven ] || [ "$ph_code" = 200 ] || {
      WHY_NOT="$1 answers ${ph_code:-nothing} at $ph_scheme://$ph_where$ph_url, 200 is wanted"
      return 1
    }
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
    ps_cert=$TX/parts/cert:$ps_profile
    [ -f "$ps_cert" ] || continue # as above
    ps_wanted=$(fingerprint "$ps_cert")
    [ -n "$ps_wanted" ] && [ "$(served_fingerprint "$ps_where")" = "$ps_wanted" ] || {
      WHY_NOT="$1 does not serve the new certificate of $ps_profile at $ps_where"
      return 1
    }
    echo "proof $1 served $ps_profile $(serial "$ps_cert") $ps_where yes" >>"$TX/proofs"
  done 4<"$TX/plan"
}

prove_accepted() {
  while read -r pa_word pa_name pa_where pa_url pa_profile <&4; do
    [ "$pa_word $pa_name" = "accepted $1" ] || continue
    [ -f "$TX/parts/cert:$pa_profile" ] || continue # as above
    pa_answer=yes
    pa_serial=-
    ! have_openssl || pa_serial=$(serial "$TX/parts/cert:$pa_profile")
    pa_code=$(http_code https "$pa_where" "$pa_url" "$pa_profile") || {
      [ $? -ne 2 ] || pa_answer=unproven
    }
    case $pa_answer:$pa_code in
      unproven:* | yes:200 | yes:403 | yes:404) ;;
      *)
        WHY_NOT="$pa_where answers ${pa_code:-nothing} to the certificate of $pa_profile"
        return 1
        ;;
    esac
    echo "proof $1 accepted $pa_profile $pa_serial $pa_where $pa_answer" >>"$TX/proofs"
  done 4<"$TX/plan"
}

# can_prove_reload NAME: only what answers with the new certificate shows that
# a process has read it.
can_prove_reload() { have_openssl && grep -q "^served $1 " "$TX/plan"; }

# runs_newer NAME: the process began after the last change of every file of
# which no proof can tell whether it was read since. What an earlier run has left
# as it is was proven by that run: file times have whole seconds, and a process
# that began in the very second of its files would pass for older.
runs_newer() {
  rn_id=$(identity)
  [ -n "$rn_id" ] || return 1
  rn_start=$(start_moment "${rn_id#* }")
  rn_proven=$(proven_at)
  while read -r rn_word rn_name rn_act rn_path <&4; do
    [ "$rn_word $rn_name" = "use $1" ] || continue
    [ -e "$ROOT$rn_path" ] || continue # a kubeconfig or seed that this node does not have
    if [ "$rn_act" = reload ] && can_prove_reload "$1"; then continue; fi
    [ "$(stat -c %Z "$ROOT$rn_path")" -ge "$rn_proven" ] || continue
    began_after "$rn_start" "$ROOT$rn_path" || return 1
  done 4<"$TX/plan"
}

# proven_at: when the last run ended well, 0 if none of this verb has or nothing
# is sure.
proven_at() {
  if grep -qs "^$(sum_word "$VERB") " "$STATE/applied" && ! in_doubt; then stat -c %Y "$STATE/applied"; else echo 0; fi
}

# live_parts: after the old set was put back its leafs are what to prove.
live_parts() {
  KC_OPEN=
  while read -r lp_word lp_path _ _ _ lp_parts <&3; do
    [ "$lp_word" = file ] || continue
    for lp_part in $(echo "$lp_parts" | tr ',' ' '); do
      case $lp_part in
        cert:* | key:*) ;;
        *)
          inline_parts "$lp_part" "$lp_path"
          continue
          ;;
      esac
      rm -f "$TX/parts/$lp_part"
      [ ! -f "$ROOT$lp_path" ] || cp "$ROOT$lp_path" "$TX/parts/$lp_part"
    done
  done 3<"$TX/plan"
}

# inline_parts PART PATH: what PART carries inline, as the kubeconfig there has it.
inline_parts() {
  sed -n "s/^$1 //p" "$TX/inline" | while read -r ip_name; do
    case $ip_name in cert:* | key:*) ;; *) continue ;; esac
    live_half "$ip_name" "$2" >"$TX/half"
    rm -f "$TX/parts/$ip_name"
    [ ! -s "$TX/half" ] || cp "$TX/half" "$TX/parts/$ip_name"
  done
}
