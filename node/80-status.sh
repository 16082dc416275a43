# ---- status: what the node holds and serves, read fresh --------------------

verb_status() {
  if [ ! -f "$STATE/plan" ]; then
    echo "applied none"
    return 0
  fi
  trap 'finish "$WORK"' EXIT
  open_work look
  vs_sum=$(sed -n 's/^sum //p' "$STATE/applied" 2>/dev/null | cut -c 1-8) || vs_sum=
  echo "applied ${vs_sum:-none}"
  have_openssl || return 0 # nothing else can be read; no claim is made
  while read -r vs_word vs_a vs_b _ <&3; do
    case $vs_word in
      file) [ ! -f "$ROOT$vs_a" ] || certificates_of "$ROOT$vs_a" | tell "file $vs_a" subject ;;
      served)
        served_certificate "$vs_b" >"$WORK/served"
        if [ -s "$WORK/served" ]; then
          tell "served $vs_a $vs_b" <"$WORK/served"
        else
          echo "served $vs_a $vs_b - - -"
        fi
        ;;
    esac
  done 3<"$STATE/plan"
}

served_certificate() {
  limited 5 openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 2>/dev/null || :
}

# certificates_of FILE: PEM, of a kubeconfig those inside it too.
certificates_of() {
  cat "$1"
  sed -n 's/^ *\(- \)\{0,1\}\(certificate-authority\|client-certificate\)-data: *"\{0,1\}\([A-Za-z0-9+\/=]*\).*/\3/p' "$1" |
    while read -r co_data; do
      echo "$co_data" | base64 -d 2>/dev/null || :
    done
}

# tell PREFIX [subject]: one line per certificate on stdin.
tell() {
  awk -v dir="$WORK/" '
    /-----BEGIN CERTIFICATE-----/ { out = dir sprintf("%03d", ++n) ".crt" }
    out { print > out }
    /-----END CERTIFICATE-----/ { close(out); out = "" }'
  for te_cert in "$WORK"/*.crt; do
    [ -f "$te_cert" ] || continue
    te_subject=
    [ $# -lt 2 ] || te_subject="$(subject_word <"$te_cert") "
    echo "$1 $te_subject$(serial "$te_cert") $(openssl x509 -in "$te_cert" -noout -enddate | unix_time) $(fingerprint "$te_cert")"
    rm "$te_cert"
  done
}
