/** Every layout, by the name that a stack file gives. */
import { etcdadm } from "./etcdadm";
import { fleet } from "./fleet";
import { hardway } from "./hardway";
import { kubeadm } from "./kubeadm";
import { kubespray } from "./kubespray";
import { adjusted, type GivenFiles, type GivenServices } from "./adjusted";
import type { Layout } from "./layout";
import { withOneCa } from "./oneCa";

export const LAYOUTS = { kubeadm, hardway, etcdadm, kubespray, fleet } as const satisfies Readonly<
  Record<string, Layout>
>;

export type LayoutName = keyof typeof LAYOUTS;
export const LAYOUT_NAMES = Object.keys(LAYOUTS) as [LayoutName, ...LayoutName[]];

/** The layout that a stack file names, before what it says of its own places and services. */
export const namedLayout = (layout: LayoutName, { oneCa }: { readonly oneCa: boolean }): Layout =>
  oneCa ? withOneCa(LAYOUTS[layout]) : LAYOUTS[layout];

/** The layout of a cluster: the one that its stack file names, with what it says of its own places and services. */
export const layoutOf = ({
  layout,
  files,
  services,
  authority,
}: {
  readonly layout: LayoutName;
  readonly files: GivenFiles;
  readonly services: GivenServices;
  readonly authority: { readonly oneCa: boolean };
}): Layout => adjusted(namedLayout(layout, authority), files, services);
