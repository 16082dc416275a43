# ---- request: private keys are made here and stay here --------------------

# genpkey and its options, per algorithm; PKCS#8, which every component reads.
key_options() {
  case $1 in
    ECDSA-P256) echo "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve" ;;
    ECDSA-P384) echo "EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:named_curve" ;;
    RSA-*) echo "RSA -pkeyopt rsa_keygen_bits:${1#RSA-}" ;;
  esac
}

verb_request() {
  open_state
  trap 'finish "$WORK"' EXIT
  open_work look
  take_in "$WORK/in"
  check_payload "$WORK/in" request
  take_lock
  # An interrupted apply keeps its own tx folder; ours is another, and ends with this run.
  TX=$WORK
  mv "$WORK/in.body" "$TX/body"
  read_plan request
  # only now: the sentence begins with the name of the node
  have_openssl || die "this node has no openssl to make keys with: install it, or set keyLocation: state for this node (and no authority.csrSigner: node)"
  vr_made=
  while read -r vr_word vr_profile vr_id vr_algorithm <&3; do
    [ "$vr_word" = leaf ] || continue
    [ -s "$STATE/keys/$vr_profile/$vr_id.key" ] || vr_made="$vr_made $vr_profile"
    make_request "$vr_profile" "$vr_id" "$vr_algorithm"
    echo "csr $vr_profile $vr_id" >>"$TX/out"
    cat "$STATE/keys/$vr_profile/$vr_id.csr" >>"$TX/out"
  done 3<"$TX/plan"
  # shellcheck disable=SC2086 # several words wanted
  tell_made $vr_made
  [ ! -f "$TX/out" ] || cat "$TX/out"
}

# tell_made PROFILE...: one line for all, as each is a line in pulumi's output.
tell_made() {
  case $# in
    0) ;;
    1) say "key for $1 made" ;;
    *) say "$# keys made: $*" ;;
  esac
}

# make_request PROFILE ID ALGORITHM: key and request once per id, so that the
# same payload prints the same bytes. Other subject or names under the same id:
# same key, new request.
make_request() {
  mr_base=$STATE/keys/$1/$2
  mkdir -p "${mr_base%/*}"
  if [ ! -s "$mr_base.key" ]; then
    # shellcheck disable=SC2046 # several words wanted
    openssl genpkey -algorithm $(key_options "$3") -out "$mr_base.key.new" 2>"$TX/why" ||
      die "openssl made no $3 key for leaf $1: $(sed -n 1p "$TX/why")"
    flush "$mr_base.key.new"
    mv "$mr_base.key.new" "$mr_base.key"
    rm -f "$mr_base.csr"
    point key-made
  fi
  request_config "$1" >"$TX/req.cnf"
  if [ -s "$mr_base.csr" ] && cmp -s "$TX/req.cnf" "$mr_base.cnf"; then return 0; fi
  rm -f "$mr_base.cnf" # last to come: what it says is what the request holds
  openssl req -new -sha256 -config "$TX/req.cnf" -key "$mr_base.key" -out "$mr_base.csr.new" 2>"$TX/why" ||
    die "openssl made no request for leaf $1: $(sed -n 1p "$TX/why")"
  flush "$mr_base.csr.new"
  mv "$mr_base.csr.new" "$mr_base.csr"
  point csr-made
  cp "$TX/req.cnf" "$mr_base.cnf"
  flush "$mr_base.cnf" "${mr_base%/*}"
}

# request_config PROFILE: O before CN as Kubernetes' own tools order them; the
# numbers only keep several O apart.
request_config() {
  awk -v p="$1" '
    $2 != p { next }
    $1 == "cn" { cn = $3 }
    $1 == "o" { o[n++] = $3 }
    $1 == "san" { san = san (san == "" ? "" : ",") $3 }
    END {
      print "[req]\nprompt = no\ndistinguished_name = dn"
      if (san != "") print "req_extensions = ext"
      print "[dn]"
      for (i = 0; i < n; i++) print i ".O = " o[i]
      if (cn != "") print "CN = " cn
      if (san != "") print "[ext]\nsubjectAltName = " san
    }' "$TX/plan"
}
