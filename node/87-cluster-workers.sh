# ---- cluster: nodes that no ssh reaches are visited by pods of a DaemonSet ------

LIMIT_PLACED=${LIMIT:-180} # an image is pulled
LIMIT_WORKER=${LIMIT:-900} # a kubelet restarted, proven, and put back where that fails

# task_workers: the payload's step on every node that the stack does not list. Its
# manifest is rolled out with this node's node.sh and the templates (parts "step:*"):
# a pod is ready when its node has done the step. A name of its own for each
# revision's ConfigMap, so that no pod ever sees half of two.
task_workers() {
  read_workers
  TEMPLATES=yes
  name_revision
  workers_settled || place_workers
  publish_workers
  retry_failed
  if [ "$CANARY" = on ]; then
    apply_workers 1
    wait_workers "$LIMIT_WORKER" first_is_ready
  fi
  apply_workers "$AT_ONCE"
  wait_workers "$LIMIT_WORKER" all_are_ready
  forget_revisions "$REVISION"
  say "$READY nodes without ssh are done"
  echo "workers $READY"
}

# task_workers_remove: a privileged pod on every node has no business there once
# the rotation is over. What it left on the nodes stays.
task_workers_remove() {
  read_workers
  ask "$TX/answer" delete daemonset "$WORKERS" -n "$WORKERS_NS" --ignore-not-found
  forget_revisions none
}

read_workers() {
  read -r WORKERS AT_ONCE CANARY <<EOF
$(sed -n 's/^workers //p' "$TX/plan")
EOF
  [ -n "$WORKERS" ] || die "task workers needs a workers line, which the payload does not have"
  need_part manifest workers
  WORKERS_NS=${WORKERS%/*}
  WORKERS=${WORKERS#*/}
}

# name_revision: by all that a pod is given.
name_revision() {
  REVISION=$({
    cat "$TX/parts/manifest" "$0"
    [ -z "$TEMPLATES" ] || cat "$TX"/parts/step:*
  } | sha256sum | cut -c 1-8)
}

# workers_settled: no node would begin out of its turn. The DaemonSet's controller
# replaces pods of before that are not ready all at once, whatever their number.
workers_settled() {
  ask "$TX/answer" get daemonset "$WORKERS" -n "$WORKERS_NS" --ignore-not-found -o name
  [ -s "$TX/answer" ] || return 1
  list_workers
  ! grep -q '^[^ ]* [^ ]* down' "$TX/workers"
}

# place_workers: pods that put node.sh in place and nothing else may begin on all
# nodes at once, as those of a new DaemonSet do. Image, namespace and rights are then
# known to be good before a kubelet is restarted anywhere.
place_workers() {
  pw_revision=$REVISION
  TEMPLATES=
  name_revision
  publish_workers
  retry_failed
  apply_workers 100%
  wait_workers "$LIMIT_PLACED" all_are_ready
  TEMPLATES=yes
  REVISION=$pw_revision
}

# publish_workers: base64 needs no quoting in JSON.
publish_workers() {
  {
    printf '{"apiVersion":"v1","kind":"ConfigMap","immutable":true,"metadata":{"name":"%s-%s","namespace":"%s","labels":{"kube-pki/workers":"%s"}},"binaryData":{' \
      "$WORKERS" "$REVISION" "$WORKERS_NS" "$WORKERS"
    if [ -n "$TEMPLATES" ]; then
      for pu_part in "$TX"/parts/step:*; do
        printf '"step-%s":"%s",' "${pu_part##*:}" "$(base64 <"$pu_part" | tr -d '\n')"
      done
    fi
    printf '"node.sh.gz":"'
    gzip -c <"$0" | base64 | tr -d '\n'
    printf '"}}\n'
  } >"$TX/configmap.json"
  # immutable, and its bytes may differ by the gzip that made them: the name says what it holds
  ask "$TX/answer" get configmap "$WORKERS-$REVISION" -n "$WORKERS_NS" --ignore-not-found -o name
  [ -s "$TX/answer" ] || ask "$TX/answer" create -f "$TX/configmap.json"
}

# apply_workers AT_ONCE
apply_workers() {
  case $1 in
    *%) aw_share="\"$1\"" ;;
    *) aw_share=$1 ;;
  esac
  sed "s/\"@at-once@\"/$aw_share/; s/@revision@/$REVISION/g" "$TX/parts/manifest" >"$TX/daemonset.json"
  ask "$TX/answer" apply --server-side --force-conflicts --field-manager=kube-pki -f "$TX/daemonset.json"
}

# list_workers: $TX/workers gets a line per pod: "NODE POD yes|no WHY" of this
# revision, ready or not, "NODE POD old|down" of another one.
list_workers() {
  ask "$TX/answer" get pods -n "$WORKERS_NS" -l "kube-pki/workers=$WORKERS" -o 'go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{with .spec.nodeName}}{{.}}{{else}}-{{end}} {{.metadata.name}} {{urlquery (index .metadata.labels "kube-pki/revision")}} {{with .status}}
{{- range .conditions}}{{if eq .type "Ready"}}{{urlquery .status}}{{end}}{{end}} {{range .initContainerStatuses}}
{{- with or .lastState.terminated .state.terminated}}{{if .exitCode}}failed {{printf "%q" (or .message .reason)}}{{end}}{{end}}
{{- with .state.waiting}} waits: {{printf "%q" .reason}}{{end}}{{end}}{{range .containerStatuses}}{{with .state.waiting}}{{if ne .reason "PodInitializing"}} waits: {{printf "%q" .reason}}{{end}}{{end}}{{end}}
{{- range .conditions}}{{if and (eq .type "PodScheduled") (eq .status "False")}} waits: {{printf "%q" .message}}{{end}}{{end}}{{end}}
{{end}}{{end}}'
  awk -v revision="$REVISION" '
    NF == 0 { next }
    $3 != revision { print $1, $2, ($4 == "True" ? "old" : "down"); next }
    {
      why = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ */, "", why); sub(/^(True|False|Unknown) */, "", why)
      gsub(/\\n"|\\u[0-9a-f]*/, "", why); gsub(/\\n/, " ", why); gsub(/[\\"]/, "", why)
      print $1, $2, ($4 == "True" ? "yes" : "no"), why
    }' "$TX/answer" >"$TX/workers"
  READY=$(awk '$3 == "yes"' "$TX/workers" | wc -l | tr -d ' ')
}

# failed_workers: lines of pods whose node could not do the step.
failed_workers() { awk '$3 == "no" && $4 == "failed"' "$TX/workers"; }

# retry_failed: a pod tries once. Those that failed in an earlier run try again.
retry_failed() {
  list_workers
  failed_workers >"$TX/failed"
  while read -r rf_node rf_pod _ <&3; do
    ask "$TX/answer" delete pod "$rf_pod" -n "$WORKERS_NS" --ignore-not-found --wait=false
    say "$rf_node tries again"
  done 3<"$TX/failed"
}

# wait_workers SECONDS TEST: so long without another node that is done. A node that
# fails stops the wave: the DaemonSet's controller would go on with others.
wait_workers() {
  ww_best=-1
  tick
  ww_told=$TICK
  while :; do
    list_workers
    failed_workers >"$TX/failed"
    if [ -s "$TX/failed" ]; then stop_wave; fi
    if "$2"; then return 0; fi
    tick
    ww_now=$TICK
    if [ "$READY" -gt "$ww_best" ]; then
      ww_best=$READY
      ww_moved=$ww_now
    fi
    [ $((ww_now - ww_moved)) -lt "$1" ] || die "$(name_waiting) within $1 s ($READY of $(wc -l <"$TX/workers" | tr -d ' ') nodes without ssh are): repair that, or remove the node from the cluster (kubectl delete node), then run again"
    if [ $((ww_now - ww_told)) -ge 30 ]; then
      say "nodes without ssh: $READY of $(wc -l <"$TX/workers" | tr -d ' ') are done"
      ww_told=$ww_now
    fi
    sleep "$POLL"
  done
}

name_waiting() {
  awk '
    $3 != "yes" { if (++n <= 5) { line = $1 " (pod " $2 ($3 == "no" ? "" : ", not begun"); $1 = $2 = $3 = ""; sub(/^ */, ""); list = list (n > 1 ? ", " : "") line ($0 == "" ? "" : ", " $0) ")" } }
    END { print list (n > 5 ? " and " n - 5 " more" : "") (n > 1 ? " were" : n ? " was" : "the DaemonSet was") " not done" }' "$TX/workers"
}

# stop_wave: no further node begins; those under way end by themselves.
stop_wave() {
  echo '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}' >"$TX/patch"
  ask "$TX/answer" patch daemonset "$WORKERS" -n "$WORKERS_NS" --field-manager=kube-pki --type=merge --patch-file="$TX/patch"
  sw_why=$(awk '
    { line = $0; sub(/^[^ ]* [^ ]* [^ ]* failed */, "", line); sub("^" $1 ": ", "", line); if (++n <= 3) list = list (n > 1 ? "; " : "") $1 ": " line }
    END { print list (n > 3 ? "; and " n - 3 " more" : "") }' "$TX/failed")
  die "$sw_why; $READY of $(wc -l <"$TX/workers" | tr -d ' ') nodes without ssh are done and no other one begins: repair this, then run again"
}

first_is_ready() {
  [ "$READY" -gt 0 ] || all_are_ready
}

all_are_ready() { rolled DaemonSet "$WORKERS_NS/$WORKERS"; }

# forget_revisions REVISION: ConfigMaps of others.
forget_revisions() {
  ask "$TX/answer" get configmaps -n "$WORKERS_NS" -l "kube-pki/workers=$WORKERS" -o name
  sed 's|.*/||' "$TX/answer" | grep -vx "$WORKERS-$1" >"$TX/others" || :
  while read -r fr_name <&3; do
    ask "$TX/answer" delete configmap "$fr_name" -n "$WORKERS_NS" --ignore-not-found
  done 3<"$TX/others"
}
