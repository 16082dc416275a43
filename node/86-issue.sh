# ---- issue: a kubelet's client certificate anew, asked for by the node itself ---

LIMIT_ASK=${LIMIT:-90}     # an API server that was just restarted
LIMIT_SIGNED=${LIMIT:-120} # a controller manager that was just restarted waits for its lease
CSRS=/apis/certificates.k8s.io/v1/certificatesigningrequests

# verb_issue: where another CA than the one that signs now has signed the kubelet's
# client certificate. The request is made and signed as the kubelet's own are
# (kubernetes.io/kube-apiserver-client-kubelet), only not late in their life.
verb_issue() {
  open_look issue
  have_openssl || die "this node has no openssl, which a kubelet's certificate is asked for with: install it, or list the node under 'nodes' with keyLocation: state"
  end_interrupted
  KUBELET_CONF=$(sed -n 's/^kubeconfig //p' "$TX/plan")
  read -r _ IS_PROFILE IS_ID IS_ALGORITHM <<EOF
$(grep '^leaf ' "$TX/plan")
EOF
  IS_CA=$TX/parts/ca:kubernetes
  [ -n "$KUBELET_CONF" ] && [ -n "$IS_PROFILE" ] && [ -s "$IS_CA" ] && [ -s "$TX/parts/apply" ] ||
    die "the payload lacks a kubeconfig, a leaf, ca:kubernetes or apply: use one version of the program and of node.sh"
  [ -f "$ROOT$KUBELET_CONF" ] || die "$KUBELET_CONF is not on this node: join it again (kubeadm join), or remove it from the cluster"
  for vi_half in cert key; do
    live_half "$vi_half:kubelet" "$KUBELET_CONF" >"$TX/parts/$vi_half:live"
  done
  [ -s "$TX/parts/cert:live" ] && [ -s "$TX/parts/key:live" ] ||
    die "$KUBELET_CONF has no client certificate with its key: join this node again (kubeadm join)"
  cp "$TX/parts/cert:live" "$TX/pem"
  if signed_by "$IS_CA" "$TX/pem"; then
    echo "issued $IS_PROFILE unchanged"
    echo "done $SUM8"
    return 0
  fi
  read_server
  IS_BASE=$STATE/keys/$IS_PROFILE/$IS_ID
  tick
  is_end=$((TICK + LIMIT_SIGNED))
  until ask_for_certificate; do
    tick
    [ "$TICK" -lt "$is_end" ] ||
      die "kube-controller-manager still signs with another CA than ca:kubernetes after $LIMIT_SIGNED s: check its --cluster-signing-cert-file on every control plane, then run again"
    say "kube-controller-manager still signs with another CA, asking again"
    rm -f "$IS_BASE".*
    sleep "$POLL"
  done
  install_issued
  echo "issued $IS_PROFILE changed"
  echo "done $SUM8"
}

# end_interrupted: a killed transaction is put back first, so that what lies here
# is one whole set.
end_interrupted() {
  [ -d "$STATE/tx" ] || return 0
  ei_look=$TX
  TX=$STATE/tx
  RUN=
  take_lock
  recover
  exec 9>&-
  free_lock
  TX=$ei_look
}

# read_server: $WHERE, $PREFIX and what the node trusts of its kubelet's kubeconfig.
read_server() {
  open_kubeconfig "$KUBELET_CONF"
  kc_own "$KUBELET_CONF"
  kc_context
  kc_field clusters "$KC_CLUSTER" server || :
  server_parts "$VALUE" ||
    die "$KUBELET_CONF names a server that is not understood: write it as https://host:port"
  kc_blocks "$KC_CLUSTER" "$KUBELET_CONF"
  [ -s "$TX/kc.entry" ] || die "$KUBELET_CONF names no CA that is here: join this node again (kubeadm join)"
  blocks_pem <"$TX/kc.entry" >"$TX/server-ca"
  WHOM="$(to_be "${WHERE%:*}") $(servername "${WHERE%:*}")"
}

# api GET|POST PATH [FILE]: as this node, from a server that its kubelet trusts.
# $CODE is the status, $TX/answer the text; 1 where there was no answer.
api() {
  ap_length=0
  [ $# -lt 3 ] || ap_length=$(wc -c <"$3" | tr -d ' ')
  {
    printf '%s %s HTTP/1.0\r\nHost: %s\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n' \
      "$1" "$PREFIX$2" "${WHERE%:*}" "$ap_length"
    [ $# -lt 3 ] || cat "$3"
  } >"$TX/ask"
  client_pair live
  # shellcheck disable=SC2086 # words wanted
  limited 20 openssl s_client -quiet -connect "$WHERE" $WHOM -verify_return_error -partial_chain -CAfile "$TX/server-ca" \
    $PAIR <"$TX/ask" >"$TX/answer" 2>"$TX/why" || :
  status_code "$TX/answer"
  [ -n "$CODE" ]
}

# json_text FIELD: its first value in the JSON on stdin, of the characters that
# names and base64 have.
json_text() { tr -d '\n' | sed 's/[{,]/\n/g' | sed -n "s/^ *\"$1\" *: *\"\([A-Za-z0-9+\/=._-]*\)\".*/\1/p" | sed -n 1p; }

# ask_for_certificate: $TX/pem gets it; 1 if another CA has signed it. The object
# is named by its request, so that a run that was cut goes on with it.
ask_for_certificate() {
  make_request "$IS_PROFILE" "$IS_ID" "$IS_ALGORITHM"
  CSR=kube-pki-$NODE-$(sha256 "$IS_BASE.csr" | cut -c 1-8)
  {
    printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"%s"},"spec":{' "$CSR"
    printf '"signerName":"kubernetes.io/kube-apiserver-client-kubelet","usages":["digital signature","client auth"],"request":"'
    base64 <"$IS_BASE.csr" | tr -d '\n'
    printf '"}}'
  } >"$TX/csr"
  wait_for "$LIMIT_ASK" "an answer of $WHERE" api POST "$CSRS" "$TX/csr" ||
    die "$WHERE did not answer within $LIMIT_ASK s ($(sed -n '/[Vv]erif/{p;q;}' "$TX/why")): check that this node reaches it and that $KUBELET_CONF trusts it"
  case $CODE in
    201 | 409) ;;
    401) die "$WHERE does not take this node's client certificate any more: join it again (kubeadm join)" ;;
    *) die "$WHERE refused the signing request ($CODE): $(sed -n 's/.*"message":"\([^"\\]*\).*/\1/p' "$TX/answer" | sed -n 1p); let nodes create certificatesigningrequests there (its authorizer or a webhook is in the way), then run again" ;;
  esac
  wait_for "$LIMIT_SIGNED" "signing request $CSR to be signed" is_signed ||
    die "signing request $CSR was not approved and signed within $LIMIT_SIGNED s: check kube-controller-manager and the binding of group system:nodes to system:certificates.k8s.io:certificatesigningrequests:selfnodeclient, or 'kubectl certificate approve $CSR', then run again"
  json_text certificate <"$TX/answer" | base64 -d >"$TX/pem" 2>/dev/null || :
  signed_by "$IS_CA" "$TX/pem"
}

is_signed() {
  api GET "$CSRS/$CSR" || return 1
  ! grep -Eq '"type": *"(Denied|Failed)"' "$TX/answer" ||
    die "signing request $CSR was denied: see 'kubectl get csr $CSR -o yaml', then run again"
  [ "$CODE" = 200 ] && [ -n "$(json_text certificate <"$TX/answer")" ]
}

# install_issued: the transaction of apply, with what was signed.
install_issued() {
  openssl x509 -in "$TX/pem" >"$TX/cert" 2>/dev/null || die "what $WHERE calls a certificate of $CSR cannot be read: run again"
  {
    cat "$TX/parts/apply"
    echo "part cert:$IS_PROFILE $(wc -l <"$TX/cert" | tr -d ' ')"
    cat "$TX/cert"
    # by the time of its arrival: the signer dates its certificates back
    echo "leaf $IS_PROFILE $IS_ID $(now) $(openssl x509 -in "$TX/cert" -noout -enddate | unix_time) ca:kubernetes"
  } >"$TX/apply"
  run_framed apply "$TX/apply"
}
