# ---- cluster: what a node is told to trust before it joins --------------------

# task_cluster_info add|exact: the CAs in kubeadm's cluster-info, which nobody
# else keeps: what is there and what stays, or that without what goes. The bootstrap
# signer signs it anew by itself. A cluster without one has nothing to be told.
task_cluster_info() {
  need_part ca:kubernetes cluster-info
  ask "$TX/answer" get configmap cluster-info -n kube-public --ignore-not-found -o 'go-template={{with .data}}{{.kubeconfig}}{{end}}'
  grep -q certificate-authority-data "$TX/answer" || return 0
  cp "$TX/answer" "$TX/cluster-info"
  pem_blocks "$TX/parts/ca:kubernetes" >"$TX/stays"
  read_kubeconfig "$TX/cluster-info"
  understood "cluster-info in kube-public" "rewrite it with 'kubectl edit configmap cluster-info -n kube-public'"
  : >"$TX/kc.edits"
  for ci_n in $(kc_entries certificate-authority-data); do
    kc_blocks "$ci_n" cluster-info >"$TX/live"
    case $1 in
      add) cat "$TX/live" "$TX/stays" ;;
      exact) except "$TX/ours/ca:kubernetes" "$TX/live" | cat "$TX/stays" - ;;
    esac | awk '!seen[$0]++' | blocks_pem | base64 | tr -d '\n' >"$TX/kc.data.$ci_n"
    echo "clusters $ci_n certificate-authority-data $TX/kc.data.$ci_n" >>"$TX/kc.edits"
  done
  edit_kubeconfig "$TX/cluster-info" "$TX/kc.edits" >"$TX/cluster-info.new"
  ! cmp -s "$TX/cluster-info" "$TX/cluster-info.new" || return 0
  # a YAML block says every byte as it is; awks do not agree on how to double a backslash
  { printf 'data:\n  kubeconfig: |2\n' && sed 's/^/    /' "$TX/cluster-info.new"; } >"$TX/patch"
  ask "$TX/answer" patch configmap cluster-info -n kube-public --field-manager=kube-pki --type=merge --patch-file="$TX/patch"
  say "cluster-info in kube-public names the CAs that are trusted now"
}
