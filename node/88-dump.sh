# ---- dump: what a backup elsewhere is made of, by stdout alone -------------------

# verb_dump what|files|etcd|tokens: nothing is written here but what is worked with. It holds
# keys: whoever asks encrypts it before it touches a disk (cli/backup.ts).
verb_dump() {
  open_state
  trap 'finish "$WORK"' EXIT
  open_work look
  TX=$WORK
  [ -f "$STATE/plan" ] || die "nothing was applied on this node yet, so which files it has is not known: run pulumi up"
  cp "$STATE/plan" "$TX/plan"
  mkdir "$TX/parts"
  : >"$TX/consumers"
  NODE=$(sed -n 's/^node //p' "$TX/plan")
  know_servers
  case $1 in
    what)
      echo "node $NODE"
      echo files
      ! know_member || echo etcd
      ! know_administrator || echo tokens
      ;;
    files) dump_files ;;
    etcd) dump_etcd ;;
    tokens) dump_tokens ;;
    *) die "'$1' is nothing that is dumped: must be what, files, etcd or tokens" ;;
  esac
}

# dump_files: tar of every file of the PKI and of those around, CA keys too.
dump_files() {
  have tar || die "this node has no tar: install it"
  list_around >"$TX/around.files"
  list_beside >"$TX/files"
  set -- # busybox's tar reads no list
  while read -r df_path; do
    set -- "$@" "${df_path#/}"
  done <"$TX/files"
  tar -cf - -C "$ROOT/" "$@"
}

# know_member: DU_WHERE and DU_PROFILE of the etcd member here, and its client.
know_member() {
  have_openssl || return 1
  read -r DU_WHERE DU_PROFILE <<EOT
$(awk '$1 == "consumer" && $2 == "etcd" { here = 1 } $1 == "health" && $2 == "etcd" { where = $4; who = $6 } END { if (here && who != "" && who != "-") print where, who }' "$TX/plan")
EOT
  [ -n "$DU_PROFILE" ] || return 1
  for km_half in cert key; do
    km_path=$(awk -v part="$km_half:$DU_PROFILE" '
      $1 == "file" && index("," $6 ",", "," part ",") || $1 == "have" && index("," $3 ",", "," part ",") { print $2; exit }' "$TX/plan")
    [ -n "$km_path" ] || return 1
    live_half "$km_half:$DU_PROFILE" "$km_path" >"$TX/parts/$km_half:$DU_PROFILE"
    [ -s "$TX/parts/$km_half:$DU_PROFILE" ] || return 1
  done
}

# dump_etcd: the answer of etcd's JSON gateway as it comes, header and all: the snapshot in
# base64, piece by piece (api/etcdserverpb/rpc.proto, Snapshot), and its sum at the end, by which who
# asks knows that it is whole. No etcdctl is needed for it.
dump_etcd() {
  know_member || die "no etcd of the stack runs on this node, or nothing can be asked of it: ask another node"
  client_pair "$DU_PROFILE"
  # shellcheck disable=SC2086 # words wanted
  printf 'POST /v3/maintenance/snapshot HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' "${DU_WHERE%:*}" |
    limited 3600 openssl s_client -quiet -connect "$DU_WHERE" $PAIR 2>/dev/null || :
}

# know_administrator: KUBECONFIG_PATH, and that kubectl is here.
know_administrator() {
  have kubectl || return 1
  KUBECONFIG_PATH=$(awk '$1 == "file" && $6 == "kubeconfig:admin" { print $2; exit }' "$TX/plan")
  [ -n "$KUBECONFIG_PATH" ] && [ -f "$ROOT$KUBECONFIG_PATH" ]
}

# dump_tokens: the Secrets that hold long-lived tokens, as JSON.
dump_tokens() {
  know_administrator || die "this node has no kubectl, or no administrator's kubeconfig of the stack: ask a control plane"
  kc_own_context
  answer get secrets -A --field-selector type=kubernetes.io/service-account-token -o json
}
