/** What holds in a cluster because of the way it was made; files, services and ports are in core/nodes/layouts/. */
interface LayoutRow {
  /** Nodes that join read the CA from kube-public/cluster-info. */
  readonly publishesClusterInfo: boolean;
  /** kubeadm's role bindings are there, of the group kubeadm:cluster-admins and of the API server's kubelet client. */
  readonly hasKubeadmBindings: boolean;
  /** The controller manager signs what kubelets ask for, so that a kubelet can get another certificate without ssh. */
  readonly signsForKubelets: boolean;
}

export const LAYOUTS = {
  kubeadm: { publishesClusterInfo: true, hasKubeadmBindings: true, signsForKubelets: true },
  hardway: { publishesClusterInfo: false, hasKubeadmBindings: false, signsForKubelets: false },
} as const satisfies Readonly<Record<string, LayoutRow>>;

export type LayoutName = keyof typeof LAYOUTS;
export const LAYOUT_NAMES = Object.keys(LAYOUTS) as [LayoutName, ...LayoutName[]];
