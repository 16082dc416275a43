# ---- objects: of the cluster, read and written through this node's kubectl ------

# What they say is for who asks, as JSON: nothing here looks into it. Exit code 3: the
# API server did not answer, so ask again; 4: it serves no such kind.
verb_objects() {
  open_look objects
  have kubectl ||
    die "this node has no kubectl, which work in the cluster is done with: install it here, or set inCluster.enabled: false"
  KUBECONFIG_PATH=$(sed -n 's/^kubeconfig //p' "$TX/plan")
  [ -n "$KUBECONFIG_PATH" ] || die "the payload has no kubeconfig line: use one version of the program and of node.sh"
  [ -f "$ROOT$KUBECONFIG_PATH" ] ||
    die "$KUBECONFIG_PATH is not on this node: work in the cluster needs an admin's kubeconfig here, or set inCluster.enabled: false"
  list_ours
  kc_own_context
  grep -Ev '^(node|kubeconfig|part) ' "$TX/plan" >"$TX/asked" || die "the payload asks for nothing"
  read -r ob_word ob_what ob_where ob_name ob_more <"$TX/asked"
  BODY=$TX/parts/body
  case $ob_word in patch | create | apply | approve | sync-pods) [ -s "$BODY" ] || die "$ob_word needs part body, which the payload does not have" ;; esac
  ob_scope=
  [ "${ob_where:--}" = - ] || ob_scope=$ob_where
  case $ob_word in
    get) answer get "$ob_what" "$ob_name" ${ob_scope:+-n "$ob_scope"} --ignore-not-found -o json ;;
    list) list_objects ;;
    patch) answer patch "$ob_what" "$ob_name" ${ob_scope:+-n "$ob_scope"} --field-manager=kube-pki "--type=$ob_more" --patch-file="$BODY" -o name ;;
    remove) answer delete "$ob_what" "$ob_name" ${ob_scope:+-n "$ob_scope"} --ignore-not-found --wait=false -o name ;;
    create) answer create --field-manager=kube-pki -f "$BODY" -o name ;;
    apply) answer apply --server-side --force-conflicts --field-manager=kube-pki -f "$BODY" -o name ;;
    approve) approve_request "$ob_what" ;;
    sync-pods) sync_pods "$ob_what" ;;
    token-headers) token_headers ;;
    held-certificates) held_certificates -A --field-selector type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1 ;;
    certificates-in)
      # shellcheck disable=SC2016 # variables of the template
      HELD_HEAD='{{$by := "other"}}{{with .metadata.annotations}}{{if index . "kube-pki/certificate"}}{{$by = "ours"}}{{end}}{{end}}secret {{$by}}
'
      held_certificates -n "$ob_what" --field-selector "metadata.name=$ob_where"
      ;;
    kubelet) reach_kubelets ;;
    ours) blocks_pem <"$TX/ours/ca:$ob_what" ;;
  esac
}

# list_objects: NAME and MORE are selectors. When a field was written last is asked for.
list_objects() {
  set -- --show-managed-fields -o json
  [ "$ob_name" = - ] || set -- "$@" --field-selector "$ob_name"
  [ "$ob_more" = - ] || set -- "$@" -l "$ob_more"
  if [ -n "$ob_scope" ]; then set -- "$@" -n "$ob_scope"; else set -- "$@" -A; fi
  answer get "$ob_what" "$@"
}

# list_ours: $TX/ours/PART has the CAs of this cluster, those that go too.
list_ours() {
  mkdir "$TX/ours"
  for lo_name in kubernetes etcd frontproxy; do
    ours_known "ca:$lo_name" | sort -u >"$TX/ours/ca:$lo_name"
  done
}

# kc_own_context: KC_CONTEXT is the one of the kubeconfig that leads to this cluster:
# its current one may be that of another.
kc_own_context() {
  open_kubeconfig "$KUBECONFIG_PATH"
  kc_own "$KUBECONFIG_PATH"
  kc_context
}

# answer ARGUMENT...: what kubectl says, or why it does not, on the last line. HOME is
# ours, so that nobody's kuberc or cache has a say.
answer() {
  kube "$@" >"$TX/answer" 2>"$TX/why" || no_answer
  cat "$TX/answer"
}

kube() {
  limited 60 env HOME="$TX" kubectl --kubeconfig "$ROOT$KUBECONFIG_PATH" ${KC_CONTEXT:+--context="$KC_CONTEXT"} --cache-dir "$TX/cache" --request-timeout=30s "$@" </dev/null
}

no_answer() {
  TOLD=yes
  sed -n '$p' "$TX/why" >&2
  ! grep -q "the server doesn't have a resource type" "$TX/why" || exit 4
  exit 3
}

# approve_request NAME: kubectl's own `certificate approve` reads it anew and approves
# whatever it finds. This writes what was read, with its uid and resource version.
approve_request() {
  if kube replace --raw "/apis/certificates.k8s.io/v1/certificatesigningrequests/$1/approval" -f "$BODY" >"$TX/answer" 2>"$TX/why"; then
    echo approved
  elif grep -Eq '\((Conflict|NotFound)\)' "$TX/why"; then
    echo changed
  else
    no_answer
  fi
}

# sync_pods MARK: one that is gone by now, or that somebody's webhook keeps as it is,
# gets its files from its kubelet a minute later.
sync_pods() {
  kube annotate --overwrite --field-manager=kube-pki -f "$BODY" "kube-pki/synced=$1" -o name >"$TX/answer" 2>"$TX/why" ||
    ! grep -q '^The connection to the server' "$TX/why" || no_answer
  cat "$TX/answer"
}

# reach_kubelets: "NODE ok", or "NODE WHY" where the API server does not get through to
# its kubelet.
reach_kubelets() {
  while read -r _ rk_node <&3; do
    rk_says=ok
    kube get --raw "/api/v1/nodes/$rk_node/proxy/healthz" --request-timeout=10s >"$TX/answer" 2>"$TX/why" || {
      ! grep -q '^The connection to the server' "$TX/why" || no_answer
      rk_says=$(tr '\n' ' ' <"$TX/why")
    }
    echo "$rk_node ${rk_says:-no answer}"
  done 3<"$TX/asked"
}

# token_headers: "NAMESPACE/NAME HEADER" of each token in a Secret; what follows the
# header is cut off in the pipe. The exit code of kubectl is lost there, its last line
# says that the list is whole.
token_headers() {
  kube get secrets -A --field-selector type=kubernetes.io/service-account-token -o 'go-template={{range .items}}{{.metadata.namespace}}/{{.metadata.name}} {{with .data}}{{with .token}}{{base64decode .}}{{end}}{{end}}
{{end}}end
' 2>"$TX/why" | awk '{ split($2, part, "."); print $1, part[1] }' >"$TX/answer"
  grep -q '^end ' "$TX/answer" || no_answer
  sed '$d' "$TX/answer"
}

HELD_HEAD= # what is told of each Secret first

# held_certificates WHICH...: "= NAMESPACE/NAME KEY" and PEM, for each entry of a Secret
# that begins with a certificate. A key that stands behind it stays here.
held_certificates() {
  # shellcheck disable=SC2016 # variables of the template
  hc_each='{{$of := .metadata}}{{range $key, $data := .data}}{{if gt (len $data) 36}}{{if eq (slice $data 0 36) "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"}}{{$of.namespace}}/{{$of.name}} {{$key}} {{$data}}
{{end}}{{end}}{{end}}'
  kube get secrets "$@" -o "go-template={{range .items}}$HELD_HEAD$hc_each{{end}}end
" >"$TX/answer" 2>"$TX/why" || no_answer
  grep -qx end "$TX/answer" || no_answer
  while read -r hc_name hc_key hc_data; do
    case $hc_name in
      end) continue ;;
      secret)
        echo "secret $hc_key"
        continue
        ;;
    esac
    echo "= $hc_name $hc_key"
    echo "$hc_data" | base64 -d 2>/dev/null | sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p'
  done <"$TX/answer"
}
