# ---- cluster: CA bundles that others wrote into their objects -----------------

# What holds a caBundle: kind, and a template of "path base64|" for each.
# shellcheck disable=SC2016 # variables of the template
BUNDLES='ValidatingWebhookConfiguration {{range $i, $w := .webhooks}}/webhooks/{{$i}}/clientConfig/caBundle {{with .clientConfig}}{{with .caBundle}}{{.}}{{end}}{{end}}|{{end}}
MutatingWebhookConfiguration {{range $i, $w := .webhooks}}/webhooks/{{$i}}/clientConfig/caBundle {{with .clientConfig}}{{with .caBundle}}{{.}}{{end}}{{end}}|{{end}}
APIService {{with .spec}}{{with .service}}/spec/caBundle {{end}}{{with .caBundle}}{{.}}{{end}}|{{end}}
CustomResourceDefinition {{with .spec.conversion}}{{with .webhook}}/spec/conversion/webhook/clientConfig/caBundle {{with .clientConfig}}{{with .caBundle}}{{.}}{{end}}{{end}}|{{end}}{{end}}'

# task_ca_bundles: a bundle that knows an old CA and none that stays would lock
# the API server out of the one who serves there.
task_ca_bundles() {
  [ -s "$TX/blocks.old" ] || old_of_cluster
  echo "$BUNDLES" >"$TX/kinds"
  while read -r cb_kind cb_template <&3; do
    ask "$TX/answer" get "$cb_kind" -o "go-template={{range .items}}= {{.metadata.name}}|$cb_template{{end}}"
    tr '|' '\n' <"$TX/answer" | sed "s/^=/= $cb_kind/"
  done 3<"$TX/kinds" >"$TX/bundles"
  while read -r cb_path cb_data cb_of; do
    case $cb_path:$cb_data in
      =:*)
        cb_name="$cb_data $cb_of"
        continue
        ;;
      *:) continue ;;
    esac
    echo "$cb_data" | base64 -d 2>/dev/null | pem_blocks >"$TX/live"
    among "$TX/blocks.old" "$TX/live" || continue
    among "$TX/blocks.ca" "$TX/live" || echo "$cb_name"
  done <"$TX/bundles" | sort -u >"$TX/stale"
  while read -r cb_kind cb_name <&3; do
    found scan "$cb_kind" "$cb_name" "has a caBundle of an old CA only: name it under inCluster.caBundles, or let its owner write the new one"
  done 3<"$TX/stale"
}

# old_of_cluster: of a cluster that was taken over nobody but itself knows the
# old CA; until it is retired, it is published beside the one that stays.
old_of_cluster() {
  ask "$TX/answer" get configmap kube-root-ca.crt -n kube-system --ignore-not-found -o 'go-template={{with .data}}{{index . "ca.crt"}}{{end}}'
  pem_blocks "$TX/answer" >"$TX/live"
  both "$TX/ours/ca:kubernetes" "$TX/live" >"$TX/live.ours"
  except "$TX/blocks.ca" "$TX/live.ours" >"$TX/blocks.old"
}

# task_rewrite: every caBundle of an object that the stack names is the part. By
# kubectl for all kinds: the Pulumi provider's patch of a CRD puts the fields it
# knows in place of the whole object.
task_rewrite() {
  echo "$BUNDLES" >"$TX/kinds"
  while read -r rw_word rw_kind rw_name rw_part <&3; do
    [ "$rw_word" = rewrite ] || continue
    ask "$TX/answer" get "$rw_kind" "$rw_name" --ignore-not-found -o "go-template=$(sed -n "s/^$rw_kind //p" "$TX/kinds")"
    tr '|' '\n' <"$TX/answer" | grep '^/' >"$TX/bundles" ||
      die "$rw_kind $rw_name under inCluster.caBundles is not in the cluster or calls no service of its own: take it off that list"
    rw_data=$(base64 <"$TX/parts/$rw_part" | tr -d '\n')
    awk -v data="$rw_data" '
      $2 != data { printf "%s{\"op\":\"add\",\"path\":\"%s\",\"value\":\"%s\"}", (n++ ? "," : "["), $1, data }
      END { if (n) print "]" }' "$TX/bundles" >"$TX/patch"
    [ -s "$TX/patch" ] || continue
    ask "$TX/answer" patch "$rw_kind" "$rw_name" --field-manager=kube-pki --type=json --patch-file="$TX/patch"
    say "caBundle of $rw_kind $rw_name rewritten"
  done 3<"$TX/plan"
}
