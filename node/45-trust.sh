# ---- trust: what a node trusts is merged with what it has, never just replaced

# ca_data KUBECONFIG [DATA]: the base64 text of each certificate-authority-data,
# one a line, "-" for one that is not on its key's line. With DATA: the
# kubeconfig with that file's text in their place, every other byte as it was.
ca_data() {
  awk -v data="${2:-}" -v lines="$(wc -l <"$1")" '
    BEGIN {
      key = "certificate-authority-data"
      gap = "^[\"\047]?[ \t]*:[ \t]*[\"\047]?"
      if (data != "") getline text < data
    }
    {
      out = ""; rest = $0
      while (rest !~ /^[ \t]*#/ && (at = index(rest, key)) > 0) {
        at += length(key)
        out = out substr(rest, 1, at - 1); rest = substr(rest, at)
        if (!match(rest, gap "[A-Za-z0-9+\/=]+")) { if (data == "") print "-"; continue }
        whole = RLENGTH
        match(rest, gap)
        if (data == "") print substr(rest, RLENGTH + 1, whole - RLENGTH)
        out = out substr(rest, 1, RLENGTH) text; rest = substr(rest, whole + 1)
      }
      if (data != "") printf "%s%s", (NR > 1 ? "\n" : ""), out rest
    }
    END { if (data != "" && NR == lines) print "" }' "$1"
}

# trust_of PATH: what that PEM file or kubeconfig trusts, as lines of blocks.
trust_of() {
  if grep -q '^-----BEGIN ' "$ROOT$1"; then
    pem_blocks "$ROOT$1"
    return
  fi
  ca_data "$ROOT$1" >"$TX/ca-lines"
  while read -r to_data; do
    echo "$to_data" | base64 -d 2>/dev/null | pem_blocks >"$TX/ca-blocks" || :
    [ -s "$TX/ca-blocks" ] ||
      die "$1 has certificate-authority-data that is not base64 of a PEM certificate on the same line: write it so (kubectl config view --raw --flatten)"
    cat "$TX/ca-blocks"
  done <"$TX/ca-lines"
}

# among WANT HAVE: some line of HAVE is in WANT. beyond: some line is not.
among() { awk 'FILENAME == ARGV[1] { want[$0]; next } $0 in want { found = 1 } END { exit !found }' "$1" "$2"; }
beyond() { awk 'FILENAME == ARGV[1] { want[$0]; next } !($0 in want) { found = 1 } END { exit !found }' "$1" "$2"; }

# check_guards: whose trust a file holds, before anything of it is touched.
check_guards() {
  while read -r cg_word cg_path cg_part <&3; do
    case $cg_word in guard | pin | stale | only) ;; *) continue ;; esac
    [ -f "$ROOT$cg_path" ] || continue
    trust_of "$cg_path" >"$TX/guard.live"
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

# merge_trust: each part with a "trust" line becomes what its files shall hold.
merge_trust() {
  while read -r mt_word mt_part mt_how <&3; do
    [ "$mt_word" = trust ] || continue
    pem_blocks "$TX/parts/$mt_part" >"$TX/trust.want"
    [ -s "$TX/trust.want" ] || die "part $mt_part of the payload holds no certificate: check the authority"
    : >"$TX/trust.live"
    [ "$mt_how" = exact ] || live_trust "$mt_part"
    case $mt_how in
      append) set -- "$TX/trust.live" "$TX/trust.want" ;;
      *) set -- "$TX/trust.want" "$TX/trust.live" ;;
    esac
    awk '!seen[$0]++' "$@" | blocks_pem >"$TX/parts/$mt_part" || die "this node has no room left to stage: make room in /var"
  done 3<"$TX/plan"
}

# trust_mode PART: append, prepend or exact; nothing for one that is not merged.
trust_mode() { sed -n "s/^trust $1 //p" "$TX/plan"; }

# live_trust PART: $TX/trust.live gets what all files of PART trust now, in the
# order of the plan. A label we do not know would be lost: refused.
live_trust() {
  awk -v part="$1" '
    FILENAME == ARGV[1] { if ($2 == part) carries[$1]; next }
    $1 == "file" && ($6 == part || $6 in carries) { print $2 }
    $1 == "kubeconfig-ca" && $3 == part { print $2 }' "$TX/inline" "$TX/plan" >"$TX/trust.files"
  while read -r lt_path; do
    [ -f "$ROOT$lt_path" ] || continue
    trust_of "$lt_path" >"$TX/trust.file"
    lt_label=$(awk '$1 != "CERTIFICATE" && $1 != "PUBLIC_KEY" { gsub(/_/, " ", $1); print $1; exit }' "$TX/trust.file")
    [ -z "$lt_label" ] ||
      die "$lt_path holds a $lt_label, which cannot be merged with certificates and public keys: put it into a file of its own"
    cat "$TX/trust.file" >>"$TX/trust.live"
  done <"$TX/trust.files"
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
