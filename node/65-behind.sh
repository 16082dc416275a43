# ---- behind: client certificates that only servers behind others are shown ------

# prove_chain NAME: a CA that the server reads has signed it, for clients.
prove_chain() {
  while read -r pc_word pc_name pc_profile pc_path <&4; do
    [ "$pc_word $pc_name" = "chain $1" ] || continue
    pc_cert=$TX/$LEAFS/cert:$pc_profile
    [ -f "$pc_cert" ] && [ -f "$ROOT$pc_path" ] || continue
    if ! have_openssl; then
      echo "proof $1 chain $pc_profile - $pc_path unproven" >>"$TX/proofs"
      continue
    fi
    openssl verify -purpose sslclient -partial_chain -CAfile "$ROOT$pc_path" -untrusted "$pc_cert" "$pc_cert" >/dev/null 2>&1 || {
      REFUSED=$pc_profile
      fails refused "no CA in $pc_path has signed the certificate of $pc_profile for clients"
      return 1
    }
    know_cert "$pc_cert" || :
    echo "proof $1 chain $pc_profile $SERIAL $pc_path yes" >>"$TX/proofs"
  done 4<"$TX/plan"
}

# prove_aggregated NAME: a request that passes through to an API server behind, which
# asks the front proxy for its certificate: one whose CA it does not trust makes nobody
# of who asks. Only where something changes: it is two requests more.
prove_aggregated() {
  anything_changed && grep -q "^aggregated $1 " "$TX/plan" && have_openssl || return 0
  while read -r pg_word pg_name pg_where pg_by pg_profile <&4; do
    [ "$pg_word $pg_name" = "aggregated $1" ] && [ -f "$TX/$LEAFS/cert:$pg_by" ] && [ -f "$TX/$LEAFS/cert:$pg_profile" ] || continue
    list_aggregated "$pg_where" "$pg_by" >"$TX/groups"
    while read -r pg_url <&5; do
      http_code https "$pg_where" "$pg_url" "$pg_by" || :
      pg_code=$CODE
      case $pg_code in
        200)
          [ "$LEAFS" = parts ] || echo "$1 $pg_where $pg_url $pg_by 200" >>"$TX/codes"
          know_cert "$TX/$LEAFS/cert:$pg_profile" || :
          echo "proof $1 aggregated $pg_profile $SERIAL $pg_where$pg_url yes" >>"$TX/proofs"
          break
          ;;
        401 | 403)
          ! grep -qsx "$1 $pg_where $pg_url $pg_by 200" "$TX/codes" || {
            fails refused "the API server behind $pg_where$pg_url answers $pg_code, and 200 before: it does not trust the certificate of $pg_profile"
            return 1
          }
          ;;
      esac
    done 5<"$TX/groups"
  done 4<"$TX/plan"
}

# prove_reached NAME: the API server gets through to that kubelet, as for logs and exec:
# each takes the other's certificate. Only where something changes; where it did not get
# through before nothing is claimed.
prove_reached() {
  anything_changed && grep -q "^reaches $1 " "$TX/plan" && have_openssl || return 0
  while read -r pr_word pr_name pr_where pr_node pr_by <&4; do
    [ "$pr_word $pr_name" = "reaches $1" ] && [ -f "$TX/$LEAFS/cert:$pr_by" ] || continue
    pr_url=/api/v1/nodes/$pr_node/proxy/healthz
    http_code https "$pr_where" "$pr_url" "$pr_by" || :
    pr_code=$CODE
    case $pr_code in
      '') ;; # the API server itself is away
      200)
        [ "$LEAFS" = parts ] || echo "$1 $pr_where $pr_url $pr_by 200" >>"$TX/codes"
        echo "proof $1 reached - - $pr_where$pr_url yes" >>"$TX/proofs"
        ;;
      *)
        ! grep -qsx "$1 $pr_where $pr_url $pr_by 200" "$TX/codes" || {
          fails sick "the API server at $pr_where does not reach the kubelet of $pr_node: it answers $pr_code at $pr_url, and 200 before"
          return 1
        }
        ;;
    esac
  done 4<"$TX/plan"
}

# list_aggregated HOST:PORT PROFILE: the paths of at most three API groups that another
# API server behind that one serves. kube-aggregator labels those that it serves itself.
list_aggregated() {
  printf 'GET /apis/apiregistration.k8s.io/v1/apiservices?labelSelector=!kube-aggregator.kubernetes.io/automanaged HTTP/1.0\r\nHost: %s\r\nAccept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1\r\n\r\n' "${1%:*}" >"$TX/ask"
  client_pair "$2"
  # shellcheck disable=SC2086 # words wanted
  limited 5 openssl s_client -quiet -connect "$1" $PAIR <"$TX/ask" 2>/dev/null |
    tr -d '\r\n' | sed 's/[{,]/\n/g' |
    sed -n 's/^ *"name" *: *"\(v[0-9][a-z0-9]*\)\.\([a-z0-9-]*\.[a-z0-9.-]*\)".*/\/apis\/\2\/\1/p' | awk '!seen[$0]++ && ++n <= 3'
}
