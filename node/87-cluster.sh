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
    ca-bundles | pods) ;;
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
    rewrite) task_rewrite ;;
    ca-bundles) task_ca_bundles ;;
    pods) task_pods ;;
    restart) task_restart ;;
    restart-all) task_restart_all ;;
    tokens) task_tokens ;;
    authentication-clean) task_authentication_clean ;;
    cluster-info-add) task_cluster_info add ;;
    cluster-info-exact) task_cluster_info exact ;;
  esac
  if [ "$(wc -l <"$TX/found")" -gt "$rt_before" ]; then echo "task $1 blocked"; else echo "task $1 done"; fi
}

# need_part NAME TASK
need_part() {
  [ -s "$TX/parts/$1" ] || die "task $2 needs part $1, which the payload does not have"
}

# kube ARGUMENT...: HOME is ours, so that nobody's kuberc or cache has a say.
kube() {
  HOME=$TX timeout 60 kubectl --kubeconfig "$ROOT$KUBECONFIG_PATH" --cache-dir "$TX/cache" --request-timeout=30s "$@" </dev/null
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

# need_since: pods that begin later have the new CA. Told by an earlier root-ca,
# since a change of order in the files writes kube-root-ca.crt once more; else
# its last writing, which is never too early.
need_since() {
  [ -z "$SINCE" ] || return 0
  list_root_cas
  SINCE=$(written_last)
}

# task_root_ca: every namespace publishes the new CA, and every kubelet has had
# the time to bring it into its pods: only then may a server be signed by it.
task_root_ca() {
  need_part ca:kubernetes root-ca
  pem_blocks "$TX/parts/ca:kubernetes" >"$TX/stays"
  wait_for "$LIMIT_ROOT_CA" "the new CA in kube-root-ca.crt of every namespace" root_ca_everywhere ||
    die "kube-root-ca.crt lacks the new CA after $LIMIT_ROOT_CA s in $(tr '\n' ' ' <"$TX/lacking" | cut -c 1-300): check that kube-controller-manager runs and has the new --root-ca-file"
  SINCE=$(written_last)
  echo "since $SINCE"
  tr_left=$((SINCE + LIMIT_MOUNTED - $(now)))
  [ "$tr_left" -gt 0 ] || return 0
  [ "$tr_left" -le "$LIMIT_MOUNTED" ] || tr_left=$LIMIT_MOUNTED # clocks that differ
  say "kube-root-ca.crt has the new CA; $tr_left s until every kubelet has brought it into its pods"
  sleep "$tr_left"
}

list_root_cas() {
  ask "$TX/root-cas" get configmaps -A --field-selector metadata.name=kube-root-ca.crt -o 'go-template={{range .items}}configmap {{.metadata.namespace}}{{range .metadata.managedFields}} {{.time}}{{end}}
{{with .data}}{{index . "ca.crt"}}{{end}}
{{end}}'
}

root_ca_everywhere() {
  ask "$TX/namespaces" get namespaces -o 'go-template={{range .items}}{{.metadata.name}} {{.status.phase}}
{{end}}'
  list_root_cas
  awk '
    FILENAME == ARGV[1] { want[$2]; next }
    FILENAME == ARGV[2] { if ($2 == "Active") names[$1]; next }
    $1 == "configmap" { name = $2; next }
    /-----BEGIN/ { text = ""; next }
    /-----END/ { has[name SUBSEP text]; next }
    { gsub(/[ \t\r]/, ""); text = text $0 }
    END {
      for (name in names) {
        lacks = 0
        for (text in want) if (!((name SUBSEP text) in has)) lacks = 1
        if (lacks) print name
      }
    }' "$TX/stays" "$TX/namespaces" "$TX/root-cas" | sort >"$TX/lacking"
  [ ! -s "$TX/lacking" ]
}

# written_last: when the last kube-root-ca.crt was written, unix seconds.
written_last() {
  wl_time=$(awk '$1 == "configmap" { for (i = 3; i <= NF; i++) if ($i > last) last = $i } END { print last }' "$TX/root-cas")
  # the one notation that both coreutils and busybox read
  date -u -d "$(echo "$wl_time" | sed 's/T/ /; s/Z//')" +%s 2>/dev/null || now
}
