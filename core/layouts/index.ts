/** Every layout, by the name that a stack file gives. */
import { etcdadm } from "./etcdadm";
import { hardway } from "./hardway";
import { kubeadm } from "./kubeadm";
import { kubespray } from "./kubespray";
import { adjusted, type GivenFiles, type GivenServices } from "./adjusted";
import type { Layout } from "./layout";

export const LAYOUTS = { kubeadm, hardway, etcdadm, kubespray } as const satisfies Readonly<Record<string, Layout>>;

export type LayoutName = keyof typeof LAYOUTS;
export const LAYOUT_NAMES = Object.keys(LAYOUTS) as [LayoutName, ...LayoutName[]];

/** The layout of a cluster: the one that its stack file names, with what it says of its own places and services. */
export const layoutOf = ({
  layout,
  files,
  services,
}: {
  readonly layout: LayoutName;
  readonly files: GivenFiles;
  readonly services: GivenServices;
}): Layout => adjusted(LAYOUTS[layout], files, services);
