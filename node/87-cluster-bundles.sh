# ---- cluster: CA bundles that others wrote into their objects -----------------

# What holds a caBundle: plural, and a template of "Kind name base64" lines.
# shellcheck disable=SC2016 # variables of the template
BUNDLES='validatingwebhookconfigurations {{$n := .metadata.name}}{{range .webhooks}}{{with .clientConfig}}{{with .caBundle}}ValidatingWebhookConfiguration {{$n}} {{.}}|{{end}}{{end}}{{end}}
mutatingwebhookconfigurations {{$n := .metadata.name}}{{range .webhooks}}{{with .clientConfig}}{{with .caBundle}}MutatingWebhookConfiguration {{$n}} {{.}}|{{end}}{{end}}{{end}}
apiservices {{$n := .metadata.name}}{{with .spec}}{{with .caBundle}}APIService {{$n}} {{.}}|{{end}}{{end}}
customresourcedefinitions {{$n := .metadata.name}}{{with .spec.conversion}}{{with .webhook}}{{with .clientConfig}}{{with .caBundle}}CustomResourceDefinition {{$n}} {{.}}|{{end}}{{end}}{{end}}{{end}}'

# task_ca_bundles: a bundle that knows an old CA and none that stays would lock
# the API server out of the one who serves there.
task_ca_bundles() {
  echo "$BUNDLES" >"$TX/kinds"
  while read -r cb_plural cb_template <&3; do
    ask "$TX/answer" get "$cb_plural" -o "go-template={{range .items}}$cb_template{{end}}"
    tr '|' '\n' <"$TX/answer"
  done 3<"$TX/kinds" >"$TX/bundles"
  while read -r cb_kind cb_name cb_data; do
    [ -n "$cb_data" ] || continue
    echo "$cb_data" | base64 -d 2>/dev/null | pem_blocks >"$TX/live"
    among "$TX/blocks.old" "$TX/live" || continue
    among "$TX/blocks.ca" "$TX/live" || echo "$cb_kind $cb_name"
  done <"$TX/bundles" | sort -u >"$TX/stale"
  while read -r cb_kind cb_name <&3; do
    found scan "$cb_kind" "$cb_name" "has a caBundle of an old CA only: name it under inCluster.caBundles, or let its owner write the new one"
  done 3<"$TX/stale"
}

# task_rewrite: CRDs only, the others are the Pulumi provider's: its patch of a
# CRD puts the part it knows in place of the whole.
task_rewrite() {
  while read -r rw_word rw_kind rw_name rw_part <&3; do
    [ "$rw_word" = rewrite ] || continue
    ask "$TX/answer" get "$rw_kind" "$rw_name" --ignore-not-found -o 'go-template={{with .spec.conversion}}{{with .webhook}}webhook {{with .clientConfig}}{{.caBundle}}{{end}}{{end}}{{end}}'
    grep -q '^webhook' "$TX/answer" ||
      die "$rw_kind $rw_name under inCluster.caBundles is not in the cluster or has no conversion webhook: take it off that list"
    rw_data=$(base64 <"$TX/parts/$rw_part" | tr -d '\n')
    [ "$(sed 's/^webhook //' "$TX/answer")" != "$rw_data" ] || continue
    echo "[{\"op\":\"add\",\"path\":\"/spec/conversion/webhook/clientConfig/caBundle\",\"value\":\"$rw_data\"}]" >"$TX/patch"
    ask "$TX/answer" patch "$rw_kind" "$rw_name" --field-manager=kube-pki --type=json --patch-file="$TX/patch"
    say "caBundle of $rw_kind $rw_name rewritten"
  done 3<"$TX/plan"
}
