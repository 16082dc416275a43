# ---- blocks: what a PEM file holds, a line each ------------------------------

# pem_blocks [FILE]: one line per PEM block, its label and its base64 text
# ("PUBLIC_KEY MFkw..."), so that two files can be compared whatever their line
# width and comments. A block is what Go and openssl take for one: BEGIN and END of
# the same label on lines of their own. What is commented out or indented lets
# nobody in, and must not once it is written anew. blocks_pem: such lines as PEM again.
pem_blocks() { awk 'function tell(block) { print block } '"$PEM_BLOCKS" "$@"; }

# shellcheck disable=SC2016 # awk's text
PEM_BLOCKS='
  FNR == 1 { inside = 0 }
  { sub(/[ \t\r]+$/, "") }
  /^-----BEGIN [A-Z0-9 ]*-----$/ { label = substr($0, 12, length($0) - 16); text = ""; inside = 1; next }
  /^-----END / {
    if (inside && $0 == "-----END " label "-----") { gsub(/ /, "_", label); tell(label " " text) }
    inside = 0; next
  }
  inside { gsub(/[ \t]/, ""); text = text $0 }
'

blocks_pem() {
  awk '{
    gsub(/_/, " ", $1)
    print "-----BEGIN " $1 "-----"
    for (i = 1; i <= length($2); i += 64) print substr($2, i, 64)
    print "-----END " $1 "-----"
  }'
}

# keys_of BLOCKS: the public key in each of them, as base64 on one line; of one that
# openssl does not know, none.
keys_of() {
  have_openssl || return 0
  while read -r ko_block <&6; do
    echo "$ko_block" | blocks_pem >"$TX/key.block"
    case $ko_block in
      CERTIFICATE\ *) openssl x509 -in "$TX/key.block" -noout -pubkey ;;
      PUBLIC_KEY\ *) cat "$TX/key.block" ;;
      RSA_PUBLIC_KEY\ *) openssl rsa -RSAPublicKey_in -in "$TX/key.block" -pubout ;;
      *_KEY\ *) openssl pkey -in "$TX/key.block" -passin pass: -pubout ;;
    esac 2>/dev/null | awk '/^-----END/ { print text } /^-----/ { text = ""; next } { text = text $0 }'
  done 6<"$1"
}

# check_plain FILE NAME: pem_blocks knows all that is in it. The rest would be lost,
# or would let somebody in, once it is written anew.
check_plain() {
  cp_odd=$(awk '
    function odd(why) { print why; inside = 0; exit }
    { sub(/[ \t\r]+$/, "") }
    !inside && /^-----BEGIN [A-Z0-9 ]*-----$/ {
      label = substr($0, 12, length($0) - 16); inside = NR
      if (label != "CERTIFICATE" && label != "PUBLIC KEY") odd("a " label)
      next
    }
    inside && $0 == "-----END " label "-----" { inside = 0; next }
    inside && !/^[A-Za-z0-9+\/= \t]*$/ || /-----(BEGIN|END) / { odd("a PEM block that is indented, commented out or damaged (line " NR ")") }
    END { if (inside) odd("a PEM block that does not end (line " inside ")") }' "$1")
  [ -z "$cp_odd" ] || die "$2 holds $cp_odd, which cannot be merged with certificates and public keys: put it into a file of its own"
}

# among WANT HAVE: some line of HAVE is in WANT. beyond: some line is not.
among() { awk 'FILENAME == ARGV[1] { want[$0]; next } $0 in want { found = 1 } END { exit !found }' "$1" "$2"; }
beyond() { awk 'FILENAME == ARGV[1] { want[$0]; next } !($0 in want) { found = 1 } END { exit !found }' "$1" "$2"; }

# except THESE HAVE: the lines of HAVE that are not in THESE. both: those that are.
except() { awk 'FILENAME == ARGV[1] { these[$0]; next } !($0 in these)' "$1" "$2"; }
both() { awk 'FILENAME == ARGV[1] { these[$0]; next } $0 in these' "$1" "$2"; }

# block_sum LINE: sha256 of its DER.
block_sum() { echo "${1#* }" | base64 -d 2>/dev/null | sha256sum | cut -c 1-64; }

# has_sum WORDS BLOCK: a line of the plan with these words ends with the sum of the
# block, or of the public key in it: a token key may lie there as a certificate.
has_sum() {
  ! grep -qx "$1 $(block_sum "$2")" "$TX/plan" || return 0
  echo "$2" >"$TX/sum.block"
  keys_of "$TX/sum.block" >"$TX/sum.key"
  [ -s "$TX/sum.key" ] && grep -qx "$1 $(base64 -d <"$TX/sum.key" | sha256sum | cut -c 1-64)" "$TX/plan"
}

# split_blocks FILE: the block in line N of it as $TX/one/N.
split_blocks() {
  rm -rf "$TX/one"
  mkdir "$TX/one"
  blocks_pem <"$1" | awk -v dir="$TX/one/" '/^-----BEGIN / { close(dir n); n++ } { print >(dir n) }'
}
