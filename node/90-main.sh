# ---- main ------------------------------------------------------------------

main() {
  trap finish EXIT
  need_tools
  case ${1:-} in
    request) verb_request ;;
    apply | trust | lay) verb_transaction "$1" "${2:-}" ;;
    worker) verb_worker "$2" "$3" "$4" "$5" "$6" ;; # ours: the detached half of a transaction
    check) verb_check ;;
    alive) verb_alive ;;
    objects) verb_objects ;;
    place) verb_place ;;
    boot-unit) lay_boot_unit ;; # the install step
    recover) verb_recover ;;    # the unit that runs at boot
    template) verb_template "${2:-}" ;;
    issue) verb_issue ;;
    backups) verb_backups ;;
    restore) verb_restore ;;
    dump) verb_dump "${2:-}" ;;
    *) die "usage: node.sh request|trust|apply|lay|check|alive|objects|place|template NODE|issue|backups|restore|dump WHAT|recover" ;;
  esac
}

main "$@"
# end of node.sh
