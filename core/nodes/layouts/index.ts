/** The layouts by name. */
import { kubernetesMinor } from "../../format/kubernetesVersion";
import type { LayoutName } from "../../model/layouts";
import type { Config } from "../../schema/config";
import type { Layout } from "../layout";
import { hardway } from "./hardway";
import { kubeadm } from "./kubeadm";

/** For a Kubernetes version 1.`minor`. */
const TABLES: Readonly<Record<LayoutName, (minor: number) => Layout>> = {
  kubeadm,
  hardway: () => hardway,
};

/** Files, services and ports of a cluster's nodes. */
export const layoutOf = (config: Pick<Config, "layout" | "cluster">): Layout =>
  TABLES[config.layout](kubernetesMinor(config));
