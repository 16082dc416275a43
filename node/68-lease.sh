# ---- lease: who leads hands over before it is missed ------------------------

# A kube-controller-manager that is told to end keeps its lease (the gate
# ControllerManagerReleaseLeaderElectionLockOnExit is alpha and off in 1.36), so
# nobody would lead until the lease has run out, for 17 s. So the node gives it
# back, field for field as client-go does for those that release by themselves
# (tools/leaderelection, release). Then it is no matter in which order control
# planes take their turns: to hand over three times takes less than to wait once.
# It only spares time: whatever fails here is told, and the work goes on.

# note_leases: before anything is touched. A kubelet ends a pod whose manifest
# has changed when it likes, and one whose API server is away may end by itself.
note_leases() {
  while read -r ns_word ns_name _ <&3; do
    [ "$ns_word" = consumer ] && asked "$ns_name" && [ "$ASKED" = restart ] || continue
    find_consumer "$ns_name"
    note_lease "$ns_name"
  done 3<"$TX/plan"
}

# note_lease NAME: $TX/held.NAME gets its process and the holder of its lease, if
# that is on this machine. A holder's name begins with its machine's, so of all
# that run it can only be this one.
note_lease() {
  grep -q "^lease $1 " "$TX/plan" || return 0
  hand_over
  [ ! -f "$TX/missed.$1" ] || return 0
  rm -f "$TX/held.$1"
  identity
  nl_id=$ID
  [ -n "$nl_id" ] || return 0
  ask_lease GET "$1"
  case $LEASE_CODE in
    200) ;;
    404) return 0 ;; # it runs without election
    *)
      lease_stays "$1" read
      return 0
      ;;
  esac
  nl_holder=$(lease_holder)
  case $nl_holder in
    "$(uname -n)"_*) ;;
    *) return 0 ;;
  esac
  identity
  if [ "$ID" = "$nl_id" ]; then echo "$nl_id $nl_holder" >"$TX/held.$1"; fi
}

# hand_over: once a process that was noted has ended its lease is given back.
# Part of every wait, and tried again while no API server answers: $TX/missed.NAME
# holds until when that makes sense.
hand_over() {
  for ho_file in "$TX"/held.*; do
    [ -f "$ho_file" ] || return 0
    ho_name=${ho_file#"$TX"/held.}
    read -r ho_pid ho_ticks ho_holder <"$ho_file"
    has_ended "$ho_pid" "$ho_ticks" || continue
    tick
    [ -f "$TX/missed.$ho_name" ] || echo $((TICK + LIMIT_LEASE)) >"$TX/missed.$ho_name"
    give_back "$ho_name" "$ho_holder"
    case $LEASE_CODE in
      200 | 404 | 409) ;;
      *)
        lease_stays "$ho_name" "given back"
        tick
        [ "$TICK" -ge "$(cat "$TX/missed.$ho_name")" ] || continue
        ;;
    esac
    rm "$ho_file" "$TX/missed.$ho_name"
  done
}

# give_back NAME HOLDER: if it is still that one's. Whoever has taken it since
# keeps it: it is written with the version that was read, any other makes it fail.
give_back() {
  ask_lease GET "$1"
  [ "$LEASE_CODE" = 200 ] && [ "$(lease_holder)" = "$2" ] || return 0
  # Machines should have names of their own. Where this one has another than its
  # node, one of the same name might live, which would renew within 2 s.
  [ "$(uname -n | tr '[:upper:]' '[:lower:]')" = "$NODE" ] || sleep 3
  released_lease
  ask_lease PUT "$1"
  [ "$LEASE_CODE" != 200 ] || say "$1 here has ended, and its leader election lease was released"
}

# lease_stays NAME WHAT: said once in a run.
lease_stays() {
  [ ! -f "$TX/lease.told" ] || return 0
  : >"$TX/lease.told"
  say "the lease of $1 cannot be $2 ($LEASE_WHY): if it leads here, nobody may for some seconds"
}

# ask_lease GET|PUT NAME: the first API server of the plan that can tell: one that
# comes or goes answers 403. Sets LEASE_CODE, leaves the object in $TX/lease.json;
# PUT sends what is there.
ask_lease() {
  LEASE_CODE=
  LEASE_WHY="no openssl here"
  have_openssl || return 0
  while read -r al_word al_name al_where al_lease al_profile <&4; do
    [ "$al_word $al_name" = "lease $2" ] || continue
    LEASE_WHY="no certificate of $al_profile here"
    [ -f "$TX/$LEAFS/cert:$al_profile" ] || continue
    client_pair "$al_profile"
    # shellcheck disable=SC2086 # words wanted
    lease_request "$1" |
      limited 3 openssl s_client -quiet -connect "$al_where" $PAIR 2>/dev/null |
      tr -d '\r' >"$TX/lease.said" || :
    status_code "$TX/lease.said"
    LEASE_CODE=$CODE
    LEASE_WHY="$al_where answers ${LEASE_CODE:-nothing}"
    case $LEASE_CODE in 200 | 404 | 409) break ;; esac
  done 4<"$TX/plan"
  [ -z "$LEASE_CODE" ] || sed '1,/^$/d' "$TX/lease.said" >"$TX/lease.json"
}

lease_request() {
  printf '%s /apis/coordination.k8s.io/v1/namespaces/%s/leases/%s HTTP/1.0\r\nHost: %s\r\n' \
    "$1" "${al_lease%/*}" "${al_lease#*/}" "${al_where%:*}"
  if [ "$1" = PUT ]; then
    printf 'Content-Type: application/json\r\nContent-Length: %s\r\n\r\n' "$(wc -c <"$TX/lease.json" | tr -d ' ')"
    cat "$TX/lease.json"
  else
    printf '\r\n'
  fi
}

lease_holder() { sed -n 's/.*"holderIdentity" *: *"\([^"]*\)".*/\1/p' "$TX/lease.json"; }

# released_lease: $TX/lease.json as its holder would leave it; the rest of the
# object stays, its version too.
released_lease() {
  rd_now=$(date -u +%Y-%m-%dT%H:%M:%S.000000Z)
  sed -e 's/"holderIdentity" *: *"[^"]*"/"holderIdentity":""/' \
    -e 's/"leaseDurationSeconds" *: *[0-9]*/"leaseDurationSeconds":1/' \
    -e "s/\"acquireTime\" *: *\"[^\"]*\"/\"acquireTime\":\"$rd_now\"/" \
    -e "s/\"renewTime\" *: *\"[^\"]*\"/\"renewTime\":\"$rd_now\"/" "$TX/lease.json" >"$TX/lease.new"
  mv "$TX/lease.new" "$TX/lease.json"
}
