# ---- asking: one question, and what came back ------------------------------

# The folder in $TX of the leafs that are asked with, cert:NAME and key:NAME: those
# of the payload, or "old", those that lie on the node (live_parts).
LEAFS=parts

# served_fingerprint HOST:PORT: of the certificate that answers there.
served_fingerprint() {
  limited 5 openssl s_client -connect "$1" </dev/null 2>/dev/null | fingerprint -
}

# http_code SCHEME HOST:PORT PATH PROFILE|-: the status of a GET, nothing if
# there is no answer; 2 if this node has no means to ask. The server is not
# verified here: "served" compares its very certificate. Neither proxies nor the
# settings of this machine's user have a say.
http_code() {
  : >"$TX/asked"
  hc_ask="GET $3 HTTP/1.0\r\nHost: ${2%:*}\r\n\r\n"
  case $1 in
    https)
      if have_openssl; then
        # shellcheck disable=SC2046,SC2059 # words wanted; the text is checked
        printf "$hc_ask" | limited 5 openssl s_client -quiet -connect "$2" $(client_pair "$4") 2>"$TX/asked" | status_line
      elif have curl; then
        hc_pair=
        if [ "$4" != - ]; then
          # to curl a colon ends the name of a file
          hc_pair=$TX/client.pem
          cat "$TX/$LEAFS/cert:$4" "$TX/$LEAFS/key:$4" >"$hc_pair"
        fi
        limited 6 curl -q --noproxy '*' -ksS -m 5 -o /dev/null -w '%{http_code}' ${hc_pair:+--cert "$hc_pair"} "https://$2$3" 2>"$TX/asked" | sed 's/^000$//' || :
      else
        return 2
      fi
      ;;
    http)
      if have curl; then
        limited 6 curl -q --noproxy '*' -s -m 5 -o /dev/null -w '%{http_code}' "http://$2$3" | sed 's/^000$//' || :
      elif have wget; then
        # shellcheck disable=SC2046 # words wanted
        limited 5 wget $(wget_alone) -q -O /dev/null "http://$2$3" 2>/dev/null && echo 200
      elif have bash; then
        # shellcheck disable=SC2016 # expanded by bash, values as arguments
        limited 5 bash -c 'exec 7<>"/dev/tcp/$1/$2" && printf "$3" >&7 && cat <&7' - "${2%:*}" "${2##*:}" "$hc_ask" 2>/dev/null | status_line
      else
        return 2
      fi
      ;;
  esac
}

# wget_alone: the options that keep it from wgetrc and proxies; busybox's knows
# neither of them.
wget_alone() {
  if limited 5 wget --help 2>&1 | grep -q -e --no-config; then echo "--no-config --no-proxy"; fi
}

# client_pair PROFILE: the options that present it; certificates after the
# first are its chain.
client_pair() {
  [ "$1" != - ] || return 0
  echo "-cert $TX/$LEAFS/cert:$1 -key $TX/$LEAFS/key:$1"
  [ "$(grep -c 'BEGIN CERTIFICATE' "$TX/$LEAFS/cert:$1")" -lt 2 ] && return 0
  awk '/BEGIN CERTIFICATE/ { n++ } n > 1' "$TX/$LEAFS/cert:$1" >"$TX/chain"
  echo "-cert_chain $TX/chain"
}

status_line() { awk 'NR == 1 && $1 ~ /^HTTP\// { print $2 }'; }

# is_away CODE: after http_code. Nobody has answered, or a balancer has for servers
# that do not: no word about the certificate. A TLS alert is one.
is_away() {
  case $1 in
    '') ! grep -q alert "$TX/asked" ;;
    5??) true ;;
    *) false ;;
  esac
}
