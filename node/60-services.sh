# ---- services: who runs, stop, start --------------------------------------

# find_consumer NAME: sets KIND and UNIT from the plan.
find_consumer() {
  while read -r fc_word fc_name KIND UNIT; do
    [ "$fc_word $fc_name" = "consumer $1" ] && return 0
  done <"$TX/plan"
  return 1
}

# ticks_now: since boot, as a process tells that begins now: the one that is asked.
ticks_now() {
  read_stat /proc/self/stat
  echo "$STARTED"
}

# know_hz: HZ, ticks in a second.
know_hz() { [ -n "$HZ" ] || HZ=$(getconf CLK_TCK 2>/dev/null) || HZ=100; }

HZ=

# seconds_since TICKS
seconds_since() {
  know_hz
  echo $((($(ticks_now) - $1) / HZ))
}

# start_time TICKS: in unix seconds, rounded down.
start_time() {
  know_hz
  bt_boot=$(awk '$1 == "btime" { print $2 }' "$PROC/stat")
  echo $((bt_boot + $1 / HZ))
}

# start_moment TICKS: as start_time, with its fraction where this node's stat tells one:
# by the clock of files, as it is compared with theirs. The time since boot is read
# around it, and all again where a busy node takes long between: that would make the
# moment too early, and the process would be restarted for files that it has read. A
# container may have another time since boot, which does not fit.
start_moment() {
  know_hz
  sm_second=$(start_time "$1")
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    read -r sm_before _ <"$PROC/uptime"
    : >"$TX/moment"
    read -r sm_uptime _ <"$PROC/uptime"
    [ "$((1${sm_uptime%.*}${sm_uptime#*.} - 1${sm_before%.*}${sm_before#*.}))" -gt 2 ] || break
  done
  awk -v now="$(moments_of '%Z %z' "$TX/moment")" -v uptime="$sm_uptime" -v second="$sm_second" -v ticks="$1" -v hz="$HZ" 'BEGIN {
    moment = now - (uptime - ticks / hz)
    if (now !~ /[.]/ || moment < second || moment > second + 2) print second
    else printf "%.2f\n", moment
  }'
}

# moments_of FORMAT FILE...: of each the last change ('%Z %z'), or the last one of its
# content ('%Y %y'), in unix seconds, with a fraction where its file system and stat tell one.
moments_of() {
  mo_format=$1
  shift
  stat -c "$mo_format" "$@" |
    awk '{ part = index($3, ".") ? substr($3, index($3, ".")) : 0; print $1 (part + 0 > 0 ? part : "") }'
}

# not_before MOMENT MARGIN: of the moments on stdin those that do not surely lie more than
# MARGIN seconds before MOMENT; without a fraction in one of the two by whole seconds.
not_before() {
  awk -v moment="$1" -v margin="$2" '
    !(moment ~ /[.]/ && $1 ~ /[.]/ ? moment > $1 + margin : int(moment) > int($1))'
}

# unit_fact NAME: FACT is one property; without --value, which old systemds lack.
unit_fact() {
  FACT=$(limited "$LIMIT_ASKED" systemctl show -p "$1" "$UNIT" 2>/dev/null) || :
  FACT=${FACT#*=}
}

# identity: ID is "PID TICKS" of the consumer's process, empty if it does not run.
identity() {
  ID=
  case $KIND in
    systemd)
      unit_fact MainPID
      id_pid=$FACT
      ;;
    static-pod)
      static_pid
      id_pid=$STATIC_PID
      ;;
  esac
  [ "${id_pid:-0}" != 0 ] || return 0
  read_stat "$PROC/$id_pid/stat" || return 0
  ID="$id_pid $STARTED"
}

# static_pid: STATIC_PID is the process of static pod UNIT. The kubelet gives static
# pods a uid of 32 hex digits without dashes, so a workload that also runs an "etcd"
# is never taken for it. Read from /proc: it works while the runtime hangs. One that
# was found before is the pod's for as long as it lives.
static_pid() {
  STATIC_PID=${FOUND_PODS##*" $UNIT="}
  case $FOUND_PODS in *" $UNIT="*)
    sp_ticks=${STATIC_PID%% *}
    STATIC_PID=${sp_ticks%-*}
    if read_stat "$PROC/$STATIC_PID/stat" && [ "$STARTED" = "${sp_ticks#*-}" ]; then return 0; fi
    ;;
  esac
  STATIC_PID=
  for sp_proc in "$PROC"/[0-9]*; do
    { read -r sp_name <"$sp_proc/comm"; } 2>/dev/null || continue
    # the kernel keeps 15 characters of a name
    case $UNIT in "$sp_name") ;; "$sp_name"*) [ "${#sp_name}" -eq 15 ] || continue ;; *) continue ;; esac
    grep -Eqs 'kubepods.*pod[0-9a-f]{32}([^0-9a-f_-]|$)' "$sp_proc/cgroup" || continue
    sp_arg=$({ tr '\000' '\n' <"$sp_proc/cmdline"; } 2>/dev/null | sed -n 1p) || continue
    [ "${sp_arg##*/}" = "$UNIT" ] || continue
    STATIC_PID=${sp_proc##*/}
    ! read_stat "$sp_proc/stat" || FOUND_PODS="$FOUND_PODS $UNIT=$STATIC_PID-$STARTED"
    return 0
  done
}

FOUND_PODS= # " UNIT=PID-TICKS" of each that was found, the newest last

# absent: ABSENT is why the consumer cannot be handled at all, empty if it can.
absent() {
  ABSENT=
  case $KIND in
    systemd)
      have systemctl || {
        ABSENT="this node has no systemd"
        return 0
      }
      unit_fact LoadState
      case $FACT in
        not-found) ABSENT="unit $UNIT does not exist" ;;
        "") ABSENT="systemd has not told within $LIMIT_ASKED s what unit $UNIT is (see 'systemctl status $UNIT')" ;;
        masked) ABSENT="unit $UNIT is masked (systemctl unmask $UNIT)" ;;
      esac
      ;;
    static-pod)
      { [ ! -f "$MANIFESTS/$UNIT.yaml" ] && identity && [ -z "$ID" ]; } || return 0
      ABSENT="there is no ${MANIFESTS#"$ROOT"}/$UNIT.yaml"
      ;;
  esac
}

# has_ended PID TICKS: that process.
has_ended() { ! read_stat "$PROC/$1/stat" || [ "$STARTED" != "$2" ]; }

is_gone() { identity && [ "$ID" != "$1" ]; }

# is_new OLD TICKS: another process than OLD runs, begun since then.
is_new() {
  identity
  [ -n "$ID" ] && [ "$ID" != "$1" ] || return 1
  [ "${ID#* }" -ge "$2" ]
}
