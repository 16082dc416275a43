# ---- where the kubelet of this node keeps what is its own --------------------

# kubelet_folders: KUBELET_PODS, below which it brings volumes into pods, and
# KUBELET_PKI, where it keeps what it was issued: as it runs with --root-dir and
# --cert-dir, which do not follow each other (kubernetes/kubernetes
# cmd/kubelet/app/options). A pod's process, or a person's, may be called so too.
kubelet_folders() {
  KUBELET_PODS=$ROOT/var/lib/kubelet/pods
  KUBELET_PKI=$ROOT/var/lib/kubelet/pki
  for kf_proc in "$PROC"/[0-9]*; do
    { read -r kf_name <"$kf_proc/comm"; } 2>/dev/null || continue
    [ "$kf_name" = kubelet ] && [ "$(stat -c %u "$kf_proc" 2>/dev/null)" = 0 ] || continue
    ! grep -qs kubepods "$kf_proc/cgroup" || continue
    kf_root=$(options_of "${kf_proc##*/}" --root-dir)
    kf_root=${kf_root##*"$NL"}
    case $kf_root in /*) KUBELET_PODS=$ROOT${kf_root%/}/pods ;; esac
    kf_pki=$(options_of "${kf_proc##*/}" --cert-dir)
    kf_pki=${kf_pki##*"$NL"}
    case $kf_pki in /*) KUBELET_PKI=$ROOT${kf_pki%/} ;; esac
    return 0
  done
}
