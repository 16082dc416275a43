# ---- trust: whom this cluster lets in -----------------------------------------

# Trust has a direction. A CA file says whom the cluster lets in: it is fed by what it
# holds, by the payload, and by what other CA files of the same part hold of this
# cluster. A kubeconfig says whom a client takes for its server: what it trusts is
# never let in. What is not this cluster's stays where it is, and is told.

# trust_mode PART: append, prepend or retire; nothing for one that is not merged.
trust_mode() { sed -n "s/^trust $1 //p" "$TX/plan"; }

# trust_files PART: the CA files of this node that hold it.
trust_files() { awk -v part="$1" '$1 == "file" && $6 == part { print $2 }' "$TX/plan"; }

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

# names_and_keys: "N SUBJECT KEY" of each block of $TX/one that is a certificate.
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
