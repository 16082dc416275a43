sh -c '
  # One command, so that "sudo -n " can stand before it. Reads node.sh from
  # stdin (gzip, base64) and puts it in place whole or not at all. No apostrophe in here.
  set -eu
  umask 077
  die() { echo "install: $*" >&2; exit 1; }
  dir=${KUBE_PKI_ROOT:-}/var/lib/kube-pki
  new=$dir/.node.sh.$$
  [ ! -L "$dir" ] || die "$dir is a symbolic link: remove it, the folder must be our own"
  mkdir -p "$dir" || die "$dir cannot be created: run as root, by ssh user root or with ssh.sudo"
  [ "$(stat -c %u "$dir")" = "$(id -u)" ] || die "$dir belongs to another user: chown root it"
  chmod 0700 "$dir"
  trap "rm -f \"$new\"" EXIT
  base64 -d | gzip -d >"$new" || die "node.sh did not arrive whole, or $dir has no room for it: run again"
  [ "$(tail -n 1 "$new")" = "# end of node.sh" ] || die "node.sh arrived cut short: run again"
  sum=$(sha256sum "$new")
  sync "$new" 2>/dev/null || sync
  mv -f "$new" "$dir/node.sh"
  sh "$dir/node.sh" boot-unit
  echo "installed ${sum%% *}"
'
