/** The layouts by name. */
import type { Config } from "../../schema/config";
import type { Layout } from "../layout";
import { hardway } from "./hardway";
import { kubeadm } from "./kubeadm";

const LAYOUTS: Readonly<Record<Config["layout"], (kubernetesMinor: number) => Layout>> = {
  kubeadm,
  hardway: () => hardway,
};

/** The layout's table for a Kubernetes version 1.`kubernetesMinor`. */
export const layoutOf = (name: Config["layout"], kubernetesMinor: number): Layout => LAYOUTS[name](kubernetesMinor);
