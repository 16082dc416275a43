# ---- files: every new one beside its live one, nothing live touched ---------

# stage_all: each file of the plan is put together in $TX/new/N, compared with
# the live one and, where it differs, written beside it (42-swap.sh) with
# mode and owner. $TX/facts gets "N KIND ACTION PATH". Nothing live is touched.
stage_all() {
  mkdir "$TX/new"
  : >"$TX/facts"
  : >"$TX/made"
  : >"$TX/foreign"
  : >"$TX/given"
  bring_back_folders
  look_around
  sa_n=0
  while read -r sa_word sa_path sa_a sa_b sa_c sa_d <&3; do
    case $sa_word in file | link | kubeconfig-ca | seed) ;; *) continue ;; esac
    sa_n=$((sa_n + 1))
    check_parents "$sa_path"
    [ ! -d "$ROOT$sa_path" ] || die "$sa_path is a folder: move it away"
    case $sa_word in
      link) stage_link "$sa_n" "$sa_path" "$sa_a" ;;
      kubeconfig-ca) stage_kubeconfig "$sa_n" "$sa_path" "$sa_a" ;;
      seed) stage_seed "$sa_n" "$sa_path" "$sa_a" "$sa_b" "$sa_c" ;;
      file)
        is_as_sent "$sa_path" "$sa_d" || assemble "$sa_n" "$sa_path" "$sa_d"
        stage_file "$sa_n" "$sa_path" "$sa_a" "$sa_b" "$sa_c" "$sa_d"
        ;;
    esac
  done 3<"$TX/plan"
  if grep -Eq '^(flag|replaceflag) ' "$TX/plan"; then stage_flags; fi
  ! grep -Eqv '^[0-9]+ [a-z]+ unchanged ' "$TX/facts" || CHANGED=yes
  check_readers
}

# assemble N PATH PARTS: $TX/new/N gets the parts one after another, from a list with
# commas; of what is in PATH now that stays which is not the payload's to take away.
assemble() {
  as_n=$1
  as_path=$2
  trust_mode "$3"
  if [ -n "$HOW" ]; then
    trusted_text "$2" "$3" >"$TX/new/$1" || no_room
    return
  fi
  as_rest=$3,
  set --
  while [ -n "$as_rest" ]; do
    set -- "$@" "$TX/parts/${as_rest%%,*}"
    as_rest=${as_rest#*,}
  done
  cat "$@" >"$TX/new/$as_n" || no_room
  case $KEEPS in *" $as_path "*) merge_kubeconfig "$as_n" "$as_path" ;; esac
}

# find_same: SAME names each file that has a part for itself and is that part, byte for
# byte, as " PATH=PART ": of a set that is in place nothing has to be put together again.
# Not one that is merged with what is there.
find_same() {
  awk -v merges="$MERGES" -v keeps="$KEEPS" '
    $1 == "file" && $6 !~ /,/ && !index(merges, " " $6 "=") && !index(keeps, " " $2 " ") { print $2, $6 }' "$TX/plan" >"$TX/alone" 2>/dev/null ||
    no_room
  set --
  while read -r fs_path fs_part; do
    if [ -f "$ROOT$fs_path" ] && [ -f "$TX/parts/$fs_part" ]; then set -- "$@" "$ROOT$fs_path" "$TX/parts/$fs_part"; fi
  done <"$TX/alone"
  SAME=
  [ $# -gt 0 ] || return 0
  SAME=" $(sha256sum "$@" 2>/dev/null | awk -v live="$ROOT" -v parts="$TX/parts/" '
    FILENAME == "-" { sum[substr($0, 67)] = $1; next }
    (live $1) in sum && sum[live $1] == sum[parts $2] { printf "%s=%s ", $1, $2 }' - "$TX/alone")"
}

SAME=

# is_as_sent PATH PARTS
is_as_sent() {
  case $SAME in *" $1=$2 "*) return 0 ;; esac
  return 1
}

stage_file() { # n path mode owner group [parts]
  [ ! -L "$ROOT$2" ] || as_noted "$2" || refuse_link "$2"
  if ! live_facts "$2"; then
    sf_action=created
  elif [ -L "$ROOT$2" ]; then
    sf_action=replaced # it was noted as a file
  elif ! is_as_sent "$2" "${6:-}" && ! same_text "$TX/new/$1" "$ROOT$2" "${6:-}"; then
    sf_action=replaced
  elif is_settled "$3" "$2" && is_as_noted "$2"; then
    sf_action=unchanged
  else
    sf_action=fixed
  fi
  echo "$1 file $sf_action $2" >>"$TX/facts"
  [ "$sf_action" != unchanged ] || return 0
  [ -f "$TX/new/$1" ] || assemble "$1" "$2" "$6"
  write_beside "$1" "$2" "$3" "$4" "$5"
}

# refuse_link PATH: a rename would put a file in its place, and leave its target as it is.
refuse_link() {
  [ -e "$ROOT$1" ] || die "$1 is a symbolic link to nowhere: remove it, then run again"
  die "$1 is a symbolic link to $(readlink -f "$ROOT$1"): put the file itself there (cp -p $1 $1.real && mv $1.real $1), then run again"
}

# same_text NEW LIVE PARTS: the same bytes, or the same PEM blocks, whatever stands around
# them and however lines end; without any the same lines, as the last one may have no end.
# CAs may stand in any order, unless one is to come first.
same_text() {
  ! cmp -s "$1" "$2" || return 0
  st_code=0
  awk 'function tell(block) { if (FILENAME == ARGV[1]) { mine[++n] = block; left[block]++ } else { live[++m] = block; left[block]-- } }
    { lines[FILENAME] = lines[FILENAME] $0 "\n" }
    '"$PEM_BLOCKS"'
    END {
      if (n + m == 0) exit (lines[ARGV[1]] != lines[ARGV[2]])
      if (n == 0 || n != m) exit 1
      for (i = 1; i <= n; i++) { if (left[mine[i]] != 0) exit 1; if (mine[i] != live[i]) other = 2 }
      exit other
    }' "$1" "$2" || st_code=$?
  case $st_code:$3 in
    0:*) ;;
    2:ca:*,*) return 1 ;;
    2:ca:*)
      trust_mode "$3"
      # of a set that is put back the order too: the key of the first one may lie beside it
      [ -z "$HOW" ] && ! grep -q '^restored ' "$TX/plan"
      ;;
    *) return 1 ;;
  esac
}

# write_beside N PATH MODE OWNER GROUP [LIKE]: $TX/new/N beside PATH. One
# that is not there yet gets its rights by those of LIKE.
write_beside() {
  make_folders "$2"
  beside "$ROOT$2"
  make_way "$NEW"
  # a file that we make, never one that somebody has put there meanwhile
  (set -C && cat "$TX/new/$1" >"$NEW") 2>"$TX/why" ||
    die "$2 cannot be written ($(sed 's/.*: //;q' "$TX/why")): make its folder writable or make room; nothing was touched"
  if live_facts "$2"; then set -- "$1" "$2" "$3" "$4" "$5" "$2"; fi
  give_rights "$2" "$NEW" "$3" "$4" "$5" "${6:-$(take_after "$2" "$3")}"
}

# stage_seed N PATH MODE FROM KEY|-: a copy of FROM as it was before it held more
# than one certificate; made once, then never touched. Not without the KEY that it
# belongs to: it signs nothing then. A control plane that joins during a rotation begins
# with several: then the one of KEY. Where FROM is gone, of what this payload puts there.
stage_seed() {
  ss_from=$ROOT$4
  if [ ! -e "$ss_from" ]; then
    ss_from=
    [ "$5" = - ] || ss_from=$(staged_for "$4") # without a key whose it is cannot be told
  fi
  [ -n "$ss_from" ] || [ -e "$ROOT$2" ] || return 0
  [ ! -d "$ss_from" ] || die "$4 is a folder: move it away"
  check_parents "$4"
  [ "$5" = - ] || [ -e "$ROOT$2" ] || [ -e "$ROOT$5" ] || return 0
  if [ ! -e "$ROOT$2" ]; then
    if [ "$(grep -c 'BEGIN CERTIFICATE' "$ss_from")" -le 1 ]; then
      cat "$ss_from" >"$TX/new/$1" || no_room
    else
      own_certificate "$ss_from" "$ROOT$5" >"$TX/new/$1" ||
        die "$4 holds more than one certificate, so which of them signs is not known: put the one whose key signs at $2"
    fi
    echo "$1 file created $2" >>"$TX/facts"
    write_beside "$1" "$2" "$3" root root "$4"
  else
    echo "$1 file unchanged $2" >>"$TX/facts"
  fi
}

# staged_for PATH: where the new file for it was put together, if it was.
staged_for() {
  sr_n=$(awk -v path="$1" '$2 == "file" && $4 == path { print $1 }' "$TX/facts")
  [ -z "$sr_n" ] || echo "$TX/new/$sr_n"
}

# own_certificate BUNDLE KEY: of several certificates the one that KEY belongs to.
own_certificate() {
  have_openssl && [ -f "$2" ] && openssl pkey -in "$2" -pubout >"$TX/pub.key" 2>/dev/null || return 1
  pem_blocks "$1" >"$TX/bundle"
  while read -r oc_block <&5; do
    echo "$oc_block" | blocks_pem >"$TX/bundle.one"
    openssl x509 -in "$TX/bundle.one" -noout -pubkey >"$TX/pub.cert" 2>/dev/null || continue
    if cmp -s "$TX/pub.cert" "$TX/pub.key"; then
      cat "$TX/bundle.one"
      return 0
    fi
  done 5<"$TX/bundle"
  return 1
}

stage_link() { # n path target
  if [ -L "$ROOT$2" ] && [ "$(readlink "$ROOT$2")" = "$3" ]; then
    sl_action=unchanged
  elif [ -L "$ROOT$2" ] || [ -e "$ROOT$2" ]; then
    sl_action=replaced
  else
    sl_action=created
  fi
  echo "$1 link $sl_action $2" >>"$TX/facts"
  [ "$sl_action" != unchanged ] || return 0
  make_folders "$2"
  beside "$ROOT$2"
  make_way "$NEW"
  sl_said=$(ln -s "$3" "$NEW" 2>&1) || die "$2 cannot be written: $(trouble "$sl_said"), nothing was touched"
}

# make_folders PATH: the missing folders above it, noted before they are made.
make_folders() {
  mf_dir=$ROOT${1%/*}
  [ ! -d "$mf_dir" ] || return 0
  mf_list=
  while [ ! -d "$mf_dir" ]; do
    mf_list="$mf_dir $mf_list"
    mf_dir=${mf_dir%/*}
  done
  for mf_dir in $mf_list; do
    echo "$mf_dir" >>"$TX/made"
    mf_said=$(mkdir -m 0755 "$mf_dir" 2>&1) || die "folder $mf_dir cannot be created: $(trouble "$mf_said"), nothing was touched"
    make_as_noted "${mf_dir#"$ROOT"}"
  done
}

CHANGED= # yes where a file is to be replaced, created or given other rights

anything_changed() { [ "$CHANGED" = yes ]; }
