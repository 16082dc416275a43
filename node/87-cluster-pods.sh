# ---- cluster: pods that began before the new CA was trusted -------------------

PODS='{{range .items}}{{.metadata.namespace}} {{.metadata.name}} {{urlquery .status.phase}}
{{- with .metadata.annotations}}{{with index . "kubernetes.io/config.mirror"}} mirror{{end}}{{end}}
{{- range .spec.volumes}}{{with .configMap}}{{if eq .name "kube-root-ca.crt"}} root-ca{{end}}{{end}}
{{- with .projected}}{{range .sources}}{{with .configMap}}{{if eq .name "kube-root-ca.crt"}} root-ca{{end}}{{end}}{{end}}{{end}}{{end}}
{{- range .metadata.ownerReferences}}{{if .controller}} owner={{urlquery .kind}}/{{urlquery .name}}{{end}}{{end}}
{{- range .status.initContainerStatuses}}{{with .state}}{{with .running}} began={{.startedAt}}{{end}}{{end}}{{end}}
{{- range .status.containerStatuses}}{{with .state}}{{with .running}} began={{.startedAt}}{{end}}{{end}}{{end}}
{{end}}'

REPLICASETS='{{range .items}}{{.metadata.namespace}}/{{.metadata.name}}{{range .metadata.ownerReferences}}{{if .controller}} {{urlquery .kind}} {{urlquery .name}}{{end}}{{end}}
{{end}}'

# list_begun_before: $TX/begun gets "KIND NAMESPACE/NAME" of every workload
# that has pods which mount the cluster's CA and began before it was the new one
# too. What reads it anew by itself (reload lines) is left out.
list_begun_before() {
  need_since
  lb_since=$(date -u -d "@$SINCE" +%Y-%m-%dT%H:%M:%SZ) || die "this node's date cannot read @$SINCE: install coreutils or busybox"
  ask "$TX/replicasets" get replicasets -A -o "go-template=$REPLICASETS"
  ask "$TX/pods" get pods -A -o "go-template=$PODS"
  awk -v since="$lb_since" '
    FILENAME == ARGV[1] { if ($1 == "reload") reload[$2 " " $3]; next }
    FILENAME == ARGV[2] { if (NF == 3) owner[$1] = $2 "/" $3; next }
    {
      trusts = mirror = 0; began = ""; who = "Pod/" $2
      for (i = 4; i <= NF; i++) {
        if ($i == "root-ca") trusts = 1
        else if ($i == "mirror") mirror = 1
        else if ($i ~ /^owner=/) who = substr($i, 7)
        else if (began == "" || substr($i, 7) < began) began = substr($i, 7)
      }
      if ($3 != "Running" || !trusts || mirror || began == "" || began > since) next
      split(who, at, "/")
      if (at[1] == "ReplicaSet" && ($1 "/" at[2]) in owner) split(owner[$1 "/" at[2]], at, "/")
      who = at[1] " " $1 "/" at[2]
      if (!(who in reload)) found[who]
    }
    END { for (who in found) print who }' "$TX/plan" "$TX/replicasets" "$TX/pods" | sort >"$TX/begun"
}

task_pods() {
  list_begun_before
  while read -r tp_kind tp_name <&3; do
    found scan "$tp_kind" "$tp_name" "began before the new CA was trusted and may know only the old one: restart it, or name it under inCluster.reload if it reads ca.crt anew"
  done 3<"$TX/begun"
}
