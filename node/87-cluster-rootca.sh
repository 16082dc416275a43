# ---- cluster: the CA that every namespace hands to its pods ------------------

# Each kube-root-ca.crt on a line: its namespace, its text, and when others than us wrote it.
ROOT_CAS='{{range .items}}{{.metadata.namespace}} ={{with .data}}{{urlquery (index . "ca.crt")}}{{end}}
{{- range .metadata.managedFields}}{{if ne .manager "kube-pki"}} {{.time}}{{end}}{{end}}
{{end}}'

# task_root_ca: every namespace publishes the new CA. Says since when: pods that
# begin later have it. That moment is written down in the cluster, because what
# is published is written again later: with the CAs in another order, and in
# each new namespace. Told anew it would name pods that had been restarted. The
# record is of one CA, and counts only if nobody lacks that CA at first sight:
# else it was taken away in between.
task_root_ca() {
  need_part ca:kubernetes root-ca
  pem_blocks "$TX/parts/ca:kubernetes" >"$TX/stays"
  if root_ca_everywhere; then
    SINCE=$(since_recorded)
  else
    SINCE=
    wait_for "$LIMIT_ROOT_CA" "the new CA in kube-root-ca.crt of every namespace" root_ca_everywhere ||
      die "kube-root-ca.crt lacks the new CA after $LIMIT_ROOT_CA s in $(tr '\n' ' ' <"$TX/lacking" | cut -c 1-300): check that kube-controller-manager runs and has the new --root-ca-file"
  fi
  [ -n "$SINCE" ] || record_since "$(written_last)"
  echo "since $SINCE"
}

# task_root_ca_seen: before anything is retired, and without waiting: what was
# published once may have been taken back by a controller manager left behind.
task_root_ca_seen() {
  need_part ca:kubernetes root-ca-seen
  pem_blocks "$TX/parts/ca:kubernetes" >"$TX/stays"
  if root_ca_everywhere; then return 0; fi
  sleep "$POLL" # a namespace that was just made
  root_ca_everywhere || while read -r rs_name <&3; do
    found scan ConfigMap "$rs_name/kube-root-ca.crt" "lacks the new CA: check that kube-controller-manager runs and has the new --root-ca-file"
  done 3<"$TX/lacking"
}

# task_mounted_elsewhere: pods of nodes that the stack visits are looked at there;
# on others their kubelets are given the time they take at most.
task_mounted_elsewhere() {
  need_since
  list_elsewhere
  [ -s "$TX/elsewhere" ] || return 0
  me_left=$((SINCE + LIMIT_MOUNTED - $(now)))
  [ "$me_left" -gt 0 ] || return 0
  [ "$me_left" -le "$LIMIT_MOUNTED" ] || me_left=$LIMIT_MOUNTED # clocks that differ
  say "$me_left s until kubelets that the stack does not visit ($(tr '\n' ' ' <"$TX/elsewhere" | cut -c 1-100 | sed 's/ *$//')) have brought the new CA into their pods"
  sleep "$me_left"
}

# list_elsewhere: $TX/elsewhere gets the nodes that have no visited line.
list_elsewhere() {
  ask "$TX/answer" get nodes -o 'go-template={{range .items}}{{.metadata.name}}
{{end}}'
  awk 'FILENAME == ARGV[1] { if ($1 == "visited") visited[$2]; next } !($1 in visited)' "$TX/plan" "$TX/answer" >"$TX/elsewhere"
}

# task_nodes: a kubelet that nobody brings the CA that stays distrusts the API
# servers from issue on, and is not let in once the old one has gone. Pods of the
# DaemonSet of a visitors line visit nodes as well.
task_nodes() {
  list_elsewhere
  tn_by=$(sed -n 's/^visitors //p' "$TX/plan")
  : >"$TX/answer"
  [ -z "$tn_by" ] || [ ! -s "$TX/elsewhere" ] ||
    ask "$TX/answer" get pods -n "${tn_by%/*}" -l "kube-pki/workers=${tn_by#*/}" -o 'go-template={{range .items}}{{with .spec.nodeName}}{{.}}
{{end}}{{end}}'
  awk 'FILENAME == ARGV[1] { visited[$1]; next } !($1 in visited)' "$TX/answer" "$TX/elsewhere" >"$TX/unvisited"
  while read -r tn_name <&3; do
    found scan Node "$tn_name" "is not in the stack file, so its kubelet and its pods are not brought along: list it under nodes, have it visited by inCluster.workers, or delete it from the cluster if it is gone"
  done 3<"$TX/unvisited"
}

# need_since: told by an earlier root-ca; else the last writing, which is never
# too early.
need_since() {
  [ -z "$SINCE" ] || return 0
  list_root_cas
  SINCE=$(written_last)
}

list_root_cas() {
  ask "$TX/root-cas" get configmaps -A --field-selector metadata.name=kube-root-ca.crt -o "go-template=$ROOT_CAS"
}

root_ca_everywhere() {
  ask "$TX/namespaces" get namespaces -o 'go-template={{range .items}}{{.metadata.name}} {{urlquery .status.phase}}
{{end}}'
  list_root_cas
  awk '
    function plain(word) { # PEM that urlquery made one word
      gsub(/\+/, " ", word); gsub(/%2B/, "+", word); gsub(/%2F/, "/", word); gsub(/%3D/, "=", word)
      gsub(/%0D|%09/, "", word); gsub(/%0A/, "\n", word)
      return word
    }
    FILENAME == ARGV[1] { want[$2]; next }
    FILENAME == ARGV[2] { if ($2 == "Active") names[$1]; next }
    {
      count = split(plain(substr($2, 2)), lines, "\n")
      for (i = 1; i <= count; i++) {
        if (lines[i] ~ /-----BEGIN/) text = ""
        else if (lines[i] ~ /-----END/) has[$1 SUBSEP text]
        else { gsub(/[ \t\r]/, "", lines[i]); text = text lines[i] }
      }
    }
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
  wl_time=$(awk '{ for (i = 3; i <= NF; i++) if ($i > last) last = $i } END { print last }' "$TX/root-cas")
  # the one notation that both coreutils and busybox read
  date -u -d "$(echo "$wl_time" | sed 's/T/ /; s/Z//')" +%s 2>/dev/null || now
}

# The record is an annotation, which the controller manager keeps when it
# publishes anew: kube-pki/since: <sum8 of the CA>-<unix seconds>.
since_recorded() {
  ask "$TX/answer" get configmap kube-root-ca.crt -n kube-system --ignore-not-found -o 'go-template={{with .metadata}}{{with .annotations}}{{with index . "kube-pki/since"}}{{.}}{{end}}{{end}}{{end}}'
  sed -n "s/^$(sum8_of_ca)-\([0-9]\{1,12\}\)$/\1/p" "$TX/answer"
}

record_since() {
  SINCE=$1
  echo "{\"metadata\":{\"annotations\":{\"kube-pki/since\":\"$(sum8_of_ca)-$SINCE\"}}}" >"$TX/patch"
  ask "$TX/answer" patch configmap kube-root-ca.crt -n kube-system --field-manager=kube-pki --type=merge --patch-file="$TX/patch"
}

sum8_of_ca() { pem_blocks "$TX/parts/ca:kubernetes" | sha256sum | cut -c 1-8; }
