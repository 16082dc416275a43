/** The section `cluster`, each field with where it was found. */
import { canonicalEndpoint, hostPort } from "../format/addresses";
import { isDnsLabel } from "../format/dnsNames";
import { LISTENERS } from "../model/listeners";
import type { FoundNode } from "./nodes";
import { mostCommon, remark, type Found, type Remark } from "./remarks";
import { unique } from "../format/unique";
import {
  componentOf,
  currentEntry,
  filesFor,
  kubeadmOf,
  kubeconfigAt,
  listedNodes,
  listOf,
  optionOf,
  serverIn,
  type Visit,
} from "./visits";

/** A value, and where it was found. */
export interface Told<T> {
  readonly value: T;
  readonly from: string;
}

export interface ClusterFields {
  readonly name: Told<string>;
  readonly kubernetesVersion: Told<string>;
  readonly endpoint: Told<string>;
  readonly serviceCidrs?: Told<readonly string[]> | undefined;
  readonly dnsDomain?: Told<string> | undefined;
}

const KUBEADM = "kubeadm's ClusterConfiguration";

const told = <T>(value: T | undefined, from: string): Told<T> | undefined =>
  value === undefined || value === "" ? undefined : { value, from };

const isControlPlane = ({ roles }: FoundNode): boolean => roles.includes("control-plane");

/** Of the administrators' kubeconfigs that the layout has, in its order. */
const adminKubeconfigs = (nodes: readonly FoundNode[], paths: readonly string[]) =>
  nodes.flatMap((node) =>
    paths.flatMap((path) => {
      const kubeconfig = kubeconfigAt(node.visit.survey, path);
      return kubeconfig === undefined ? [] : [{ node, path, kubeconfig }];
    }),
  );

const nameOf = (
  nodes: readonly FoundNode[],
  visits: readonly Visit[],
  paths: readonly string[],
): Found<Told<string>> => {
  const found =
    told(kubeadmOf(visits)?.clusterName, KUBEADM) ??
    adminKubeconfigs(nodes, paths)
      .map(({ path, kubeconfig }) => told(currentEntry(kubeconfig, "clusters")?.name, path))
      .find((each) => each !== undefined);
  if (found === undefined)
    return {
      value: { value: "kubernetes", from: "not found; kubeadm's default" },
      remarks: [remark("unfound", "the cluster's name")],
    };
  if (isDnsLabel(found.value)) return { value: found, remarks: [] };
  const label = found.value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63)
    .replace(/-+$/, "");
  return {
    value: { value: label === "" ? "kubernetes" : label, from: found.from },
    remarks: [
      remark(
        "left",
        `the cluster is called ${JSON.stringify(found.value)} (${found.from}), which is no DNS label: the stack calls it ${label}; kubeconfigs on nodes keep their names`,
      ),
    ],
  };
};

const versionOf = (nodes: readonly FoundNode[], visits: readonly Visit[]): Found<Told<string>> => {
  const running = nodes.flatMap(({ name, visit: { survey } }) => {
    const version = componentOf(survey, "kube-apiserver")?.version;
    return version === undefined ? [] : [{ name, version }];
  });
  const versions = unique(running.map(({ version }) => version)).sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const kubelets = listedNodes(visits).map(({ name, kubeletVersion }) => ({
    name,
    version: kubeletVersion.replace(/^v/, ""),
  }));
  const found =
    told(versions[0], "kube-apiserver") ??
    told(kubeadmOf(visits)?.kubernetesVersion.replace(/^v/, ""), KUBEADM) ??
    told(mostCommon(kubelets.map(({ version }) => version)), "the kubelets");
  if (found === undefined)
    return {
      value: { value: "", from: "not found" },
      remarks: [remark("missing", "the version of Kubernetes: set cluster.kubernetesVersion")],
    };
  const minor = (version: string): string => version.split(".").slice(0, 2).join(".");
  const others = kubelets.filter(({ version }) => version !== "" && minor(version) !== minor(found.value));
  return {
    value: found,
    remarks: [
      ...(versions.length > 1
        ? [
            remark(
              "left",
              `API servers of several versions run (${versions.join(", ")}): the stack has the oldest; finish the upgrade first`,
            ),
          ]
        : []),
      ...(others.length === 0
        ? []
        : [
            remark(
              "left",
              `kubelets of another minor version run on ${others.map(({ name, version }) => `${name} (${version})`).join(", ")}: the stack takes them for ${found.value}`,
            ),
          ]),
    ],
  };
};

/** Where clients are told to go: by kubeadm, else by an administrator's kubeconfig, else by a worker's kubelet. */
const endpointOf = (
  nodes: readonly FoundNode[],
  visits: readonly Visit[],
  paths: readonly string[],
): Found<Told<string>> => {
  const admins = adminKubeconfigs(nodes, paths).flatMap(({ node, path, kubeconfig }) => {
    const server = serverIn(kubeconfig);
    return server === undefined ? [] : [{ node, path, server }];
  });
  const kubelets = nodes.flatMap(({ visit: { survey } }) => {
    const path = optionOf(survey, "kubelet", "kubeconfig");
    const kubeconfig = path === undefined ? undefined : kubeconfigAt(survey, path);
    return path === undefined || kubeconfig === undefined ? [] : [{ path, server: serverIn(kubeconfig) ?? "" }];
  });
  const first = nodes.find(isControlPlane);
  const port =
    Number(first === undefined ? "" : optionOf(first.visit.survey, "kube-apiserver", "secure-port")) ||
    LISTENERS.apiServer.port;
  const found =
    told(kubeadmOf(visits)?.controlPlaneEndpoint, KUBEADM) ??
    told(mostCommon(admins.map(({ server }) => server)), admins[0]?.path ?? "") ??
    told(mostCommon(kubelets.map(({ server }) => server)), kubelets[0]?.path ?? "") ??
    told(first === undefined ? undefined : hostPort(first.address, port), "the first control plane's address");
  if (found === undefined)
    return {
      value: { value: "", from: "not found" },
      remarks: [remark("missing", "the endpoint of the API: set cluster.endpoint")],
    };
  const value = canonicalEndpoint(found.value, LISTENERS.apiServer.port);
  return {
    value: { value: value ?? found.value, from: found.from },
    remarks:
      value === undefined
        ? [
            remark(
              "refused",
              `the endpoint is ${found.value} (${found.from}), which cluster.endpoint cannot hold: it takes host:port`,
            ),
          ]
        : [],
  };
};

const serviceCidrsOf = (
  nodes: readonly FoundNode[],
  visits: readonly Visit[],
): Found<Told<readonly string[]> | undefined> => {
  const ranges = nodes
    .filter(isControlPlane)
    .map(({ visit: { survey } }) => listOf(survey, "kube-apiserver", "service-cluster-ip-range").join(","));
  const known = unique(ranges.filter((each) => each !== ""));
  const text =
    told(known[0], "kube-apiserver, --service-cluster-ip-range") ?? told(kubeadmOf(visits)?.serviceSubnet, KUBEADM);
  const remarks: Remark[] = [
    ...(known.length > 1
      ? [remark("left", `API servers have several service networks (${known.join("; ")}): the stack has the first`)]
      : []),
    ...(text === undefined ? [remark("unfound", "the service networks: the stack has the default, 10.96.0.0/12")] : []),
  ];
  return { value: text && { value: text.value.split(",").map((each) => each.trim()), from: text.from }, remarks };
};

const SERVICE = "kubernetes.default.svc.";

/** As the API server's certificate has it, where nothing says it. */
const dnsDomainOf = (nodes: readonly FoundNode[], visits: readonly Visit[]): Found<Told<string> | undefined> => {
  const kubelets = nodes.flatMap(
    ({ visit: { survey } }) => optionOf(survey, "kubelet", "cluster-domain")?.replace(/\.$/, "") ?? [],
  );
  const serving = nodes.flatMap(({ visit: { survey } }) => [
    ...filesFor(survey, "kube-apiserver/serving").flatMap(({ certificates }) => certificates),
    ...survey.served.flatMap(({ component, chain: [leaf] }) =>
      component === "kube-apiserver" && leaf !== undefined ? [leaf] : [],
    ),
  ]);
  const named = serving
    .flatMap(({ sans }) => sans)
    .flatMap((san) => (san.startsWith(`DNS:${SERVICE}`) ? [san.slice(`DNS:${SERVICE}`.length)] : []));
  const value =
    told(kubeadmOf(visits)?.dnsDomain, KUBEADM) ??
    told(mostCommon(kubelets), "the kubelets, clusterDomain") ??
    told(mostCommon(named), "the API server's certificate");
  return {
    value,
    remarks:
      value === undefined
        ? [remark("unfound", "the DNS domain of services: the stack has the default, cluster.local")]
        : [],
  };
};

/** @param adminPaths of the administrator's kubeconfig in the layout */
export const clusterFields = (
  nodes: readonly FoundNode[],
  visits: readonly Visit[],
  adminPaths: readonly string[],
): Found<ClusterFields> => {
  const fields = {
    name: nameOf(nodes, visits, adminPaths),
    kubernetesVersion: versionOf(nodes, visits),
    endpoint: endpointOf(nodes, visits, adminPaths),
    serviceCidrs: serviceCidrsOf(nodes, visits),
    dnsDomain: dnsDomainOf(nodes, visits),
  };
  return {
    value: {
      name: fields.name.value,
      kubernetesVersion: fields.kubernetesVersion.value,
      endpoint: fields.endpoint.value,
      serviceCidrs: fields.serviceCidrs.value,
      dnsDomain: fields.dnsDomain.value,
    },
    remarks: Object.values(fields).flatMap(({ remarks }) => remarks),
  };
};
