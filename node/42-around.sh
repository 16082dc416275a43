# ---- around: what a backup has beside the files that are replaced ---------------

# Nothing of it is replaced by this run, or put back by a restore: it is for people, who find
# manifests, unit files and the kubelet's configuration as they were, and what every file in the
# folders of the PKI was. No key is among it that the cluster signs with: $BACKUP/digests has
# the sum of each alone.

# back_up_around: in $BACKUP/around, by path. A backup without it is better than none.
back_up_around() {
  { mkdir "$BACKUP/around" && list_around >"$TX/around.files"; } 2>/dev/null || {
    say "manifests and unit files could not be copied to $BACKUP/around"
    return 0
  }
  while read -r bk_path; do
    { [ -f "$ROOT$bk_path" ] && mkdir -p "$BACKUP/around${bk_path%/*}" && cp -a "$ROOT$bk_path" "$BACKUP/around$bk_path"; } 2>/dev/null ||
      [ ! -e "$ROOT$bk_path" ] || say "$bk_path could not be copied to $BACKUP/around"
  done <"$TX/around.files"
  list_digests >"$BACKUP/digests" 2>/dev/null || say "$BACKUP/digests could not be written"
}

# list_around: manifests, unit files with drop-ins, the kubelet's configuration and kubeconfigs.
list_around() {
  {
    for la_file in "$MANIFESTS"/*; do
      [ ! -f "$la_file" ] || echo "${la_file#"$ROOT"}"
    done
    while read -r la_word la_name _ <&4; do
      [ "$la_word" != consumer ] || list_unit "$la_name"
    done 4<"$TX/plan"
    echo /var/lib/kubelet/config.yaml
    echo /var/lib/kubelet/kubeadm-flags.env
    echo /etc/kubernetes/kubelet.conf
    if find_running kubelet; then
      for la_option in --config --kubeconfig --bootstrap-kubeconfig; do options_of "$FOUND_PID" "$la_option"; done
    fi
  } | grep '^/' | sort -u
}

# list_unit NAME
list_unit() {
  find_consumer "$1"
  { [ "$KIND" = systemd ] && have systemctl; } || return 0
  for lu_fact in FragmentPath DropInPaths; do
    unit_fact "$lu_fact"
    # shellcheck disable=SC2086 # words wanted
    [ -z "$FACT" ] || printf '%s\n' $FACT
  done
}

# list_digests: as sha256sum -c reads them, of each file beside one of the payload, and of those
# around: what is changed since, and was not by us, can be told later.
list_digests() {
  list_beside | sed "s|^|$ROOT|" | {
    set --
    while read -r ld_file; do
      [ "$(wc -c <"$ld_file")" -gt 1048576 ] || set -- "$@" "$ld_file"
    done
    [ $# -eq 0 ] || sha256sum "$@"
  }
}

# list_beside: each file in a folder that holds one of the payload, and those of $TX/around.files.
list_beside() {
  {
    awk '$1 == "file" || $1 == "link" { sub(/\/[^\/]*$/, "", $2); print $2 }' "$TX/plan" | sort -u | while read -r lb_dir; do
      for lb_file in "$ROOT$lb_dir"/*; do echo "${lb_file#"$ROOT"}"; done
    done
    cat "$TX/around.files"
  } | sort -u | while read -r lb_file; do
    [ ! -f "$ROOT$lb_file" ] || echo "$lb_file"
  done
}
