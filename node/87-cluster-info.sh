# ---- cluster: what a node is told to trust before it joins --------------------

# task_cluster_info add|exact: the CAs in kubeadm's cluster-info, which nobody
# else keeps: what is there and what stays, or only what stays. The bootstrap
# signer signs it anew by itself. A cluster without one has nothing to be told.
task_cluster_info() {
  need_part ca:kubernetes cluster-info
  ask "$TX/answer" get configmap cluster-info -n kube-public --ignore-not-found -o 'go-template={{with .data}}{{.kubeconfig}}{{end}}'
  grep -q certificate-authority-data "$TX/answer" || return 0
  cp "$TX/answer" "$TX/cluster-info"
  ca_data "$TX/cluster-info" >"$TX/ca-lines"
  while read -r ci_data; do
    echo "$ci_data" | base64 -d 2>/dev/null | pem_blocks
  done <"$TX/ca-lines" >"$TX/live"
  pem_blocks "$TX/parts/ca:kubernetes" >"$TX/stays"
  set -- "$1" "$TX/stays"
  [ "$1" = exact ] || set -- "$1" "$TX/live" "$TX/stays"
  shift
  awk '!seen[$0]++' "$@" | blocks_pem | base64 | tr -d '\n' >"$TX/ca-data"
  ca_data "$TX/cluster-info" "$TX/ca-data" >"$TX/cluster-info.new"
  ! cmp -s "$TX/cluster-info" "$TX/cluster-info.new" || return 0
  # a YAML block says every byte as it is; awks do not agree on how to double a backslash
  { printf 'data:\n  kubeconfig: |2\n' && sed 's/^/    /' "$TX/cluster-info.new"; } >"$TX/patch"
  ask "$TX/answer" patch configmap cluster-info -n kube-public --field-manager=kube-pki --type=merge --patch-file="$TX/patch"
  say "cluster-info in kube-public names the CAs that are trusted now"
}
