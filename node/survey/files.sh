#!/bin/sh
# What files are and hold: the part of the reader (agent.sh) that looks at many of them at
# once, since most of what a visit costs a node is the programs that it starts.

# shown COMMAND...: what it prints, with paths as they are outside of a scratch folder.
shown() { if [ -n "$ROOT" ]; then "$@" | sed "s| $ROOT/| /|"; else "$@"; fi; }

# ask_stats COUNT: of so many paths the things themselves, and where links lead.
STAT='%f %u %g %s %Y %d:%i %U %G %n'
ask_stats() { with path "$1" stats_of 2>/dev/null; }
stats_of() {
  shown stat -c "here $STAT" -- "$@"
  shown stat -L -c "there $STAT" -- "$@"
  for so_path; do
    [ -h "$so_path" ] || continue
    echo "path ${so_path#"$ROOT"}"
    so_link=$(readlink -- "$so_path")
    so_real=$(readlink -f -- "$so_path")
    one_line link "$so_link"
    one_line real "${so_real#"$ROOT"}"
  done
}

# one_line NAME TEXT: nothing where it is several.
one_line() {
  case $2 in *"$NEWLINE"*) ;; *) printf '%s %s\n' "$1" "$2" ;; esac
}
NEWLINE='
'

# ask_folders LEVELS COUNT: what in so many folders is none, down to so many levels.
ask_folders() {
  case $1 in '' | *[!0-9]*) return 0 ;; esac
  with path "$2" names_in "$1" 2>/dev/null | sed "s|^$ROOT/|name /|"
}
names_in() {
  ni_levels=$1
  shift
  find "$@" -maxdepth "$ni_levels" -mindepth 1 ! -type d -print
}

# ask_certificates COUNT: certificates and public keys of so many files, and what else
# their blocks are called.
ask_certificates() { with readable "$1" limited 20 awk -v limit="$TEXT_LIMIT" -v root="$ROOT" "$PUBLIC_BLOCKS"; }
# shellcheck disable=SC2016 # awk's own
PUBLIC_BLOCKS='
  FNR == 1 { print "path " substr(FILENAME, length(root) + 1); size = 0; shown = 0 }
  { size += length($0) + 1; sub(/\r$/, "") }
  size > limit { next }
  /^[ \t]*-----BEGIN / {
    label = $0; sub(/^[ \t]*-----BEGIN /, "", label); sub(/-----.*/, "", label)
    shown = label ~ /^(X509 |TRUSTED )?CERTIFICATE$|^(RSA )?PUBLIC KEY$/
    if (!shown) print "other " label
  }
  shown { print "pem " $0 }
  /^[ \t]*-----END / { shown = 0 }'

# ask_keys COUNT: the public halves of the private keys in so many files.
ask_keys() {
  have openssl || return 0
  # shellcheck disable=SC2016 # of another shell
  with readable "$1" limited 30 sh -c '
    root=$1
    shift
    for path; do
      echo "path ${path#"$root"}"
      openssl pkey -in "$path" -passin pass: -pubout 2>/dev/null
    done' sh "$ROOT" | sed -e '/^path /b' -e 's/^/pem /'
}

# ask_texts COUNT, ask_kubeconfigs COUNT: the texts of so many files, without what is secret.
ask_texts() { with readable "$1" limited 20 awk -v limit="$TEXT_LIMIT" -v root="$ROOT" "$REDACT_FILES"; }
ask_kubeconfigs() { with readable "$1" limited 20 awk -v limit="$TEXT_LIMIT" -v root="$ROOT" "$KUBECONFIG_FILES"; }

# ask_innerkeys COUNT: the public half of each key in so many kubeconfigs, in order.
ask_innerkeys() {
  have openssl || return 0
  with readable "$1" limited 20 awk -v limit="$TEXT_LIMIT" -v root="$ROOT" "$INNER_KEYS" | while read -r ik_word ik_text; do
    case $ik_word in
      path) echo "path $ik_text" ;;
      key)
        echo key
        printf %s "$ik_text" | base64 -d 2>/dev/null | openssl pkey -passin pass: -pubout 2>/dev/null
        ;;
    esac
  done | sed -e '/^path /b' -e '/^key$/b' -e 's/^/pem /'
}
# shellcheck disable=SC2016 # awk's own
INNER_KEYS='
  FNR == 1 { print "path " substr(FILENAME, length(root) + 1); size = 0 }
  { size += length($0) + 1 }
  size > limit { next }
  {
    while (match($0, /client-key-data["\047]*: *["\047]*[A-Za-z0-9+\/=]*/)) {
      key = substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)
      sub(/^[^:]*: *["\047]*/, "", key); print "key " key
    }
  }'
