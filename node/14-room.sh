# ---- room: the reason is never lost for want of it ----------------------------

# A transaction notes what it does in the state folder. Where that fills up in the
# middle, what keep_room has taken is given back: enough to note the rest. Where
# something takes that too, no proof can be noted any more, and the run ends.

NO_ROOM= # the sentence, once that has happened
PAD=x
while [ "${#PAD}" -lt 16384 ]; do PAD=$PAD$PAD; done

# no_room [WHAT [REST]]: whoever stages may fill the disk before anything is touched
no_room() { die "this node has no room ${1:-left to stage}: make room in /var${2:-}"; }

keep_room() {
  kr_said=$(dd if=/dev/zero "of=$TX/reserve" bs=16384 count=8 2>&1) ||
    die "$STATE cannot be written: $(trouble "$(echo "$kr_said" | sed -n 1p)"), nothing was touched"
}

# has_room: the state folder takes more than a note. Only a transaction asks.
has_room() {
  [ -n "$NO_ROOM" ] || [ -f "$TX/reserve" ] || return 0
  { echo "$PAD" >"$TX/probe"; } 2>/dev/null && : >"$TX/probe"
}

free_room() {
  [ -z "$NO_ROOM" ] || [ -n "$ENDING" ] || die "the old set was put back, run again then"
  rm -f "$TX/reserve" "$TX/probe"
  [ -n "$NO_ROOM" ] || say "$STATE has no room left"
  NO_ROOM="$STATE has no room left: make room there"
}
