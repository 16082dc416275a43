# ---- room: the reason is never lost for want of it ----------------------------

# A transaction notes what it does in the state folder. Where that fills up in the
# middle, what keep_room has taken is given back: enough to note the rest. Where
# something takes that too, no proof can be noted any more, and the run ends.

NO_ROOM= # the sentence, once that has happened
PAD=x
while [ "${#PAD}" -lt 16384 ]; do PAD=$PAD$PAD; done

# no_room [WHAT [REST]]: whoever stages may fill the disk before anything is touched
no_room() { die "this node has no room ${1:-left to stage}: make room in /var${2:-}"; }

# take_in FILE: stdin, with room left for what is to be said of it.
take_in() {
  ti_said=$({ cat >"$1"; } 2>&1) || die "$(not_written "$ti_said"), nothing was touched"
  ti_said=$(take_room "$1.room") || die "$ti_said, nothing was touched"
}

# take_room FILE: whether the disk has some for it now; where not, 1, and that is said.
take_room() {
  if fill "$1" 1; then rm "$1"; else
    rm -f "$1"
    return 1
  fi
}

# fill FILE BLOCKS: of 16 KiB each; 1, and why, where that fails.
fill() {
  fl_said=$(dd if=/dev/zero "of=$1" bs=16384 "count=$2" 2>&1) || {
    not_written "$(echo "$fl_said" | sed -n 1p)"
    return 1
  }
}

not_written() { echo "$STATE cannot be written: $(trouble "$1")"; }

keep_room() { kr_said=$(fill "$TX/reserve" 8) || die "$kr_said, nothing was touched"; }

# has_room: the state folder takes more than a note. Only a transaction asks.
has_room() {
  [ -n "$NO_ROOM" ] || [ -f "$TX/reserve" ] || return 0
  { echo "$PAD" >"$TX/probe"; } 2>/dev/null && : >"$TX/probe"
}

free_room() {
  [ -z "$NO_ROOM" ] || [ -n "$ENDING" ] || die "the old set was put back, run again then"
  rm -f "$TX/reserve" "$TX/probe"
  [ -n "$NO_ROOM$ENDING" ] || say "$STATE has no room left"
  NO_ROOM="$STATE has no room left: make room there"
}
