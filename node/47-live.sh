# ---- live leafs: those the node has now, for proofs and for the last check ---

# bring_live: each half of a leaf that a "have" line names becomes a part, from
# the first of several files. Half a leaf is none: nothing can be asked with it.
bring_live() {
  while read -r bl_word bl_path bl_halves _ <&3; do
    [ "$bl_word" = have ] || continue
    for bl_half in $(echo "$bl_halves" | tr ',' ' '); do
      [ ! -f "$TX/parts/$bl_half" ] || continue
      live_half "$bl_half" "$bl_path" >"$TX/half"
      [ ! -s "$TX/half" ] || mv "$TX/half" "$TX/parts/$bl_half"
    done
  done 3<"$TX/plan"
  awk '$1 == "have" { gsub(/,/, "\n", $3); print $3 }' "$TX/plan" | sort >"$TX/halves"
  while read -r bl_half; do
    case $bl_half in cert:*) continue ;; esac
    [ -f "$TX/parts/$bl_half" ] || rm -f "$TX/parts/cert:${bl_half#key:}"
  done <"$TX/halves"
}

# has_leaf: some leaf is there.
has_leaf() {
  for hl_part in "$TX"/parts/cert:*; do
    [ ! -f "$hl_part" ] || return 0
  done
  return 1
}

# live_half HALF PATH: from a PEM file (of both halves too), a kubeconfig that
# carries it for this cluster, or the file such a one names.
live_half() {
  lh_file=$ROOT$2
  [ -f "$lh_file" ] || return 0
  case $1 in
    cert:*) set -- "CERTIFICATE" client-certificate "$2" ;;
    key:*) set -- "[A-Z ]*PRIVATE KEY" client-key "$2" ;;
  esac
  lh_code=0
  pem_half "$1" "$lh_file" || lh_code=$?
  if [ "$lh_code" -eq 3 ]; then
    [ "$KC_OPEN" = "$3" ] || {
      open_kubeconfig "$3"
      kc_own "$3"
      kc_context
      KC_OPEN=$3
    }
    if kc_field users "$KC_USER" "$2-data" && [ -n "$VALUE" ]; then
      kc_data users "$KC_USER" "$2-data" | base64 -d 2>/dev/null || :
      return
    fi
    kc_field users "$KC_USER" "$2" || return 0
    lh_file=$(kc_file "$3" "$VALUE")
    [ ! -f "$lh_file" ] || pem_half "$1" "$lh_file" || :
  fi
}

# pem_half LABEL FILE: its blocks of that label; 3 where it has none of any.
pem_half() {
  awk -v label="$1" '
    /^-----BEGIN / { pem = 1 }
    $0 ~ ("^-----BEGIN " label "-----") { inside = 1 }
    inside
    $0 ~ ("^-----END " label "-----") { inside = 0 }
    END { exit pem ? 0 : 3 }' "$2"
}

# check_chains: where a CA is about to go, no leaf that it signed may still be
# in use. Whether one has expired is no matter here.
check_chains() {
  while read -r ch_word ch_path ch_halves ch_ca <&3; do
    case "$ch_word $ch_halves" in "have cert:"*) ;; *) continue ;; esac
    trust_mode "$ch_ca"
    [ "$HOW" = retire ] || continue
    live_half "${ch_halves%%,*}" "$ch_path" >"$TX/chain.live"
    [ -s "$TX/chain.live" ] || continue
    if ! have_openssl; then
      say "no openssl here: who signed $ch_path cannot be checked"
      continue
    fi
    signed_by "$TX/parts/$ch_ca" "$TX/chain.live" ||
      die "the old CAs of $ch_ca cannot be dropped yet: $ch_path is signed by another CA than the one that stays; if somebody has renewed it since (kubeadm certs renew), run with 'detectDrift: true' under 'rollout', which brings the stack's own back; else run pulumi up with 'phase: issue' first, then with 'phase: done'"
  done 3<"$TX/plan"
}
