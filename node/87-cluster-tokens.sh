# ---- cluster: tokens in Secrets live until somebody drops them ----------------

# task_tokens: a token Secret of a key that goes loses its token, and the
# controller manager writes a new one. The API server compares such a token with
# its Secret, so the old one is refused from then on.
task_tokens() {
  [ -n "$TOKEN_KID" ] || die "task tokens needs a token-kid line, which the payload does not have"
  list_stale_secrets
  echo '[{"op":"remove","path":"/data/token"}]' >"$TX/patch"
  while read -r tt_name tt_kid <&3; do
    [ "$tt_kid" != none ] || continue # dropped already, not yet written
    ask "$TX/answer" patch secret "${tt_name#*/}" -n "${tt_name%/*}" --field-manager=kube-pki --type=json --patch-file="$TX/patch"
    say "Secret $tt_name gets a new token; pods that mount it have it within $LIMIT_MOUNTED s"
  done 3<"$TX/stale"
  wait_for "$LIMIT_WRITTEN" "kube-controller-manager to write new tokens into Secrets" secrets_new ||
    while read -r tt_name _ <&3; do
      found tokens Secret "$tt_name" "has no token of the new service account key: check kube-controller-manager, and that the service account is there"
    done 3<"$TX/stale"
}

secrets_new() {
  list_stale_secrets
  [ ! -s "$TX/stale" ]
}

# list_stale_secrets: $TX/stale gets "NAMESPACE/NAME KID|none". Of a token only
# the header gets into a file; what follows is cut off in the pipe.
list_stale_secrets() {
  await "$LIMIT_ASK" token_headers || die "'kubectl get secrets' did not succeed within $LIMIT_ASK s: $(sed -n '$p' "$TX/why")"
  while read -r ls_name ls_head; do
    [ "$ls_name" != end ] || continue
    ls_kid=none
    [ -z "$ls_head" ] || ls_kid=$(kid_of_header "$ls_head")
    [ "$ls_kid" = "$TOKEN_KID" ] || echo "$ls_name ${ls_kid:-unreadable}"
  done <"$TX/headers" >"$TX/stale"
}

# token_headers: the exit code of kubectl is lost in the pipe, its last line says
# that the list is whole.
token_headers() {
  kube get secrets -A --field-selector type=kubernetes.io/service-account-token -o 'go-template={{range .items}}{{.metadata.namespace}}/{{.metadata.name}} {{with .data}}{{with .token}}{{base64decode .}}{{end}}{{end}}
{{end}}end
' 2>"$TX/why" | awk '{ split($2, part, "."); print $1, part[1] }' >"$TX/headers"
  grep -q '^end ' "$TX/headers" || {
    sleep "$POLL"
    return 1
  }
}
