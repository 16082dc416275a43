# ---- main ------------------------------------------------------------------

main() {
  trap finish EXIT
  need_tools
  case ${1:-} in
    request) verb_request ;;
    apply) verb_apply ;;
    worker) verb_worker "$2" "$3" ;; # ours: the detached half of apply
    status) verb_status ;;
    *) die "usage: node.sh request|apply|status" ;;
  esac
}

main "$@"
# end of node.sh
