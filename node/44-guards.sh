# ---- guards: whose trust a file holds --------------------------------------------

# check_guards: before anything is touched, what each file that a guard, pin, stale or
# only names holds now.
check_guards() {
  while read -r cg_word cg_path cg_part <&3; do
    case $cg_word in guard | pin | stale | only) ;; *) continue ;; esac
    [ -f "$ROOT$cg_path" ] || continue
    case $cg_word in guard | only) ! is_as_sent "$cg_path" "$cg_part" || continue ;; esac
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
  while read -r co_block <&5; do
    ! has_sum "pin $1" "$co_block" || return 0
    co_found="$co_found $(block_sum "$co_block")"
  done 5<"$TX/guard.live"
  ! was_reissued "$1" || return 0
  co_known=$(generations_there)
  [ -z "$co_known" ] ||
    die "$1 holds$co_known, which is not the generation before the one of this step: go phase by phase (trust, issue, done), and raise 'generation' by one at a time"
  keys_of "$TX/guard.want" >"$TX/guard.keys"
  keys_of "$TX/guard.live" >"$TX/guard.others"
  co_same=
  ! among "$TX/guard.keys" "$TX/guard.others" || co_same=same-
  case $co_same$(sed -n 1p "$TX/guard.parts") in
    same-serviceaccount:*) die "$1 holds the key that is configured, as a $(sed 's/ .*//; s/_/ /g; q' "$TX/guard.live") and not as a PUBLIC KEY: write it so (openssl x509 -in $1 -noout -pubkey shows it for a certificate), then run again" ;;
    same-*) die "$1 holds the key of the CA that is configured in another certificate (sha256$co_found): the CA was issued anew with the same key. If every node has that certificate, give it in the stack file; else write the configured one into this file" ;;
    serviceaccount:*) die "$1 holds another key than the one configured (sha256${co_found:- none}): give the key that signs this cluster's tokens as 'authority.serviceAccount.key', or take it over under 'adopt', or remove the file if the node is new" ;;
    *) die "$1 holds another CA than the one configured (sha256${co_found:- none}): to take the cluster over name that fingerprint under 'adopt', or remove the file if the node is new" ;;
  esac
}

# was_reissued PATH: all that it holds has ended and is of a key that the payload has a CA of:
# that CA was issued anew, and nothing is lost with the one that nobody takes any more.
was_reissued() {
  { have_openssl && [ -n "$(tell_ended - "$1")" ]; } || return 1
  keys_of "$TX/guard.want" >"$TX/guard.keys"
  keys_of "$TX/guard.live" >"$TX/guard.others"
  ! beyond "$TX/guard.keys" "$TX/guard.others"
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
      ! beyond "$TX/guard.want" "$TX/guard.live" || was_reissued "$2" ||
        die "$2 holds more than $3 of the payload, which would be dropped: end the rotation with 'rotation' still in the stack file (phase: done), or take the rest out of the file if nobody needs it"
      ;;
  esac
}
