# ---- trust: whom this cluster lets in -----------------------------------------

# Trust has a direction. A CA file says whom the cluster lets in: it is fed by what it
# holds, by the payload, and by what other CA files of the same part hold of this
# cluster. A kubeconfig says whom a client takes for its server: what it trusts is
# never let in. What is not this cluster's stays where it is, and is told.

# trust_mode PART: HOW it is merged: append, prepend or retire; empty for one that is not.
trust_mode() {
  HOW=
  case $MERGES in *" $1="*)
    HOW=${MERGES#*" $1="}
    HOW=${HOW%% *}
    ;;
  esac
}

# find_trust: for each part that says whom somebody trusts, what of it is this
# cluster's, as blocks: $TX/ours/PART all that ever was, $TX/ours/gone:PART what was
# retired since, $TX/set/PART what is trusted from now on. A merged part becomes the
# latter. What has gone may lie in a file again (restored, written by others): it goes
# nowhere from there.
find_trust() {
  mkdir "$TX/ours" "$TX/set" "$TX/trust"
  awk '$1 == "trust" { print $2 }
    $1 == "guard" { sub(/,.*/, "", $3); print $3 }
    $1 == "kubeconfig-ca" || $1 == "keep" { print $3 }' "$TX/plan" | sort -u >"$TX/trust.parts"
  [ ! -s "$TX/trust.parts" ] || read_trust
  while read -r ft_part <&3; do
    [ ! -s "$TX/trust/rest.$ft_part" ] || more_ours "$ft_part"
    trust_mode "$ft_part"
    [ -z "$HOW" ] || [ -s "$TX/trust/want.$ft_part" ] || die "part $ft_part of the payload holds no certificate: check the authority"
    { decide_trust "$ft_part" && merged_part "$ft_part"; } || no_room
  done 3<"$TX/trust.parts"
}

# merged_part PART: as it is from now on, if it is merged.
merged_part() { [ -z "$HOW" ] || blocks_pem <"$TX/set/$1" >"$TX/parts/$1"; }

# read_trust: of each part in $TX/trust, as blocks: want.PART what the payload has,
# live.PART what its CA files hold now, in the order of the plan, gone.PART what was
# retired, known.PART what is this cluster's by the payload, of whatever generation, and
# by what earlier runs knew, rest.PART what of live is none of these.
read_trust() {
  {
    while read -r rt_part; do
      for rt_file in "$TX/parts/$rt_part" "$TX/parts/$rt_part":g[0-9]*; do echo "known $rt_part $rt_file"; done
    done <"$TX/trust.parts"
    awk -v root="$ROOT" 'FILENAME == ARGV[1] { part[$1]; next } $1 == "file" && ($6 in part) { print "live", $6, root $2 }' "$TX/trust.parts" "$TX/plan"
  } >"$TX/trust.files"
  set --
  while read -r _ _ rt_file; do
    [ ! -f "$rt_file" ] || set -- "$@" "$rt_file"
  done <"$TX/trust.files"
  rt_ours=$STATE/ours
  [ -f "$rt_ours" ] || rt_ours=/dev/null
  awk -v parts="$TX/parts/" -v dir="$TX/trust/" '
    function add(role, part, block) { lines[role, part] = lines[role, part] block "\n"; has[role, part, block] }
    function tell(block, part) {
      part = of[FILENAME]
      add(role[FILENAME], part, block)
      if (FILENAME == parts part) add("want", part, block)
      if (role[FILENAME] == "live") { live[++n] = block; at[n] = part }
    }
    FILENAME == ARGV[1] { role[$3] = $1; of[$3] = $2; wanted[$2]; next }
    FILENAME == ARGV[2] {
      part = $1; sub(/^gone:/, "", part)
      if (part != $1) add("gone", part, substr($0, length($1) + 2))
      else if ($0 ~ /^[^ ]* [A-Z_]* [A-Za-z0-9+\/=]*$/) add("known", part, substr($0, length($1) + 2))
      next
    }
    '"$PEM_BLOCKS"'
    END {
      for (i = 1; i <= n; i++)
        if (!(("known", at[i], live[i]) in has) && !(("rest", at[i], live[i]) in has)) add("rest", at[i], live[i])
      k = split("want live gone known rest", roles, " ")
      for (part in wanted) for (i = 1; i <= k; i++) {
        file = dir roles[i] "." part
        printf "%s", lines[roles[i], part] > file
        if (close(file)) exit 1
      }
    }' "$TX/trust.files" "$rt_ours" "$@" || no_room
}

# decide_trust PART: $TX/ours and $TX/set have it, by HOW it is merged.
decide_trust() {
  awk -v how="$HOW" -v tx="$TX/" -v part="$1" '
    function begin(name) { file = tx name part; printf "" > file; split("", seen) }
    function put(block) { if (!(block in seen)) { print block > file; seen[block] } }
    function all(of, k, i) { for (i = 1; i <= k; i++) put(of[i]) }
    FILENAME == ARGV[1] { want[++w] = $0; next }
    FILENAME == ARGV[2] { live[++l] = $0; next }
    FILENAME == ARGV[3] { gone[++g] = $0; went[$0]; next }
    { known[++k] = $0; ours[$0] }
    END {
      begin("ours/"); all(known, k)
      if (close(file)) exit 1
      begin("set/")
      if (how == "prepend") all(want, w)
      if (how == "prepend" || how == "append") for (i = 1; i <= l; i++) if ((live[i] in ours) && !(live[i] in went)) put(live[i])
      all(want, w)
      if (close(file)) exit 1
      for (block in seen) stays[block]
      begin("ours/gone:")
      if (how == "retire") { g = k; for (i = 1; i <= k; i++) gone[i] = known[i] }
      for (i = 1; i <= g; i++) if (!(gone[i] in stays)) put(gone[i])
      if (close(file)) exit 1
    }' "$TX/trust/want.$1" "$TX/trust/live.$1" "$TX/trust/gone.$1" "$TX/trust/known.$1"
}

# more_ours PART: what of rest.PART is this cluster's too: by "known" lines (adoption),
# and what one of known.PART has signed.
more_ours() {
  if grep -qx "known $1 any" "$TX/plan"; then
    cat "$TX/trust/rest.$1" >>"$TX/trust/known.$1"
    return
  fi
  {
    ! grep -q "^known $1 " "$TX/plan" || while read -r oo_block <&5; do
      ! has_sum "known $1" "$oo_block" || echo "$oo_block"
    done 5<"$TX/trust/rest.$1"
    signed_by_ours "$1"
  } >"$TX/ours.more"
  cat "$TX/ours.more" >>"$TX/trust/known.$1"
}

# ours_known PART: its blocks in the payload, of whatever generation, and in
# $STATE/ours, where each run leaves what it knew.
ours_known() {
  for ok_part in "$TX/parts/$1" "$TX/parts/$1":g[0-9]*; do
    [ ! -f "$ok_part" ] || pem_blocks "$ok_part"
  done
  sed -n "s/^$1 \([A-Z_]* [A-Za-z0-9+/=]*\)$/\1/p" "$STATE/ours" 2>/dev/null || :
}

# signed_by_ours PART: those of rest.PART that one of known.PART has signed which has not
# gone, or that is such a one issued anew: whoever they let in is let in already.
signed_by_ours() {
  have_openssl || return 0
  except "$TX/trust/gone.$1" "$TX/trust/known.$1" | grep '^CERTIFICATE ' >"$TX/ours.sign" || return 0
  split_blocks "$TX/ours.sign"
  names_and_keys >"$TX/ours.names"
  split_blocks "$TX/trust/rest.$1"
  names_and_keys >"$TX/rest.names"
  blocks_pem <"$TX/ours.sign" >"$TX/one/ours"
  {
    (cd "$TX/one" && openssl verify -no_check_time -partial_chain -CAfile ours [0-9]* 2>/dev/null) | sed -n 's/^\([0-9]*\): OK$/\1p/p'
    awk '{ name = $0; sub(/^[^ ]* /, "", name) } FILENAME == ARGV[1] { ours[name]; next } name in ours { print $1 "p" }' "$TX/ours.names" "$TX/rest.names"
  } >"$TX/ours.lines"
  sed -n -f "$TX/ours.lines" "$TX/trust/rest.$1"
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
  trust_mode "$1"
  case $HOW in
    prepend) awk '!seen[$0]++' "$TX/set/$1" "$2" ;;
    retire) awk 'FILENAME == ARGV[1] { ours[$0]; next } (FILENAME == ARGV[2] || !($0 in ours)) && !seen[$0]++' "$TX/ours/$1" "$TX/set/$1" "$2" ;;
    *) awk '!seen[$0]++' "$2" "$TX/set/$1" ;;
  esac
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
  except "$TX/ours/$1" "$3" >"$TX/foreign.here"
  [ ! -s "$TX/foreign.here" ] || sort -u "$TX/foreign.here" | sed "s|^|$2 |" >>"$TX/foreign"
}

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
  ro_had=$STATE/ours
  [ -f "$ro_had" ] || ro_had=/dev/null
  set -- "$TX"/ours/*
  [ -f "$1" ] || set --
  awk '
    FILENAME == ARGV[1] { gone["gone:" $1]; next }
    FILENAME == ARGV[2] { if (NF == 3 && !($1 in gone)) print; next }
    { part = FILENAME; sub(/.*\//, "", part); print part, $0 }' "$TX/trust.parts" "$ro_had" "$@" | sort -u
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
