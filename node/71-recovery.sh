# ---- recovery: a cluster that is dead, all its nodes at once -------------------

# One node after another, each proven before the next, is right where a cluster lives.
# Where etcd's members have no certificate that another takes, none can be proven before
# most of them have theirs. So their files are replaced first, on all nodes ("lay"), and
# nothing is asked or restarted. An "apply" of the very payload that was laid then
# starts what it is for, on all of them, and the same proofs hold at the end.
#
# $STATE/laid says what was laid and not proven since, a line as in "applied" each.

RECOVERY= # lay: files alone; start: what was laid; nothing where a set that works is replaced

# know_mode: once the payload is read.
know_mode() {
  [ "$RECOVERY" = lay ] || ! grep -qsx "$(sum_word "$VERB") $SUM" "$STATE/laid" || RECOVERY=start
}

is_change() { [ -z "$RECOVERY" ]; }

# record_laid: "laid" as it is after this transaction: what starts with it is proven whole.
record_laid() {
  [ "$RECOVERY" = lay ] || return 0
  echo "$(sum_word "$VERB") $SUM"
  grep -s -v "^$(sum_word "$VERB") " "$STATE/laid" || :
}

# revive: the kubelet before the static pods that it is to run. A new one looks after them
# at once, whatever back-off the former had come to.
revive() {
  { [ "$RECOVERY" = start ] && grep -q '^consumer [^ ]* static-pod ' "$TX/plan" && find_consumer kubelet; } || return 0
  ! runs_newer kubelet || return 0
  echo kubelet >>"$TX/restarted"
  restart kubelet || die "$WHY_NOT: $PUT_BACK, look at the kubelet before you run again"
}

# is_back NAME: what was down has been started since, with the files as they are.
is_back() { [ "$RECOVERY" = start ] && runs_newer "$1"; }

# ---- alive: has anything ended, and does anybody answer? ------------------------

# verb_alive: nothing is touched. An API server that turns us away lives; one whose etcd
# is away answers 5xx.
verb_alive() {
  open_look alive
  have_openssl || die "this node has no openssl, so whether its certificates have ended cannot be told: install it, then run again"
  while read -r va_word va_what va_path <&3; do
    case $va_word in
      leaf | authority) tell_ended "$va_what" "$va_path" ;;
    esac
  done 3<"$TX/plan" >"$TX/ended"
  # where nothing has ended the answer alone decides: one that is slow gets its time
  if [ -s "$TX/ended" ]; then ask_servers || :; else await "$LIMIT_ANSWER" ask_servers || :; fi
  cat "$TX/ended" "$TX/answers"
  echo "done $SUM8"
}

limit ANSWER 60

# ask_servers: 0 where one answers.
ask_servers() {
  : >"$TX/answers"
  while read -r as_word as_where <&3; do
    [ "$as_word" = api ] || continue
    http_code https "$as_where" /readyz - || :
    case $CODE in '' | 5??) echo "api $as_where no" ;; *) echo "api $as_where yes" ;; esac >>"$TX/answers"
  done 3<"$TX/plan"
  grep -q ' yes$' "$TX/answers"
}

# tell_ended NAME PATH: of the certificates in the file, or of a kubeconfig's client, none
# is left that has not ended: that which ended last.
tell_ended() {
  [ -f "$ROOT$2" ] || return 0
  te_last=
  client_or_pem "$ROOT$2" | pem_blocks | grep '^CERTIFICATE ' >"$TX/ends" || return 0
  while read -r te_block; do
    echo "$te_block" | blocks_pem >"$TX/end.pem"
    openssl x509 -in "$TX/end.pem" -noout -checkend 0 >/dev/null 2>&1 && return 0
    te_at=$(openssl x509 -in "$TX/end.pem" -noout -enddate 2>/dev/null | unix_time)
    [ "${te_last:-0}" -ge "${te_at:-0}" ] || te_last=$te_at
  done <"$TX/ends"
  [ -z "$te_last" ] || echo "ended $1 $te_last"
}

# client_or_pem FILE
client_or_pem() {
  if grep -q 'BEGIN CERTIFICATE' "$1"; then cat "$1"; else
    sed -n 's/^ *client-certificate-data: *"\{0,1\}\([A-Za-z0-9+\/=]*\).*/\1/p' "$1" | sed -n 1p | base64 -d 2>/dev/null || :
  fi
}
