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
  while read -r co_block <&5; do
    ! has_sum "pin $1" "$co_block" || return 0
    co_found="$co_found $(block_sum "$co_block")"
  done 5<"$TX/guard.live"
  co_known=$(generations_there)
  [ -z "$co_known" ] ||
    die "$1 holds$co_known, which this step does not lead on from: go phase by phase (trust, issue, done), and raise 'generation' by one at a time"
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
# cluster's, as blocks: $TX/ours/PART all that ever was, $TX/ours/gone:PART what was
# retired since, $TX/set/PART what is trusted from now on. A merged part becomes the
# latter. What has gone may lie in a file again (restored, written by others): it goes
# nowhere from there.
find_trust() {
  mkdir "$TX/ours" "$TX/set"
  awk '$1 == "trust" { print $2 }
    $1 == "guard" { sub(/,.*/, "", $3); print $3 }
    $1 == "kubeconfig-ca" || $1 == "keep" { print $3 }' "$TX/plan" | sort -u >"$TX/trust.parts"
  while read -r ft_part <&3; do
    pem_blocks "$TX/parts/$ft_part" >"$TX/want"
    live_trust "$ft_part"
    sed -n "s/^gone:$ft_part //p" "$STATE/ours" >"$TX/gone" 2>/dev/null || :
    ours_of "$ft_part" | sort -u >"$TX/ours/$ft_part"
    ft_mode=$(trust_mode "$ft_part")
    [ -z "$ft_mode" ] || [ -s "$TX/want" ] || die "part $ft_part of the payload holds no certificate: check the authority"
    both "$TX/ours/$ft_part" "$TX/trust.live" | except "$TX/gone" - >"$TX/trust.kept"
    case $ft_mode in
      append) cat "$TX/trust.kept" "$TX/want" ;;
      prepend) cat "$TX/want" "$TX/trust.kept" ;;
      *) cat "$TX/want" ;;
    esac | awk '!seen[$0]++' >"$TX/set/$ft_part"
    if [ "$ft_mode" = retire ]; then cp "$TX/ours/$ft_part" "$TX/gone"; fi
    except "$TX/set/$ft_part" "$TX/gone" >"$TX/ours/gone:$ft_part"
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
  cat "$TX/ours.known"
  except "$TX/ours.known" "$TX/trust.live" | sort -u >"$TX/ours.rest"
  [ -s "$TX/ours.rest" ] || return 0
  if grep -qx "known $1 any" "$TX/plan"; then
    cat "$TX/ours.rest"
    return
  fi
  ! grep -q "^known $1 " "$TX/plan" || while read -r oo_block <&5; do
    ! has_sum "known $1" "$oo_block" || echo "$oo_block"
  done 5<"$TX/ours.rest"
  signed_by_ours
}

# ours_known PART: its blocks in the payload, of whatever generation, and in
# $STATE/ours, where each run leaves what it knew.
ours_known() {
  for ok_part in "$TX/parts/$1" "$TX/parts/$1":g[0-9]*; do
    [ ! -f "$ok_part" ] || pem_blocks "$ok_part"
  done
  sed -n "s/^$1 \([A-Z_]* [A-Za-z0-9+/=]*\)$/\1/p" "$STATE/ours" 2>/dev/null || :
}

block_sum() { echo "${1#* }" | base64 -d 2>/dev/null | sha256sum | cut -c 1-64; }

# has_sum WORDS BLOCK: a line of the plan with these words ends with the sum of the
# block, or of the public key in it: a token key may lie there as a certificate.
has_sum() {
  ! grep -qx "$1 $(block_sum "$2")" "$TX/plan" || return 0
  echo "$2" >"$TX/sum.block"
  keys_of "$TX/sum.block" >"$TX/sum.key"
  [ -s "$TX/sum.key" ] && grep -qx "$1 $(base64 -d <"$TX/sum.key" | sha256sum | cut -c 1-64)" "$TX/plan"
}

# signed_by_ours: those of $TX/ours.rest that one of $TX/ours.known has signed which has
# not gone, or that is such a one issued anew: whoever they let in is let in already.
signed_by_ours() {
  have_openssl || return 0
  except "$TX/gone" "$TX/ours.known" | grep '^CERTIFICATE ' >"$TX/ours.sign" || return 0
  split_blocks "$TX/ours.sign"
  names_and_keys >"$TX/ours.names"
  split_blocks "$TX/ours.rest"
  names_and_keys >"$TX/rest.names"
  blocks_pem <"$TX/ours.sign" >"$TX/one/ours"
  {
    (cd "$TX/one" && openssl verify -no_check_time -partial_chain -CAfile ours [0-9]* 2>/dev/null) | sed -n 's/^\([0-9]*\): OK$/\1p/p'
    awk '{ name = $0; sub(/^[^ ]* /, "", name) } FILENAME == ARGV[1] { ours[name]; next } name in ours { print $1 "p" }' "$TX/ours.names" "$TX/rest.names"
  } >"$TX/ours.lines"
  sed -n -f "$TX/ours.lines" "$TX/ours.rest"
}

# split_blocks FILE: the block in line N of it as $TX/one/N. names_and_keys: "N SUBJECT
# KEY" of each of them that is a certificate.
split_blocks() {
  rm -rf "$TX/one"
  mkdir "$TX/one"
  blocks_pem <"$1" | awk -v dir="$TX/one/" '/^-----BEGIN / { close(dir n); n++ } { print >(dir n) }'
}

names_and_keys() {
  for nk_one in "$TX"/one/*; do
    echo "= ${nk_one##*/}"
    openssl x509 -in "$nk_one" -noout -subject -pubkey 2>/dev/null || :
  done | awk '/^= / { if (text != "") print n text; n = $2 " "; text = ""; next } { text = text $0 } END { if (text != "") print n text }'
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
tell_foreign() { except "$TX/ours/$1" "$3" | sort -u | sed "s|^|$2 |" >>"$TX/foreign"; }

# report_foreign: what is not this cluster's and stays.
report_foreign() {
  [ -s "$TX/foreign" ] || return 0
  cut -d ' ' -f 2- "$TX/foreign" | sort -u >"$TX/foreign.blocks"
  split_blocks "$TX/foreign.blocks"
  while read -r rf_block <&5; do
    echo "= $rf_block"
    rf_one=$((${rf_one:-0} + 1))
    { have_openssl && openssl x509 -in "$TX/one/$rf_one" -noout -fingerprint -sha256 -subject -nameopt RFC2253 2>/dev/null; } ||
      echo "sum=$(block_sum "$rf_block")"
  done 5<"$TX/foreign.blocks" >"$TX/foreign.about"
  awk '
    FILENAME == ARGV[1] && $1 == "=" { block = $2 " " $3; name[block] = "-"; next }
    FILENAME == ARGV[1] && sub(/^subject= */, "") { gsub(/%/, "%25"); gsub(/ /, "%20"); name[block] = $0; next }
    FILENAME == ARGV[1] { sub(/.*=/, ""); gsub(/:/, ""); sum[block] = tolower($0); next }
    { print "foreign " $1 " " sum[$2 " " $3] " " name[$2 " " $3] }' "$TX/foreign.about" "$TX/foreign" >"$TX/foreign.told"
  cat "$TX/foreign.told"
  awk -v node="$NODE" '{ gsub(/%20/, " ", $4); print node ": " $2 ": keeps " $4 " (sha256 " $3 "), which is not of this cluster" }' "$TX/foreign.told" >&2
}

# record_ours: $TX/ours.all as $STATE/ours is to be.
record_ours() {
  {
    for ro_file in "$TX"/ours/*; do
      [ ! -f "$ro_file" ] || sed "s|^|${ro_file##*/} |" "$ro_file"
    done
    [ ! -f "$STATE/ours" ] || awk 'FILENAME == ARGV[1] { gone["gone:" $1]; next } NF == 3 && !($1 in gone)' "$TX/trust.parts" "$STATE/ours"
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
