# ---- check: nobody on this node still needs what is about to go --------------

verb_check() {
  open_look check
  kubelet_folders
  check_mounts
  # one node after another is told to renew, all at once what is in the way
  grep -q '^consumer ' "$TX/plan" || {
    list_readers
    list_held
    for vc_authority in etcd frontproxy kubernetes; do
      let_stay "ca:$vc_authority"
      [ "$vc_authority" = kubernetes ] || { [ -n "$STAYS" ] && [ -n "$OLD" ]; } || continue
      scan_readers
      scan_held
    done
  }
  let_stay ca:kubernetes
  if grep -q '^serving renew$' "$TX/plan"; then renew_serving; else scan_serving; fi
  check_tokens
  refuse_found
  echo "done $SUM8"
}

# let_stay PART: STAYS is the file of the CA that stays, nothing without the part. OLD
# is one of those of the same authority that go, as far as they are known: of the
# cluster's the payload says so, of others this node may know it alone.
let_stay() {
  STAYS=$TX/parts/$1
  AUTHORITY=${1#*:}
  NEEDED=all
  if [ -f "$STAYS" ]; then pem_blocks "$STAYS" >"$TX/stays"; else STAYS=; fi
  : >"$TX/blocks.old"
  if [ -f "$TX/parts/old:$AUTHORITY" ]; then
    pem_blocks "$TX/parts/old:$AUTHORITY" >"$TX/blocks.old"
  elif [ "$AUTHORITY" != kubernetes ] && [ -n "$STAYS" ]; then
    ours_known "$1" >"$TX/known"
    except "$TX/stays" "$TX/known" >"$TX/blocks.old"
  fi
  OLD=
  [ ! -s "$TX/blocks.old" ] || {
    OLD=$TX/old.pem
    blocks_pem <"$TX/blocks.old" >"$OLD"
  }
}

# scan_serving: a certificate that the kubelet was given when it asked for one
# (serverTLSBootstrap) is renewed only late in its life. One it signed itself, as
# kubeadm has it, is of no CA.
scan_serving() {
  [ -n "$STAYS" ] && [ -n "$OLD" ] && have_openssl || return 0
  for ss_file in "$KUBELET_PKI/kubelet-server-current.pem" "$KUBELET_PKI/kubelet.crt"; do
    [ -f "$ss_file" ] || continue
    cp "$ss_file" "$TX/pem"
    signed_by_rest ||
      found scan certificate "${ss_file#"$ROOT"}" "is the kubelet's serving certificate, and the new CA did not sign it: set inCluster.approveKubeletServing: true, or remove it, restart the kubelet and approve its signing request"
  done
}

# renew_serving: at its start a kubelet asks for the certificate that it does not have.
# Only the link to it goes, and comes back where the kubelet does not start. A link
# that is aside is of a run that was killed.
renew_serving() {
  rw_link=$KUBELET_PKI/kubelet-server-current.pem
  rw_aside=$rw_link.kube-pki
  if [ -f "$rw_link" ]; then
    rm -f "$rw_aside"
    [ -n "$STAYS" ] && [ -n "$OLD" ] && have_openssl || return 0
    cp "$rw_link" "$TX/pem"
    ! signed_by_rest || return 0
  else
    [ -f "$rw_aside" ] || return 0
  fi
  find_consumer kubelet || return 0
  take_lock
  [ ! -f "$rw_link" ] || mv "$rw_link" "$rw_aside"
  restart_and_prove kubelet || {
    [ -f "$rw_link" ] || mv "$rw_aside" "$rw_link"
    die "$WHY_NOT: look at the kubelet before you run again"
  }
  rm -f "$rw_aside"
  tell_restarted
}

# tell_restarted: the kubelet, with its proofs; others need not wait for what follows.
tell_restarted() {
  free_lock
  exec 9>&-
  echo "consumer kubelet restarted"
  echo "proof kubelet restarted - - - yes"
  cat "$TX/proofs"
}

# check_mounts: a kubelet brings a changed kube-root-ca.crt into a pod at its next
# look after that pod, a minute and a half later at most.
check_mounts() {
  let_stay mounted:kubernetes
  [ -n "$STAYS" ] || return 0
  NEEDED=trust
  [ -f "$TX/parts/ca:kubernetes" ] || {
    list_held
    scan_held
  }
  : >"$TX/good.pem"
  wait_for "$(patience scan "$LIMIT_MOUNTS")" "the new CA in the pods of this node" mounts_new || while read -r cm_pod cm_whose; do
    case $cm_whose in
      kubelet) found scan pod "$cm_pod" "still has a ca.crt without the new CA: look at the kubelet here, or delete the pod" ;;
      secret) told pod "$cm_pod" "has a token from a Secret with a ca.crt without the new CA: unless that is a copy of somebody's, look at kube-controller-manager, which writes it" ;;
      *) told pod "$cm_pod" "has a ca.crt without the new CA, perhaps from a ConfigMap of its own: look at it" ;;
    esac
  done <"$TX/behind"
}

# mounts_new: no pod has a ca.crt of the cluster that lacks the new CA; else
# $TX/behind names the pods, and "kubelet" where a token lies beside it: that one the
# kubelet keeps current; "secret" where both are of a Secret. What is in another volume
# may be a copy of a tenant's, and so may that.
mounts_new() {
  for mn_file in "$KUBELET_PODS"/*/volumes/kubernetes.io~projected/*/..data/ca.crt "$KUBELET_PODS"/*/volumes/kubernetes.io~configmap/*/..data/ca.crt \
    "$KUBELET_PODS"/*/volumes/kubernetes.io~secret/*/..data/ca.crt; do
    [ -f "$mn_file" ] || continue
    # of Secrets only those with a token of the cluster
    case $mn_file in */kubernetes.io~secret/*) [ -f "${mn_file%/*}/token" ] || continue ;; esac
    ! cmp -s "$mn_file" "$TX/good.pem" || continue # most are the same
    pem_blocks "$mn_file" >"$TX/live" 2>/dev/null || continue
    if among "$TX/stays" "$TX/live"; then
      cp "$mn_file" "$TX/good.pem"
    elif [ -s "$TX/blocks.old" ]; then
      ! among "$TX/blocks.old" "$TX/live" || name_behind "$mn_file"
    elif [ -f "${mn_file%/*}/token" ]; then
      name_behind "$mn_file"
    fi
  done | sort -u >"$TX/behind"
  [ ! -s "$TX/behind" ]
}

# name_behind FILE: below $KUBELET_PODS.
name_behind() {
  nb_whose=pod
  [ ! -f "${1%/*}/token" ] || nb_whose=kubelet
  case $1 in */kubernetes.io~secret/*) nb_whose=secret ;; esac
  echo "$(pod_of "${1#"$KUBELET_PODS/"}") $nb_whose"
}

# check_tokens: dropping the old key before every pod has a token of the new one
# would lock those pods out for as long as their kubelet keeps the old.
check_tokens() {
  [ -n "$TOKEN_KID" ] || return 0
  tokens_new || renew_tokens
  wait_for "$(patience tokens "$LIMIT_TOKENS")" "tokens of the new service account key in the pods of this node" tokens_new || while read -r ct_pod; do
    found tokens token "$ct_pod" "is still of the old service account key: restart the kubelet, or delete the pod"
  done <"$TX/tokens"
}

# renew_tokens: a kubelet renews tokens late in their life, and all of them within
# seconds of its start. So it is restarted, if the plan names it; one that has
# begun just now is given that time first.
renew_tokens() {
  if gate_off tokens || ! find_consumer kubelet; then return 0; fi
  identity
  rt_id=$ID
  [ -n "$rt_id" ] || return 0
  rt_rest=$((LIMIT_PROJECT - $(seconds_since "${rt_id#* }")))
  if [ "$rt_rest" -gt 0 ] && wait_for "$rt_rest" "tokens that the kubelet, which has just started, renews" tokens_new; then return 0; fi
  take_lock
  restart_and_prove kubelet || die "$WHY_NOT: look at the kubelet before you run again"
  tell_restarted
}

# tokens_new: no projected token of another key; else $TX/tokens names the pods.
tokens_new() {
  for tn_file in "$KUBELET_PODS"/*/volumes/kubernetes.io~projected/*/..data/* "$KUBELET_PODS"/*/volumes/kubernetes.io~projected/*/..data/*/*; do
    [ -f "$tn_file" ] || continue
    tn_kid=$(token_kid <"$tn_file" 2>/dev/null) || tn_kid=
    [ -z "$tn_kid" ] || [ "$tn_kid" = "$TOKEN_KID" ] || pod_of "${tn_file#"$KUBELET_PODS/"}"
  done >"$TX/tokens"
  [ ! -s "$TX/tokens" ]
}

# pod_of UID/...: namespace/name, as the kubelet's log folders tell it.
pod_of() {
  for po_dir in "$ROOT"/var/log/pods/*_*_"${1%%/*}"; do
    [ -d "$po_dir" ] || continue
    po_dir=${po_dir##*/}
    po_dir=${po_dir%_*}
    echo "${po_dir%%_*}/${po_dir#*_}"
    return
  done
  echo "${1%%/*}"
}
