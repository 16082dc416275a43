/** Every layout, by the name that a stack file gives. */
import { hardway } from "./hardway";
import { kubeadm } from "./kubeadm";
import type { Layout } from "./layout";

export const LAYOUTS = { kubeadm, hardway } as const satisfies Readonly<Record<string, Layout>>;

export type LayoutName = keyof typeof LAYOUTS;
export const LAYOUT_NAMES = Object.keys(LAYOUTS) as [LayoutName, ...LayoutName[]];
