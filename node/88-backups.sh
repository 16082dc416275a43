# ---- backups: what is kept of earlier sets, read fresh ------------------------

# verb_backups: one line for each fact; who decides what may be put back is elsewhere
# (core/restore/). Nothing is touched.
verb_backups() {
  open_state
  trap 'finish "$WORK"' EXIT
  open_work look
  TX=$WORK
  know_servers
  vb_node=$(last_plan | sed -n 's/^node //p')
  echo "node ${vb_node:--}"
  for vb_dir in "$STATE"/backup/*/; do
    [ -f "${vb_dir}list" ] || continue
    vb_dir=${vb_dir%/}
    tell_backup
  done
  echo "done"
}

# tell_backup: of $vb_dir.
tell_backup() {
  tb_name=${vb_dir##*/}
  tb_why=
  { read -r tb_why <"$vb_dir/why"; } 2>/dev/null || : # one of an earlier node.sh
  tb_first=no
  ! grep -qsxF "$tb_name" "$STATE/first" || tb_first=yes
  tb_key=no
  [ ! -f "$vb_dir/ca-key" ] || tb_key=yes
  echo "backup $tb_name $tb_first $tb_key ${tb_why:--}"
  last_plan | awk -v name="$tb_name" '
    FILENAME == "-" { if ($1 == "file") parts[$2] = $6; next }
    $1 == "file" { print "copy", name, $2, ($3 in parts ? parts[$3] : "-"), $3 }
    $1 == "none" { print "none", name, $3 }' - "$vb_dir/list" >"$TX/copies"
  cat "$TX/copies"
  have_openssl || return 0 # no claim is made of what cannot be read
  while read -r tb_word _ tb_n tb_parts tb_path <&3; do
    [ "$tb_word" = copy ] || continue
    case $tb_parts in
      cert:*) tb_profile=${tb_parts%%,*} ;;
      kubeconfig:*) tb_profile=$tb_parts ;;
      *) continue ;;
    esac
    tell_copy "${tb_profile#*:}"
  done 3<"$TX/copies"
}

# know_servers: whose context of a kubeconfig is this cluster's.
know_servers() { SERVERS=" $(last_plan | sed -n 's/^server ca:kubernetes //p' | tr '\n' ' ')"; }

last_plan() { cat "$STATE/plan" 2>/dev/null || :; }

# tell_copy PROFILE: the leaf in copy $tb_n, which is $tb_path's, and who has signed it: a CA that
# is in place here (yes), one in its own file or itself (own), as a kubelet's first serving
# certificate, or another (no).
tell_copy() {
  # one that is not understood is told of by its name alone
  (half_then "cert:$1" "$tb_path" "$vb_dir/$tb_n") >"$TX/leaf" 2>/dev/null || return 0
  openssl x509 -in "$TX/leaf" -noout 2>/dev/null || return 0
  tc_signed=-
  tc_ca=$(last_plan | awk -v profile="$1" '$1 == "leaf" && $2 == profile { print $6 }')
  if [ -n "$tc_ca" ] && ca_in_place "$tc_ca" >"$TX/ca" && [ -s "$TX/ca" ]; then
    if signed_by "$TX/ca" "$TX/leaf"; then
      tc_signed=yes
    elif openssl verify -no_check_time -CAfile "$TX/leaf" "$TX/leaf" >/dev/null 2>&1; then
      tc_signed=own
    else
      tc_signed=no
    fi
  fi
  echo "leaf $tb_name $tb_n $1 $(serial "$TX/leaf") $(openssl x509 -in "$TX/leaf" -noout -enddate | unix_time) $tc_signed $(issuer_word <"$TX/leaf")"
}

# issuer_word: as subject_word.
issuer_word() { openssl x509 -noout -issuer -nameopt RFC2253 2>/dev/null | sed 's/^issuer= *//; s/%/%25/g; s/ /%20/g'; }

# ca_in_place PART: the certificates of the first file of it, or those that earlier payloads named.
ca_in_place() {
  cp_path=$(last_plan | awk -v part="$1" '$1 == "file" && $6 == part { print $2; exit }')
  if [ -n "$cp_path" ] && [ -f "$ROOT$cp_path" ]; then
    pem_blocks "$ROOT$cp_path"
  else
    sed -n "s/^$1 //p" "$STATE/ours" 2>/dev/null || :
  fi | blocks_pem
}

# half_then HALF PATH FILE: of the leaf that FILE had when it was PATH; a kubeconfig may name
# other files, which are those of $TX/then.
half_then() {
  ht_root=$ROOT
  ROOT=$TX/then
  KC_OPEN=
  mkdir -p "$ROOT${2%/*}"
  [ "$3" -ef "$ROOT$2" ] || { rm -f "$ROOT$2" && cp "$3" "$ROOT$2"; } || no_room "to look into backups"
  live_half "$1" "$2"
  ROOT=$ht_root
}
