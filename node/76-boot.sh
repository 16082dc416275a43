# ---- boot: a transaction that a power cut ended is put back first ---------------

BOOT_UNIT=kube-pki-recover.service

# lay_boot_unit: put there whenever node.sh is. A unit file and a link, nothing that
# is loaded before the next boot. It runs before sysinit.target, after which all
# ordinary units start, whatever a cluster calls its own.
lay_boot_unit() {
  lb_else="what a power cut leaves half replaced is put back by the next run, not at boot"
  [ -d "$ROOT/run/systemd/system" ] || {
    say "this node has no systemd: $lb_else"
    return 0
  }
  if has_boot_unit; then return 0; fi
  lb_new=$ROOT$lb_units/.$BOOT_UNIT.new
  lb_said=$({
    (umask 022 && mkdir -p "${lb_link%/*}") &&
      { boot_unit >"$lb_new"; } &&
      chmod 0644 "$lb_new" &&
      mv -f "$lb_new" "$ROOT$lb_units/$BOOT_UNIT" &&
      ln -sf "../$BOOT_UNIT" "$lb_link"
  } 2>&1) || {
    say "$lb_units/$BOOT_UNIT cannot be put there: $(trouble "$lb_said"); $lb_else"
    return 0
  }
  flush "$ROOT$lb_units/$BOOT_UNIT" "$ROOT$lb_units" "${lb_link%/*}"
}

# has_boot_unit: as this node.sh writes it.
has_boot_unit() {
  lb_units=/etc/systemd/system
  lb_link=$ROOT$lb_units/sysinit.target.wants/$BOOT_UNIT
  [ -L "$lb_link" ] && [ "$(cat "$ROOT$lb_units/$BOOT_UNIT" 2>/dev/null)" = "$(boot_unit)" ]
}

# keep_boot_unit: before a change. Whoever has removed or changed it since the install
# step, which runs again only for another node.sh, would learn of it at a power cut.
keep_boot_unit() {
  { [ -f "$STATE/node.sh" ] && [ -d "$ROOT/run/systemd/system" ] && ! has_boot_unit; } || return 0
  lay_boot_unit
  ! has_boot_unit || say "$lb_units/$BOOT_UNIT was not there as the install step had put it, and is again"
}

boot_unit() {
  cat <<UNIT
[Unit]
Description=Put back the certificates that an interrupted run of kube-pki has left half replaced
ConditionPathExists=${STATE#"$ROOT"}/tx/journal
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target shutdown.target
Before=kubelet.service etcd.service kube-apiserver.service kube-controller-manager.service kube-scheduler.service kube-proxy.service
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/bin/sh ${STATE#"$ROOT"}/node.sh recover
TimeoutStartSec=300

[Install]
WantedBy=sysinit.target
UNIT
}
