# ---- retired keys: those of CAs that are trusted no more ----------------------

# retire_keys: once the set is committed. Nothing in the cluster signs with such a key
# any more, but kubeadm would (certs renew, a joining control plane). So it is moved to
# $STATE/retired, or destroyed, with each copy in a backup.
retire_keys() {
  have_openssl || return 0
  while read -r rk_word rk_path rk_part rk_fate <&3; do
    case $rk_word in
      retirekey) ;;
      *) continue ;;
    esac
    [ -s "$TX/ours/gone:$rk_part" ] || continue
    keys_of "$TX/ours/gone:$rk_part" >"$TX/keys.gone"
    keys_of "$TX/set/$rk_part" >"$TX/keys.stay" # a CA that was issued anew has its old key
    ! is_retired "$ROOT$rk_path" || retire_key "$rk_path" "$rk_part" "$rk_fate"
    [ "$rk_fate" = keep ] || destroy_copies "$rk_path" "$rk_part"
  done 3<"$TX/plan"
}

# is_retired FILE: the key there is of a CA that has gone, and of none that stays.
is_retired() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 1
  pem_blocks "$1" >"$TX/keys.blocks"
  keys_of "$TX/keys.blocks" >"$TX/keys.here"
  among "$TX/keys.gone" "$TX/keys.here" && ! among "$TX/keys.stay" "$TX/keys.here"
}

# retire_key PATH PART FATE: not while a process was told to read it.
retire_key() {
  ! grep -qsF "$1" "$PROC"/[0-9]*/cmdline || {
    say "$1 is the key of a CA that is trusted no more, and stays: a process names it on its command line"
    return 0
  }
  if [ "$3" = destroy ]; then
    destroy "$ROOT$1"
    say "$1 destroyed: its CA is trusted no more"
    return 0
  fi
  rk_to=$STATE/retired/${2#*:}-$(block_sum "x $(sed -n 1p "$TX/keys.here")" | cut -c 1-8).key
  mkdir -p "$STATE/retired"
  { cp -a "$ROOT$1" "$rk_to.new" && flush "$rk_to.new" && mv "$rk_to.new" "$rk_to"; } 2>/dev/null ||
    die "$1 is the key of a CA that is trusted no more and cannot be moved to ${rk_to#"$ROOT"}: make room in /var, then run again"
  rm -f "$ROOT$1"
  flush "${rk_to%/*}" "$ROOT${1%/*}"
  say "$1 moved to ${rk_to#"$ROOT"}: its CA is trusted no more"
}

# destroy_copies PATH PART: those in backups, and what earlier runs have moved.
destroy_copies() {
  for dc_copy in "$STATE/retired/${2#*:}"-*.key; do
    ! is_retired "$dc_copy" || destroy "$dc_copy"
  done
  for dc_list in "$STATE"/backup/*/list; do
    dc_n=$(awk -v path="$1" '$1 == "file" && $3 == path { print $2 }' "$dc_list" 2>/dev/null)
    dc_copy=${dc_list%/*}/$dc_n
    if [ -z "$dc_n" ] || ! is_retired "$dc_copy"; then continue; fi
    destroy "$dc_copy"
    rm -f "${dc_list%/*}/ca-key"
    say "${dc_copy#"$ROOT"} destroyed: a copy of $1 of a CA that is trusted no more"
  done
}

destroy() { shred -u "$1" 2>/dev/null || rm -f "$1"; }
