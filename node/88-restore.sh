# ---- restore: a set of before, put back as an apply puts a new one there --------

# verb_restore: an apply of what the last one was for, with copies of backups in place of what is
# there now: checked, swapped and proven alike. A set that nothing can be proven with ("proof
# off") is laid: no service is asked or restarted.
verb_restore() {
  open_look restore
  end_interrupted
  [ -f "$STATE/plan" ] || die "nothing was applied on this node yet, so who reads its files is not known: run pulumi up; the copies are in ${STATE#"$ROOT"}/backup"
  have_openssl || die "this node has no openssl, which tells whether a set fits together: install it, then run again"
  RS_AS=apply
  ! grep -qx 'proof off' "$TX/plan" || RS_AS=lay
  know_servers
  gather
  mkdir "$TX/written"
  write_set >"$TX/apply"
  write_leaves >>"$TX/apply"
  write_rest >>"$TX/apply"
  run_framed apply "$TX/apply" "$RS_AS"
}

# gather: $TX/then/PATH is each file with a leaf, and each that is put back, as it was then.
# $TX/kept gets the lines of these files.
gather() {
  awk '
    FILENAME == ARGV[1] { if ($1 == "copy") copy[$2] = $3 "/" $4; next }
    $1 == "file" { known[$2]; if ($2 in copy || $6 ~ /^(cert|key|kubeconfig):/) print ($2 in copy ? copy[$2] : "-"), $0 }
    $1 == "link" { print "-", $0 }
    END { for (path in copy) if (!(path in known)) print "unknown", path }' "$TX/plan" "$STATE/plan" >"$TX/kept"
  while read -r ga_copy ga_word ga_path ga_more <&3; do
    [ "$ga_copy" != unknown ] || die "$ga_word is no file of the last payload, so nobody is known to read it: put it back by hand"
    mkdir -p "$TX/then${ga_path%/*}"
    [ "$ga_word" = file ] || {
      ln -s "$ga_more" "$TX/then$ga_path"
      continue
    }
    ga_from=$ROOT$ga_path
    [ "$ga_copy" = - ] || ga_from=$STATE/backup/$ga_copy
    [ -f "$ga_from" ] || die "$ga_path is not there$([ "$ga_copy" = - ] || echo " any more in ${STATE#"$ROOT"}/backup/$ga_copy"): run pulumi up, which writes all of the set; nothing was touched"
    is_text "$ga_from" || {
      ga_remedy=" and has no copy in this backup: run pulumi up, which writes it"
      [ "$ga_copy" = - ] || ga_remedy=": put it back by hand (cp -p ${ga_from#"$ROOT"} $ga_path)"
      die "${ga_from#"$ROOT"} holds bytes that are not plain text$ga_remedy; nothing was touched"
    }
    cp "$ga_from" "$TX/then$ga_path" || no_room "to stage"
  done 3<"$TX/kept"
}

# write_set: the beginning of the payload: parts, and the files that they are for.
write_set() {
  echo "node $NODE"
  grep '^restored ' "$TX/plan"
  grep '^start ' "$STATE/plan" || :
  while read -r _ ws_word ws_path ws_mode ws_owner ws_group ws_parts <&3; do
    if [ "$ws_word" = link ]; then
      echo "link $ws_path $ws_mode"
      continue
    fi
    case $ws_parts in
      cert:*,key:*)
        write_half "${ws_parts%%,*}" "$ws_path"
        write_half "${ws_parts#*,}" "$ws_path"
        PART=$ws_parts
        ;;
      kubeconfig:*) write_kubeconfig "${ws_parts#*:}" "$ws_path" ;;
      *,*) write_part "set:${ws_parts%%,*}" "$TX/then$ws_path" ;;
      *) write_part "$ws_parts" "$TX/then$ws_path" ;;
    esac
    echo "file $ws_path $ws_mode $ws_owner $ws_group $PART"
  done 3<"$TX/kept"
}

# write_part NAME FILE: its text, once; PART is its name, another one where that name is taken
# by another text: copies of a file may differ.
write_part() {
  PART=$1
  wp_n=0
  while [ -f "$TX/written/$PART" ]; do
    ! cmp -s "$2" "$TX/written/$PART" || return 0
    wp_n=$((wp_n + 1))
    PART=$1:copy$wp_n
  done
  cp "$2" "$TX/written/$PART" || no_room "to stage"
  echo "part $PART $(awk 'END { print NR }' "$2")"
  awk 1 "$2"
}

# write_half HALF PATH
write_half() {
  [ ! -f "$TX/written/$1" ] || return 0
  half_then "$1" "$2" "$TX/then$2" >"$TX/half"
  [ ! -s "$TX/half" ] || write_part "$1" "$TX/half"
}

# write_kubeconfig PROFILE PATH: every byte of it; where it carries the leaf, as parts of their own.
write_kubeconfig() {
  cp "$TX/then$2" "$TX/conf"
  for wk_half in cert:client-certificate key:client-key; do
    half_then "${wk_half%%:*}:$1" "$2" "$TX/then$2" >"$TX/half"
    [ -s "$TX/half" ] || continue
    [ -f "$TX/written/${wk_half%%:*}:$1" ] || write_part "${wk_half%%:*}:$1" "$TX/half"
    cmp -s "$TX/half" "$TX/written/${wk_half%%:*}:$1" || continue
    { [ "$KC_OPEN" = "$2" ] && kc_field users "$KC_USER" "${wk_half#*:}-data" && [ -n "$VALUE" ]; } || continue
    echo "@b64:${wk_half%%:*}:$1@" >"$TX/mark"
    echo "users $KC_USER ${wk_half#*:}-data $TX/mark" >"$TX/edits"
    edit_kubeconfig "$TX/conf" "$TX/edits" >"$TX/conf.new"
    mv "$TX/conf.new" "$TX/conf"
  done
  write_part "kubeconfig:$1" "$TX/conf"
}

# write_leaves: what the set says of each leaf in it, and the CAs in place that have to have
# signed them. The moment of issue is that of the leaf that it takes the place of: a state of the
# stack that is older than that stays refused.
write_leaves() {
  [ "$RS_AS" = apply ] || return 0
  while read -r wl_word wl_profile wl_id wl_issued _ wl_ca <&3; do
    { [ "$wl_word" = leaf ] && [ -f "$TX/written/cert:$wl_profile" ]; } || continue
    wl_ends=$(openssl x509 -in "$TX/written/cert:$wl_profile" -noout -enddate 2>/dev/null | unix_time)
    ca_in_place "$wl_ca" >"$TX/ca"
    [ -s "$TX/ca" ] || die "no file here holds $wl_ca, so whether $wl_profile is of it cannot be told: run pulumi up instead; nothing was touched"
    [ -f "$TX/written/$wl_ca" ] || write_part "$wl_ca" "$TX/ca"
    echo "leaf $wl_profile $wl_id $wl_issued ${wl_ends:-0} $wl_ca"
    echo "$wl_profile" >>"$TX/leaves"
  done 3<"$STATE/plan"
}

# write_rest: the lines of the last payload about services, as far as they are about these files
# and leaves; of what is laid only who reads it.
write_rest() {
  touch "$TX/leaves"
  awk -v as="$RS_AS" '
    FILENAME == ARGV[1] { leaf[$1]; next }
    FILENAME == ARGV[2] { kept[$3]; next }
    $1 == "consumer" || $1 == "keepbackups" { print; next }
    $1 == "use" { if ($4 in kept) print; next }
    as == "lay" { next }
    $1 == "reads" || $1 == "readsone" { if ($4 in kept) print; next }
    $1 == "allow" { if ($2 in leaf) print; next }
    $1 == "before" || $1 == "alone" || $1 == "member" || $1 == "joining" || $1 == "lease" || $1 == "served" { print; next }
    $1 == "accepted" || $1 == "chain" || $1 == "aggregated" || $1 == "reaches" || $1 == "trusts" || $1 == "listens" { print; next }
    $1 == "health" || $1 == "have" { print }' "$TX/leaves" "$TX/kept" "$STATE/plan"
}
