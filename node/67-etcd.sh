# ---- etcd: never two members down, and no leader stopped --------------------

# check_members: before anything is touched, of each consumer that will restart, or be started.
check_members() {
  while read -r cm_word cm_name _ <&3; do
    { [ "$cm_word" = consumer ] && state_of "$cm_name"; } || continue
    case $FOUND_STATE in
      running) { asked "$cm_name" && [ "$ASKED" = restart ]; } || continue ;;
      skipped) continue ;;
    esac
    members_healthy "$cm_name" ||
      die "$WHY_NOT, and with $cm_name here down as well nothing could be written: nothing was touched, $(mend_member)"
  done 3<"$TX/plan"
}

# spares_members NAME: no restart of it leaves etcd without a quorum; in a recovery it has none,
# and each node's etcd waits for it by its own proof.
spares_members() { ! is_change || members_healthy "$1"; }

# mend_member: what to do about one that is not healthy. It may be for want of a certificate
# that has not ended, which alone it cannot get.
mend_member() {
  mm_ended=$(awk '$1 == "file" || $1 == "have" { print $2 }' "$TX/plan" | while read -r mm_path; do tell_ended "$mm_path" "$mm_path"; done | sed -n '1s/^ended \([^ ]*\) .*/\1/p')
  if [ -n "$mm_ended" ]; then
    echo "$mm_ended has ended: 'rollout: { strategy: recover }' in the stack file brings back all nodes at once"
  else
    echo "repair that etcd member, then run again"
  fi
}

# members_healthy NAME: every other member answers, or 1 with WHY_NOT. The one
# restarted before may still be coming, so it is waited for; with two of three
# down etcd takes no writes.
members_healthy() {
  has_others "$1" || return 0
  etcd_here "$1"
  if ! have_openssl && ! have curl; then
    say "no openssl and no curl here: the other members of $1 cannot be asked"
    return 0
  fi
  [ -f "$TX/$LEAFS/cert:$ea_profile" ] || {
    say "no client certificate here: the other members of $1 cannot be asked"
    return 0
  }
  while read -r me_word me_name me_where <&4; do
    case "$me_word $me_name" in
      "member $1") ;;
      "joining $1") has_joined "$1" || continue ;;
      *) continue ;;
    esac
    await "$LIMIT_MEMBER" is_healthy_member "$1" "$me_where" || {
      WHY_NOT="$1 member $me_where has not been healthy for $LIMIT_MEMBER s"
      return 1
    }
  done 4<"$TX/plan"
}

# has_others NAME: the plan knows members beside this one, joined or not.
has_others() { grep -Eq "^(member|joining) $1 " "$TX/plan"; }

# has_joined NAME: etcd lists more members, started or not, than the plan knows, so
# one of those that are to join is one by now, or the node before it still is. A
# member that does not answer here has no vote to lose.
has_joined() {
  have_openssl || return 0
  hj_listed=$(etcd_ask list '{}' | grep -o '"ID"' | wc -l)
  [ "$hj_listed" -gt $((1 + $(grep -c "^member $1 " "$TX/plan"))) ]
}

is_healthy_member() {
  http_code https "$2" "$(health_field "$1" 5)" "$ea_profile" && [ "$CODE" = 200 ]
}

# health_field NAME N: of its health line: 4 where, 5 path, 6 profile.
health_field() { awk -v name="$1" -v n="$2" '$1 == "health" && $2 == name { print $n; exit }' "$TX/plan"; }

# leave_leadership NAME: a writer hangs for seconds when the leader stops, so
# another member leads first (etcd's JSON gateway, api/etcdserverpb/rpc.proto).
# It only spares time: whatever fails here is told, and the restart goes on.
leave_leadership() {
  has_others "$1" && have_openssl || return 0
  etcd_here "$1"
  [ -f "$TX/$LEAFS/cert:$ea_profile" ] || return 0
  ll_self=$(etcd_ask status '{}' | json_number member_id)
  leads "$ll_self" || return 0
  ll_other=$(etcd_ask list '{}' | etcd_voters | grep -vx "$ll_self" | sed -n 1p)
  [ -n "$ll_other" ] || return 0
  etcd_ask transfer "{\"targetID\":\"$ll_other\"}" >/dev/null
  if await "$LIMIT_LEADER" leads_not "$ll_self"; then
    say "$1 here no longer leads"
  else
    say "$1 here still leads: writes may wait a few seconds"
  fi
}

leads() {
  le_now=$(etcd_ask status '{}' | json_number leader)
  [ -n "$le_now" ] && [ "$le_now" = "$1" ]
}

leads_not() {
  le_now=$(etcd_ask status '{}' | json_number leader)
  [ -n "$le_now" ] && [ "$le_now" != "$1" ] && [ "$le_now" != 0 ]
}

# etcd_here NAME: the member of this node is who etcd_ask asks, and its client
# certificate is what the others are asked with.
etcd_here() {
  ea_where=$(health_field "$1" 4)
  ea_profile=$(health_field "$1" 6)
}

# etcd_ask status|list|transfer BODY
etcd_ask() {
  case $1 in
    status) ea_path=/v3/maintenance/status ;;
    list) ea_path=/v3/cluster/member/list ;;
    transfer) ea_path=/v3/maintenance/transfer-leadership ;;
  esac
  client_pair "$ea_profile"
  # shellcheck disable=SC2086 # words wanted
  printf 'POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
    "$ea_path" "${ea_where%:*}" "${#2}" "$2" |
    limited 10 openssl s_client -quiet -connect "$ea_where" $PAIR 2>/dev/null || :
}

# json_number FIELD: of the JSON on stdin; 64 bit numbers stand there as text.
json_number() { sed 's/[,{}]/\n/g' | sed -n "s/^ *\"$1\" *: *\"\{0,1\}\([0-9]*\).*/\1/p" | sed -n 1p; }

# etcd_voters: ids of a member list that may lead: started ones, no learners.
etcd_voters() {
  sed -n 's/.*"members" *: *\[\(.*\)\].*/\1/p' | sed 's/} *, *{/\n/g' | grep '"name"' | grep -v '"isLearner" *: *true' |
    sed -n 's/.*"ID" *: *"\([0-9]*\)".*/\1/p'
}
