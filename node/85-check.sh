# ---- check: nobody on this node still needs what is about to go --------------

verb_check() {
  open_look check
  check_mounts
  tell_sides
  # one node after another is told to renew, all at once what is in the way
  grep -q '^consumer ' "$TX/plan" || scan_kubeconfigs
  scan_serving
  check_tokens
  refuse_found
  echo "done $SUM8"
}

# tell_sides: STAYS and OLD, files of the CAs that stay and, if known, that go.
tell_sides() {
  STAYS=$TX/parts/ca:kubernetes
  [ -f "$STAYS" ] || return 0
  pem_blocks "$STAYS" >"$TX/stays"
  OLD=
  [ -s "$TX/blocks.old" ] || return 0
  OLD=$TX/old.pem
  blocks_pem <"$TX/blocks.old" >"$OLD"
}

# scan_kubeconfigs: those of people and of network plugins too, which no plan
# of ours holds. One that does not work today loses nothing.
scan_kubeconfigs() {
  for sk_file in "$ROOT"/etc/kubernetes/*.conf "$ROOT"/etc/kubernetes/*.kubeconfig "$ROOT"/root/.kube/config \
    "$ROOT"/home/*/.kube/config "$ROOT"/etc/cni/net.d/*kubeconfig*; do
    [ -f "$sk_file" ] || continue
    [ ! -f "$TX/parts/ca:kubernetes" ] || scan_authority "$sk_file" "${sk_file#"$ROOT"}"
    [ -z "$TOKEN_KID" ] || each_token "$sk_file" ||
      found tokens kubeconfig "${sk_file#"$ROOT"}" "holds a token of a service account key that goes: get a new one"
  done
}

# scan_authority FILE NAME
scan_authority() {
  each_entry certificate-authority "$1" trusts_rest ||
    found scan kubeconfig "$2" "does not trust the CA that stays: write that CA into it"
  if ! have_openssl; then
    say "no openssl here: who signed the client certificate of $2 cannot be checked"
    return
  fi
  each_entry client-certificate "$1" signed_by_rest ||
    found scan kubeconfig "$2" "has a client certificate that the CA that stays did not sign: issue it anew"
}

# each_entry FIELD KUBECONFIG TEST: TEST holds for each PEM text that FIELD
# carries or names, found at $TX/pem.
each_entry() {
  {
    kubeconfig_values "$1-data" "$2" | sed 's/^/data /'
    kubeconfig_values "$1" "$2" | sed 's/^/file /'
  } >"$TX/entries"
  while read -r ee_kind ee_value; do
    case $ee_kind:$ee_value in
      data:*) echo "$ee_value" | base64 -d >"$TX/pem" 2>/dev/null || : ;;
      file:/*) cat "$ROOT$ee_value" >"$TX/pem" 2>/dev/null || continue ;;
      *) cat "${2%/*}/$ee_value" >"$TX/pem" 2>/dev/null || continue ;;
    esac
    "$3" || return 1
  done <"$TX/entries"
}

each_token() {
  kubeconfig_values token "$1" >"$TX/entries"
  while read -r et_token; do
    et_kid=$(echo "$et_token" | token_kid)
    [ -z "$et_kid" ] || [ "$et_kid" = "$TOKEN_KID" ] || return 1
  done <"$TX/entries"
}

# kubeconfig_values KEY KUBECONFIG: every value of that key, block YAML or JSON;
# "-" for one that is not on its key's line. An argument of a credential plugin that
# begins so has its colon within the quotes.
kubeconfig_values() {
  awk -v key="$1" '
    BEGIN { gap = "^[\"\047]?[ \t]*:[ \t]*"; word = "^[\"\047]?[^\"\047,}{ \t\r]+"; none = "^(\"\"|\047\047|null)" }
    /^[ \t]*#/ { next }
    {
      rest = $0
      while ((at = index(rest, key)) > 0) {
        before = substr(rest, at - 1, 1)
        rest = substr(rest, at + length(key))
        if ((at > 1 && before !~ /[ \t"{,\047]/) || !match(rest, gap)) continue
        if (at > 1 && before ~ /["\047]/ && substr(rest, 1, 1) != before) continue
        rest = substr(rest, RLENGTH + 1)
        if (rest ~ none) continue
        if (!match(rest, word)) { print "-"; continue }
        value = substr(rest, 1, RLENGTH)
        gsub(/["\047]/, "", value)
        print value
      }
    }' "$2"
}

# trusts_rest: with "old:" parts known, another cluster's CA is not our matter.
trusts_rest() {
  pem_blocks "$TX/pem" >"$TX/entry"
  [ -z "$OLD" ] || [ ! -s "$TX/entry" ] || among "$TX/blocks.old" "$TX/entry" || return 0
  among "$TX/stays" "$TX/entry"
}

signed_by_rest() {
  openssl x509 -in "$TX/pem" -noout -checkend 0 >/dev/null 2>&1 || return 0
  [ -z "$OLD" ] || signed_by "$OLD" || return 0
  signed_by "$STAYS"
}

# scan_serving: a certificate that the kubelet was given when it asked for one
# (serverTLSBootstrap) is renewed only late in its life. One it signed itself, as
# kubeadm has it, is of no CA.
scan_serving() {
  [ -f "$STAYS" ] && [ -n "$OLD" ] && have_openssl || return 0
  for ss_file in "$ROOT"/var/lib/kubelet/pki/kubelet-server-current.pem "$ROOT"/var/lib/kubelet/pki/kubelet.crt; do
    [ -f "$ss_file" ] || continue
    cp "$ss_file" "$TX/pem"
    signed_by_rest ||
      found scan certificate "${ss_file#"$ROOT"}" "is the kubelet's serving certificate, and the CA that stays did not sign it: remove it, restart the kubelet and approve its signing request"
  done
}

signed_by() { openssl verify -no_check_time -partial_chain -CAfile "$1" -untrusted "$TX/pem" "$TX/pem" >/dev/null 2>&1; }

# check_mounts: a kubelet brings a changed kube-root-ca.crt into a pod at its next
# look after that pod, a minute and a half later at most.
check_mounts() {
  [ -f "$TX/parts/mounted:kubernetes" ] || return 0
  pem_blocks "$TX/parts/mounted:kubernetes" >"$TX/stays"
  : >"$TX/good.pem"
  wait_for "$(patience scan "$LIMIT_MOUNTS")" "the new CA in the pods of this node" mounts_new || while read -r cm_pod; do
    found scan pod "$cm_pod" "still has a ca.crt without the new CA: look at the kubelet here, or delete the pod"
  done <"$TX/behind"
}

# mounts_new: no pod has a ca.crt of the cluster that lacks the new CA; else
# $TX/behind names the pods. Where the old CA is not known, what a kubelet gives
# with a token is the cluster's.
mounts_new() {
  mn_pods=$ROOT/var/lib/kubelet/pods
  for mn_file in "$mn_pods"/*/volumes/kubernetes.io~projected/*/..data/ca.crt "$mn_pods"/*/volumes/kubernetes.io~configmap/*/..data/ca.crt; do
    [ -f "$mn_file" ] || continue
    ! cmp -s "$mn_file" "$TX/good.pem" || continue # most are the same
    pem_blocks "$mn_file" >"$TX/live" 2>/dev/null || continue
    if among "$TX/stays" "$TX/live"; then
      cp "$mn_file" "$TX/good.pem"
    elif [ -s "$TX/blocks.old" ]; then
      ! among "$TX/blocks.old" "$TX/live" || pod_of "${mn_file#"$mn_pods/"}"
    elif [ -f "${mn_file%/*}/token" ]; then
      pod_of "${mn_file#"$mn_pods/"}"
    fi
  done | sort -u >"$TX/behind"
  [ ! -s "$TX/behind" ]
}

# check_tokens: dropping the old key before every pod has a token of the new one
# would lock those pods out for as long as their kubelet keeps the old.
check_tokens() {
  [ -n "$TOKEN_KID" ] || return 0
  tokens_new || renew_tokens
  wait_for "$(patience tokens "$LIMIT_TOKENS")" "tokens of the new service account key in the pods of this node" tokens_new || while read -r ct_pod; do
    found tokens token "$ct_pod" "is still of a service account key that goes: restart the kubelet, or delete the pod"
  done <"$TX/tokens"
}

# renew_tokens: a kubelet renews tokens late in their life, and all of them within
# seconds of its start. So it is restarted, if the plan names it; one that has
# begun just now is given that time first.
renew_tokens() {
  if gate_off tokens || ! find_consumer kubelet; then return 0; fi
  rt_id=$(identity)
  [ -n "$rt_id" ] || return 0
  rt_rest=$((LIMIT_PROJECT - $(now) + $(start_time "${rt_id#* }")))
  if [ "$rt_rest" -gt 0 ] && wait_for "$rt_rest" "tokens that the kubelet, which has just started, renews" tokens_new; then return 0; fi
  take_lock
  restart_and_prove kubelet || die "$WHY_NOT: look at the kubelet before you run again"
  free_lock
  exec 9>&- # others need not wait for what follows
  echo "consumer kubelet restarted"
  echo "proof kubelet restarted - - - yes"
  cat "$TX/proofs"
}

# tokens_new: no projected token of another key; else $TX/tokens names the pods.
tokens_new() {
  tn_pods=$ROOT/var/lib/kubelet/pods
  for tn_file in "$tn_pods"/*/volumes/kubernetes.io~projected/*/..data/* "$tn_pods"/*/volumes/kubernetes.io~projected/*/..data/*/*; do
    [ -f "$tn_file" ] || continue
    tn_kid=$(token_kid <"$tn_file" 2>/dev/null) || tn_kid=
    [ -z "$tn_kid" ] || [ "$tn_kid" = "$TOKEN_KID" ] || pod_of "${tn_file#"$tn_pods/"}"
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
