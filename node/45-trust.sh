# ---- trust: whom this cluster lets in -----------------------------------------

# Trust has a direction. A CA file says whom the cluster lets in: it is fed by what it
# holds, by the payload, and by what other CA files of the same part hold of this
# cluster. A kubeconfig says whom a client takes for its server: what it trusts is
# never let in. What is not this cluster's stays where it is, and is told.

# among WANT HAVE: some line of HAVE is in WANT. beyond: some line is not.
among() { awk 'FILENAME == ARGV[1] { want[$0]; next } $0 in want { found = 1 } END { exit !found }' "$1" "$2"; }
beyond() { awk 'FILENAME == ARGV[1] { want[$0]; next } !($0 in want) { found = 1 } END { exit !found }' "$1" "$2"; }

# check_guards: whose trust a file holds, before anything of it is touched.
check_guards() {
  while read -r cg_word cg_path cg_part <&3; do
    case $cg_word in guard | pin | stale | only) ;; *) continue ;; esac
    [ -f "$ROOT$cg_path" ] || continue
    pem_blocks "$ROOT$cg_path" >"$TX/guard.live"
    case $cg_word in
      guard | pin) check_owner "$cg_path" ;;
      *)
        pem_blocks "$TX/parts/$cg_part" >"$TX/guard.want"
        check_rest "$cg_word" "$cg_path" "$cg_part"
        ;;
    esac
  done 3<"$TX/plan"
}

# check_owner PATH: a foreign CA or key is never overwritten: one of those there
# is of a part that guards PATH, or is pinned.
check_owner() {
  : >"$TX/guard.want"
  sed -n "s|^guard $1 ||p" "$TX/plan" | tr ',' '\n' >"$TX/guard.parts"
  while read -r co_part; do
    pem_blocks "$TX/parts/$co_part" >>"$TX/guard.want"
  done <"$TX/guard.parts"
  ! among "$TX/guard.want" "$TX/guard.live" || return 0
  co_found=
  while read -r _ co_text; do
    co_sum=$(echo "$co_text" | base64 -d 2>/dev/null | sha256sum | cut -c 1-64)
    ! grep -qx "pin $1 $co_sum" "$TX/plan" || return 0
    co_found="$co_found $co_sum"
  done <"$TX/guard.live"
  co_known=$(generations_there)
  [ -z "$co_known" ] ||
    die "$1 holds$co_known, which this step does not lead on from: go phase by phase (trust, issue, done), and raise 'generation' by one at a time"
  case $(sed -n 1p "$TX/guard.parts") in
    serviceaccount:*) die "$1 holds another key than the one configured (sha256${co_found:- none}): give the key that signs this cluster's tokens as 'authority.serviceAccount.key', or take it over under 'adopt', or remove the file if the node is new" ;;
    *) die "$1 holds another CA than the one configured (sha256${co_found:- none}): to take the cluster over name that fingerprint under 'adopt', or remove the file if the node is new" ;;
  esac
}

# generations_there: which generations of the payload are in $TX/guard.live, each
# after a blank.
generations_there() {
  for gt_part in "$TX"/parts/*:g[0-9]*; do
    [ -f "$gt_part" ] || continue
    pem_blocks "$gt_part" >"$TX/guard.one"
    ! among "$TX/guard.one" "$TX/guard.live" || printf ' %s' "${gt_part##*/}"
  done
}

# check_rest stale|only PATH PART
check_rest() {
  case $1 in
    stale)
      ! among "$TX/guard.want" "$TX/guard.live" ||
        die "$2 still holds $3 of an earlier rotation: end that one first (phase: done), then begin the next"
      ;;
    only)
      ! beyond "$TX/guard.want" "$TX/guard.live" ||
        die "$2 holds more than $3 of the payload, which would be dropped: end the rotation with 'rotation' still in the stack file (phase: done), or take the rest out of the file if nobody needs it"
      ;;
  esac
}

# trust_mode PART: append, prepend or retire; nothing for one that is not merged.
trust_mode() { sed -n "s/^trust $1 //p" "$TX/plan"; }

# trust_files PART: the CA files of this node that hold it.
trust_files() { awk -v part="$1" '$1 == "file" && $6 == part { print $2 }' "$TX/plan"; }

# except THESE HAVE: the lines of HAVE that are not in THESE. both: those that are.
except() { awk 'FILENAME == ARGV[1] { these[$0]; next } !($0 in these)' "$1" "$2"; }
both() { awk 'FILENAME == ARGV[1] { these[$0]; next } $0 in these' "$1" "$2"; }

# find_trust: for each part that says whom somebody trusts, what of it is this
# cluster's, as blocks: $TX/ours/PART all that ever was, $TX/set/PART what is
# trusted from now on. A merged part becomes the latter.
find_trust() {
  mkdir "$TX/ours" "$TX/set"
  awk '$1 == "trust" { print $2 }
    $1 == "guard" { sub(/,.*/, "", $3); print $3 }
    $1 == "kubeconfig-ca" || $1 == "keep" { print $3 }' "$TX/plan" | sort -u >"$TX/trust.parts"
  while read -r ft_part <&3; do
    pem_blocks "$TX/parts/$ft_part" >"$TX/want"
    live_trust "$ft_part"
    ours_of "$ft_part" >"$TX/ours/$ft_part"
    ft_mode=$(trust_mode "$ft_part")
    [ -z "$ft_mode" ] || [ -s "$TX/want" ] || die "part $ft_part of the payload holds no certificate: check the authority"
    both "$TX/ours/$ft_part" "$TX/trust.live" >"$TX/trust.kept"
    case $ft_mode in
      append) cat "$TX/trust.kept" "$TX/want" ;;
      prepend) cat "$TX/want" "$TX/trust.kept" ;;
      *) cat "$TX/want" ;;
    esac | awk '!seen[$0]++' >"$TX/set/$ft_part"
    [ -z "$ft_mode" ] || blocks_pem <"$TX/set/$ft_part" >"$TX/parts/$ft_part" ||
      die "this node has no room left to stage: make room in /var"
  done 3<"$TX/trust.parts"
}

# live_trust PART: $TX/trust.live gets what its CA files hold now, in the order of
# the plan.
live_trust() {
  trust_files "$1" >"$TX/trust.files"
  while read -r lt_path; do
    [ ! -f "$ROOT$lt_path" ] || pem_blocks "$ROOT$lt_path"
  done <"$TX/trust.files" >"$TX/trust.live"
}

# ours_of PART: what is this cluster's by the payload, by what this node was told
# before, by "known" lines (adoption), and what one of those has signed.
ours_of() {
  ours_known "$1" >"$TX/ours.known"
  except "$TX/ours.known" "$TX/trust.live" | sort -u >"$TX/ours.rest"
  [ ! -s "$TX/ours.rest" ] || blocks_pem <"$TX/ours.known" >"$TX/ours.pem"
  while read -r oo_block <&5; do
    ! is_known "$1" "$oo_block" && ! is_signed_by_ours "$oo_block" || echo "$oo_block"
  done 5<"$TX/ours.rest" >>"$TX/ours.known"
  sort -u "$TX/ours.known"
}

# ours_known PART: its blocks in the payload, of whatever generation, and in
# $STATE/ours, where each run leaves what it knew.
ours_known() {
  for ok_part in "$TX/parts/$1" "$TX/parts/$1":g[0-9]*; do
    [ ! -f "$ok_part" ] || pem_blocks "$ok_part"
  done
  sed -n "s/^$1 //p" "$STATE/ours" 2>/dev/null || :
}

# is_known PART BLOCK: the payload names it by the sha256 of its DER.
is_known() {
  grep -q "^known $1 " "$TX/plan" || return 1
  ! grep -qx "known $1 any" "$TX/plan" || return 0
  grep -qx "known $1 $(block_sum "$2")" "$TX/plan"
}

block_sum() { echo "${1#* }" | base64 -d 2>/dev/null | sha256sum | cut -c 1-64; }

# is_signed_by_ours BLOCK: whoever it lets in is let in already.
is_signed_by_ours() {
  case $1 in "CERTIFICATE "*) ;; *) return 1 ;; esac
  have_openssl && [ -s "$TX/ours.pem" ] || return 1
  echo "$1" | blocks_pem >"$TX/ours.one"
  openssl verify -no_check_time -partial_chain -CAfile "$TX/ours.pem" "$TX/ours.one" >/dev/null 2>&1
}

# join_trust PART LIVE: what a file or entry that holds LIVE holds from now on.
join_trust() {
  case $(trust_mode "$1") in
    prepend) cat "$TX/set/$1" "$2" ;;
    retire) except "$TX/ours/$1" "$2" | cat "$TX/set/$1" - ;;
    *) cat "$2" "$TX/set/$1" ;;
  esac | awk '!seen[$0]++'
}

# trusted_text PATH PART: a CA file as it is to be. One that holds that already
# stays as it is written.
trusted_text() {
  : >"$TX/trust.file"
  [ ! -f "$ROOT$1" ] || pem_blocks "$ROOT$1" >"$TX/trust.file"
  join_trust "$2" "$TX/trust.file" >"$TX/trust.new" || return 1
  tell_foreign "$2" "$1" "$TX/trust.new"
  if cmp -s "$TX/trust.file" "$TX/trust.new"; then
    cat "$ROOT$1"
    return
  fi
  [ ! -f "$ROOT$1" ] || check_plain "$ROOT$1" "$1"
  blocks_pem <"$TX/trust.new"
}

# tell_foreign PART PATH BLOCKS: those of them that are not this cluster's stay, and
# $TX/foreign says so.
tell_foreign() {
  except "$TX/ours/$1" "$3" | sort -u >"$TX/foreign.blocks"
  while read -r tf_block <&5; do
    tf_name=-
    case $tf_block in
      "CERTIFICATE "*) ! have_openssl || tf_name=$(echo "$tf_block" | blocks_pem | subject_word) ;;
    esac
    echo "foreign $2 $(block_sum "$tf_block") ${tf_name:--}"
  done 5<"$TX/foreign.blocks" >>"$TX/foreign"
}

# report_foreign: what is not this cluster's and stays.
report_foreign() {
  [ -s "$TX/foreign" ] || return 0
  cat "$TX/foreign"
  while read -r _ rf_path rf_sum rf_name; do
    say "$rf_path: keeps $(echo "$rf_name" | sed 's/%20/ /g') (sha256 $rf_sum), which is not of this cluster"
  done <"$TX/foreign"
}

# record_ours: $TX/ours.all as $STATE/ours is to be.
record_ours() {
  {
    for ro_file in "$TX"/ours/*; do
      [ ! -f "$ro_file" ] || sed "s|^|${ro_file##*/} |" "$ro_file"
    done
    cat "$STATE/ours" 2>/dev/null || :
  } | sort -u
}

# report_trust: what the node trusts from now on, for what follows in the cluster.
report_trust() {
  [ "$VERB" = trust ] || return 0
  while read -r rt_word rt_part _ <&3; do
    case "$rt_word $rt_part" in
      "trust ca:"*)
        echo "trusted $rt_part"
        cat "$TX/parts/$rt_part"
        ;;
    esac
  done 3<"$TX/plan"
}
