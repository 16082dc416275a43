# ---- template: a node that no ssh reaches is visited by a pod -----------------

# verb_place: this very text becomes the node's node.sh, whole or not at all, as
# install.sh does it where there is ssh.
verb_place() {
  open_state
  vp_new=$STATE/.node.sh.$$
  trap 'finish "$vp_new"' EXIT
  [ "$(sed -n '$p' "$0")" = "# end of node.sh" ] || die "node.sh arrived cut short: run again"
  cp "$0" "$vp_new" || no_room "for node.sh"
  flush "$vp_new"
  mv -f "$vp_new" "$STATE/node.sh"
  lay_boot_unit
  echo "placed $(sha256 "$STATE/node.sh")"
}

# What stands for the node's name in a template: no node is called so.
ANY_NODE='node\.kube-pki\.invalid'

# verb_template NODE: the payload on stdin is the same for all nodes but for their
# names. Its first line is the verb it is for; that one checks every line again.
verb_template() {
  echo "$1" | grep -Eqx '[a-z0-9][a-z0-9.-]{0,63}' || die "'$1' is not a node name: must be a-z, 0-9, - and dots"
  NODE=$1
  open_state
  trap 'finish "$WORK"' EXIT
  open_work look
  take_in "$WORK/in"
  check_payload "$WORK/in" template
  vt_verb=$(sed -n 1p "$WORK/in.body")
  case $vt_verb in
    trust | issue | check) ;;
    *) die "the template is for '$vt_verb': must be trust, issue or check" ;;
  esac
  [ ! -e "$MANIFESTS/kube-apiserver.yaml" ] ||
    die "this node is a control plane, of which ca.crt is not for the kubelet alone: list it under 'nodes' of the stack file"
  sed "1d; s/$ANY_NODE/$NODE/g" "$WORK/in.body" >"$WORK/body"
  run_framed "$vt_verb" "$WORK/body"
}

# run_framed VERB FILE [COMMAND]: that verb of this script, with FILE as its payload; COMMAND
# where another one takes it.
run_framed() {
  {
    echo "kube-pki 1 $1 $(wc -c <"$2" | tr -d ' ') $(sha256 "$2")"
    cat "$2"
  } | $SHELL_COMMAND "$0" "${3:-$1}" || {
    TOLD=yes
    exit 1
  }
}
