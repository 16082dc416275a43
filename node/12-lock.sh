# ---- lock: one verb at a time, and whose a leftover is ----------------------

# A pid alone may be another's by now, after a while or a boot: a process is known
# by its boot, pid and start.
{ read -r BOOT </proc/sys/kernel/random/boot_id; } 2>/dev/null || BOOT=-

# read_stat FILE: STARTED is when that process began, in clock ticks since boot; 1 where
# it has ended, also where nobody has reaped it. The name in front may hold blanks
# and brackets.
read_stat() {
  { read -r bo_line <"$1"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # fields wanted
  set -- ${bo_line##*) }
  STARTED=${20}
  [ "$1" != Z ]
}

# identify PID: WHO is that process. lives BOOT PID TICKS: it is still there.
identify() {
  read_stat "/proc/$1/stat" || return 1
  WHO="$BOOT $1 $STARTED"
}

lives() { [ "${1:-}" = "$BOOT" ] && read_stat "/proc/${2:-}/stat" && [ "$STARTED" = "${3:-}" ]; }

# take_lock: the lock dies with its holder: flock by the kernel, the link by what it
# says of a holder that is no more.
take_lock() {
  tl_said=
  if have flock; then
    exec 9>"$STATE/lock"
    tl_try="flock -n 9"
  else
    tl_try=lock_link
  fi
  tick
  tl_end=$((TICK + LIMIT_LOCK))
  until $tl_try; do
    [ -n "$tl_said" ] || say "waiting for another run on this node to end"
    tl_said=yes
    tick
    [ "$TICK" -lt "$tl_end" ] ||
      die "another run has held the lock for $LIMIT_LOCK s: look at it with 'ps', end it, then run again"
    nap
  done
}

LOCK_LINK=$STATE/lock.held

# lock_link: a link that leads to who holds it is made whole or not at all.
lock_link() {
  identify $$ || return 1
  if ln -s "$WHO" "$LOCK_LINK" 2>/dev/null; then return 0; fi
  ll_by=$(readlink "$LOCK_LINK") || return 1
  # shellcheck disable=SC2086 # three words
  if lives $ll_by; then return 1; fi
  # Renamed before it is removed; one that another finder has taken meanwhile is given back.
  mv "$LOCK_LINK" "$LOCK_LINK.$$" 2>/dev/null || return 1
  [ "$(readlink "$LOCK_LINK.$$")" = "$ll_by" ] || mv "$LOCK_LINK.$$" "$LOCK_LINK"
  rm -f "$LOCK_LINK.$$"
  return 1
}

free_lock() {
  [ -L "$LOCK_LINK" ] && identify $$ && [ "$(readlink "$LOCK_LINK")" = "$WHO" ] || return 0
  rm -f "$LOCK_LINK"
}

WORK=
# open_work NAME: WORK is a folder of this run alone in the state folder, by whose
# name it is known whether the run still lives.
open_work() {
  sweep_work
  identify $$
  WORK=$STATE/$1.$$.$STARTED
  mkdir "$WORK" || no_room "for the payload"
}

# sweep_work: what runs that were killed have left, and what older versions of this
# script have.
sweep_work() {
  for sw_path in "$STATE"/look.* "$STATE"/run.*; do
    if [ -e "$sw_path" ] && ! in_use "$sw_path"; then rm -rf "$sw_path" || :; fi
  done
  for sw_path in "$STATE"/in.* "$STATE"/status.* "$STATE"/lock.d "$STATE"/tx-request; do
    if [ -e "$sw_path" ]; then rm -rf "$sw_path" || :; fi
  done
}

# in_use FOLDER: who made it lives, or the worker that it was left to.
in_use() {
  iu_who=${1#"$STATE"/*.}
  if lives "$BOOT" "${iu_who%.*}" "${iu_who#*.}"; then return 0; fi
  # shellcheck disable=SC2086 # three words
  { read -r iu_who <"$1/worker"; } 2>/dev/null && lives $iu_who
}
