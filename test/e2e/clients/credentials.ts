/**
 * What the clients show and believe, fetched again and again from the nodes as an operator's tools would have it: a change of
 * certificates on the nodes reaches the clients within seconds, on their next connection.
 */
import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { etcdFolder } from "../../lab/kubesprayFiles";
import type { Lab } from "../../lab/lab";
import { pkiDir, type Installer, type Topology } from "../../lab/topology";
import { crtPair, pemPair, type Pair } from "../pairs";
import type { Identity } from "./https";

export interface Credentials {
  readonly etcd: Identity;
  readonly api: Identity;
}

interface Place {
  readonly role: "control-plane" | "etcd";
  readonly ca: string;
  /** Of the node of that name; the certificate is good for a client of etcd. */
  readonly leaf: (node: string) => Pair;
}

/** Where a node has what a client of etcd needs. */
const ETCD_PLACES: Readonly<Record<Installer, (topology: Topology) => Place>> = {
  kubeadm: (topology) => ({
    role: "control-plane",
    ca: `${pkiDir(topology)}/etcd/ca.crt`,
    leaf: () => crtPair(`${pkiDir(topology)}/etcd/healthcheck-client`),
  }),
  "external-etcd": (topology) => ({
    role: "etcd",
    ca: `${pkiDir(topology)}/etcd/ca.crt`,
    leaf: () => crtPair(`${pkiDir(topology)}/etcd/healthcheck-client`),
  }),
  etcdadm: () => ({
    role: "etcd",
    ca: "/etc/etcd/pki/ca.crt",
    leaf: () => crtPair("/etc/etcd/pki/etcdctl-etcd-client"),
  }),
  kubespray: () => ({
    role: "etcd",
    ca: `${etcdFolder}/ca.pem`,
    leaf: (node) => pemPair(`${etcdFolder}/admin-${node}`),
  }),
  fleet: (topology) => ({
    role: "etcd",
    ca: `${pkiDir(topology)}/ca.pem`,
    leaf: () => pemPair(`${pkiDir(topology)}/etcd`),
  }),
  hardway: () => ({ role: "etcd", ca: "/etc/etcd/ca.crt", leaf: () => crtPair("/etc/etcd/server") }),
};

export const etcdPlace = (topology: Topology): Place => ETCD_PLACES[topology.installer](topology);

const EVERY_MS = 2000;

const decoded = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();

/** The identity inside a kubeconfig that carries all of it. */
export const identityOf = (kubeconfig: string): Identity => {
  const { clusters, users } = parse(kubeconfig) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const user = users[0]?.user ?? {};
  return {
    ca: decoded(clusters[0]?.cluster["certificate-authority-data"]),
    cert: decoded(user["client-certificate-data"]),
    key: decoded(user["client-key-data"]),
  };
};

/** Two files read while they are replaced may not belong together. */
const belongTogether = ({ cert = "", key = "" }: Identity): boolean => {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
};

export const readCredentials = (file: string): Credentials => JSON.parse(readFileSync(file, "utf8")) as Credentials;

export class CredentialFeed {
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();

  private constructor(
    private readonly lab: Lab,
    private readonly file: string,
  ) {}

  /** Fetches once, then goes on until it is stopped. */
  public static async start(lab: Lab, file: string): Promise<CredentialFeed> {
    const feed = new CredentialFeed(lab, file);
    if (!(await feed.fetch())) throw new Error("the clients' certificates cannot be read from the nodes");
    feed.loop = feed.goOn();
    return feed;
  }

  public async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  private async goOn(): Promise<void> {
    while (!this.stopped) {
      await sleep(EVERY_MS);
      // a node that is away, or files that are being replaced: the last ones stay
      await this.fetch().catch(() => false);
    }
  }

  private async fetch(): Promise<boolean> {
    const place = etcdPlace(this.lab.topology);
    const node = this.lab.nodes.find(({ roles }) => roles.includes(place.role))?.name ?? "";
    const leaf = place.leaf(node);
    const paths = [place.ca, leaf.cert, leaf.key];
    const texts = await this.lab.must(node, paths.map((path) => `base64 -w0 ${path}; echo`).join("; "));
    const [ca = "", cert = "", key = ""] = texts.split("\n").map(decoded);
    const api = identityOf(readFileSync(await this.lab.kubeconfig(), "utf8"));
    const credentials: Credentials = { etcd: { ca, cert, key }, api };
    if (!belongTogether(credentials.etcd) || !belongTogether(api)) return false;
    writeFileSync(`${this.file}.new`, JSON.stringify(credentials), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
    return true;
  }
}
