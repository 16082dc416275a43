# ---- cluster: work on objects of the cluster, through this node's kubectl -----

LIMIT_ASK=${LIMIT:-90}      # an API server that was just restarted
LIMIT_ROOT_CA=${LIMIT:-180} # a controller manager that was just restarted
LIMIT_MOUNTED=${LIMIT:-95}  # a kubelet looks after each pod every 60 s, and half as long again at most
LIMIT_ROLLED=${LIMIT:-600}  # as Kubernetes' own progressDeadlineSeconds
LIMIT_BUDGET=${LIMIT:-60}
LIMIT_WRITTEN=${LIMIT:-60} # by a controller that is there
SINCE=

verb_cluster() {
  open_look cluster
  have kubectl ||
    die "this node has no kubectl, which work in the cluster is done with: install it here, or set inCluster.enabled: false"
  KUBECONFIG_PATH=$(sed -n 's/^kubeconfig //p' "$TX/plan")
  [ -n "$KUBECONFIG_PATH" ] || die "the payload has no kubeconfig line: use one version of the program and of node.sh"
  [ -f "$ROOT$KUBECONFIG_PATH" ] ||
    die "$KUBECONFIG_PATH is not on this node: work in the cluster needs an admin's kubeconfig here, or set inCluster.enabled: false"
  list_ours
  kc_own_context
  SINCE=$(sed -n 's/^since //p' "$TX/plan")
  while read -r vc_word vc_task <&5; do
    [ "$vc_word" = task ] || continue
    run_task "$vc_task"
  done 5<"$TX/plan"
  refuse_found
  echo "done $SUM8"
}

# run_task NAME: after something was found only what changes nothing goes on, so
# that one refusal names all there is.
run_task() {
  case $1 in
    nodes | root-ca-seen | ca-bundles | pods | may-restart) ;;
    *)
      if [ -s "$TX/found" ]; then
        echo "task $1 skipped"
        return
      fi
      ;;
  esac
  rt_before=$(wc -l <"$TX/found")
  case $1 in
    root-ca) task_root_ca ;;
    root-ca-seen) task_root_ca_seen ;;
    nodes) task_nodes ;;
    mounted-elsewhere) task_mounted_elsewhere ;;
    rewrite) task_rewrite ;;
    ca-bundles) task_ca_bundles ;;
    pods) task_pods ;;
    may-restart) task_may_restart ;;
    restart-all) task_restart_all ;;
    tokens) task_tokens ;;
    authentication-clean) task_authentication_clean ;;
    cluster-info-add) task_cluster_info add ;;
    cluster-info-exact) task_cluster_info exact ;;
    workers) task_workers ;;
    workers-remove) task_workers_remove ;;
  esac
  if [ "$(wc -l <"$TX/found")" -gt "$rt_before" ]; then echo "task $1 blocked"; else echo "task $1 done"; fi
}

# list_ours: $TX/ours/PART has the CAs of this cluster, those that go too.
list_ours() {
  mkdir "$TX/ours"
  for lo_name in kubernetes frontproxy; do
    {
      ours_known "ca:$lo_name"
      for lo_part in "$TX/parts/old:$lo_name"*; do
        [ ! -f "$lo_part" ] || pem_blocks "$lo_part"
      done
    } | sort -u >"$TX/ours/ca:$lo_name"
  done
}

# kc_own_context: KC_CONTEXT is the one of the kubeconfig that leads to this cluster:
# its current one may be that of another.
kc_own_context() {
  open_kubeconfig "$KUBECONFIG_PATH"
  kc_own "$KUBECONFIG_PATH"
  kc_context
}

# need_part NAME TASK
need_part() {
  [ -s "$TX/parts/$1" ] || die "task $2 needs part $1, which the payload does not have"
}

# kube ARGUMENT...: HOME is ours, so that nobody's kuberc or cache has a say.
kube() {
  limited 60 env HOME="$TX" kubectl --kubeconfig "$ROOT$KUBECONFIG_PATH" ${KC_CONTEXT:+--context="$KC_CONTEXT"} --cache-dir "$TX/cache" --request-timeout=30s "$@" </dev/null
}

# ask FILE ARGUMENT...: kubectl's answer in FILE. Everything asked is the same
# when asked twice, so a server that is restarting is simply asked again.
ask() {
  as_out=$1
  shift
  await "$LIMIT_ASK" ask_once "$@" ||
    die "'kubectl $1 $2' did not succeed within $LIMIT_ASK s: $(sed -n '$p' "$TX/why")"
}

ask_once() {
  if kube "$@" >"$as_out" 2>"$TX/why"; then return 0; fi
  sleep "$POLL"
  return 1
}
