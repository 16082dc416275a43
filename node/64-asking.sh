# ---- asking: one question, and what came back ------------------------------

# The folder in $TX of the leafs that are asked with, cert:NAME and key:NAME: those
# of the payload, or "old", those that lie on the node (live_parts).
LEAFS=parts

# served_print HOST:PORT: SERVED is the sha256 fingerprint, as openssl writes it, of the
# certificate that answers there.
served_print() {
  limited 5 openssl s_client -connect "$1" </dev/null >"$TX/served" 2>/dev/null || :
  SERVED=$(openssl x509 -in "$TX/served" -noout -fingerprint -sha256 2>/dev/null) || :
  SERVED=${SERVED#*=}
}

# http_code SCHEME HOST:PORT PATH PROFILE|-: CODE is the status of a GET, empty if
# there is no answer; 2 if this node has no means to ask. The server is not
# verified here: "served" compares its very certificate. Neither proxies nor the
# settings of this machine's user have a say.
http_code() {
  CODE=
  : >"$TX/asked"
  hc_ask="GET $3 HTTP/1.0\r\nHost: ${2%:*}\r\n\r\n"
  case $1 in
    https)
      if have_openssl; then
        client_pair "$4"
        # shellcheck disable=SC2059 # the text is checked
        printf "$hc_ask" >"$TX/ask"
        # shellcheck disable=SC2086 # words wanted
        limited 5 openssl s_client -quiet -connect "$2" $PAIR <"$TX/ask" >"$TX/answer" 2>"$TX/asked" || :
        status_code "$TX/answer"
      elif have curl; then
        hc_pair=
        if [ "$4" != - ]; then
          # to curl a colon ends the name of a file
          hc_pair=$TX/client.pem
          cat "$TX/$LEAFS/cert:$4" "$TX/$LEAFS/key:$4" >"$hc_pair"
        fi
        CODE=$(limited 6 curl -q --noproxy '*' -ksS -m 5 -o /dev/null -w '%{http_code}' ${hc_pair:+--cert "$hc_pair"} "https://$2$3" 2>"$TX/asked") || :
      else
        return 2
      fi
      ;;
    http)
      if have curl; then
        CODE=$(limited 6 curl -q --noproxy '*' -s -m 5 -o /dev/null -w '%{http_code}' "http://$2$3") || :
      elif have wget; then
        # shellcheck disable=SC2046 # words wanted
        ! limited 5 wget $(wget_alone) -q -O /dev/null "http://$2$3" 2>/dev/null || CODE=200
      elif have bash; then
        # shellcheck disable=SC2016 # expanded by bash, values as arguments
        limited 5 bash -c 'exec 7<>"/dev/tcp/$1/$2" && printf "$3" >&7 && cat <&7' - "${2%:*}" "${2##*:}" "$hc_ask" >"$TX/answer" 2>/dev/null || :
        status_code "$TX/answer"
      else
        return 2
      fi
      ;;
  esac
  [ "$CODE" != 000 ] || CODE= # curl's for no answer
}

# wget_alone: the options that keep it from wgetrc and proxies; busybox's knows
# neither of them.
wget_alone() {
  if limited 5 wget --help 2>&1 | grep -q -e --no-config; then echo "--no-config --no-proxy"; fi
}

# client_pair PROFILE: PAIR is the options that present it; certificates after the
# first are its chain.
client_pair() {
  PAIR=
  [ "$1" != - ] || return 0
  PAIR="-cert $TX/$LEAFS/cert:$1 -key $TX/$LEAFS/key:$1"
  know_cert "$TX/$LEAFS/cert:$1" && [ "$COUNT" -gt 1 ] || return 0
  awk '/BEGIN CERTIFICATE/ { n++ } n > 1' "$TX/$LEAFS/cert:$1" >"$TX/chain"
  PAIR="$PAIR -cert_chain $TX/chain"
}

# status_code FILE: CODE of the answer in it.
status_code() {
  CODE=
  read -r sc_word sc_code _ <"$1" || :
  case $sc_word in HTTP/*) CODE=$sc_code ;; esac
}

# is_away CODE: after http_code. Nobody has answered, or a balancer has for servers
# that do not: no word about the certificate. A TLS alert is one.
is_away() {
  case $1 in
    '') ! grep -q alert "$TX/asked" ;;
    5??) true ;;
    *) false ;;
  esac
}
