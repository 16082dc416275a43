# ---- fields: what a kubeconfig that was read says --------------------------------

# kc_field SECTION N FIELD: VALUE is what KC has of it, empty if that is nothing; 1 if
# the field is not there. A shell looks through a long text slowly.
kc_field() {
  VALUE=
  case $KC in *"$NL$1 $2 $3 "*) ;; *) return 1 ;; esac
  if [ "${#KC}" -gt 4096 ]; then
    VALUE=$(kc_data "$@")
  else
    VALUE=${KC#*"$NL$1 $2 $3 "}
    VALUE=${VALUE%%"$NL"*}
  fi
}

# kc_data SECTION N FIELD: its value in $TX/kc.
kc_data() { sed -n "/^$1 $2 $3 /{s///p;q;}" "$TX/kc"; }

# open_kubeconfig PATH: reads the live one; one that is not understood is refused.
open_kubeconfig() {
  read_kubeconfig "$ROOT$1"
  understood "$1" "rewrite it with 'kubectl config view --raw --flatten --kubeconfig $1'"
}

# understood NAME WHAT-TO-DO: all of what is in $TX/kc now.
understood() {
  ! kc_field strange - - || die "$1 is not written as kubectl writes a kubeconfig ($VALUE): $2"
}

# kc_blocks N PATH: $TX/kc.entry gets whom the entry N of clusters trusts, as lines of
# blocks; PATH is the kubeconfig's, for a CA file that it names. $TX/kc.pem has the text
# of its data.
kc_blocks() {
  : >"$TX/kc.pem"
  : >"$TX/kc.entry"
  if kc_field clusters "$1" certificate-authority-data && [ -n "$VALUE" ]; then
    kb_data=$(kc_data clusters "$1" certificate-authority-data)
    case $kb_data in *[!A-Za-z0-9+/=]*) kb_data= ;; esac
    echo "$kb_data" >"$TX/kc.base64"
    base64 -d <"$TX/kc.base64" >"$TX/kc.pem" 2>/dev/null && pem_blocks "$TX/kc.pem" >"$TX/kc.entry" && [ -s "$TX/kc.entry" ] ||
      die "$2 has certificate-authority-data that is not base64 of a PEM certificate on the same line: write it so (kubectl config view --raw --flatten)"
    return
  fi
  kc_field clusters "$1" certificate-authority || return 0
  kb_file=$(kc_file "$2" "$VALUE")
  [ ! -f "$kb_file" ] || pem_blocks "$kb_file" >"$TX/kc.entry"
}

# kc_file KUBECONFIG VALUE: where a file that a kubeconfig names lies.
kc_file() {
  case $2 in
    '') ;;
    /*) echo "$ROOT$2" ;;
    *) echo "$ROOT${1%/*}/$2" ;;
  esac
}
