import { Cluster, files } from "./cluster";
import { part, payload } from "./payload";
import { authority, leaf } from "./pki";

export const CA = files.ca;
export const CONF = "/etc/kubernetes/admin.conf";
export const SIGNER = "/etc/kubernetes/pki/ca-signing.crt";

export const kubeconfig = (ca: string, rest = ""): string =>
  `clusters:\n- cluster:\n    certificate-authority-data: ${Buffer.from(ca).toString("base64")}\n${rest}`;

export interface TrustOptions {
  /** @default append */
  readonly how?: "append" | "retire";
  /** Lines at the end. */
  readonly more?: string;
}

/** A node whose CA is about to change: its leafs stay, ca.crt, a kubeconfig and the signer's copy change. */
export class TrustCluster {
  readonly next = authority();

  private constructor(readonly node: Cluster) {}

  /** @param running - false for a node that is new: its services are defined, nothing else is there */
  static async make(shell: string, { running = true } = {}): Promise<TrustCluster> {
    const node = await Cluster.make(shell, { running });
    if (running) node.write(CONF, kubeconfig(node.ca.cert), 0o600);
    return new TrustCluster(node);
  }

  payload(wanted: string = this.next.cert, { how = "append", more = "" }: TrustOptions = {}): string {
    const web = `127.0.0.1:${String(this.node.webPort)}`;
    const store = `127.0.0.1:${String(this.node.storePort)}`;
    return payload(
      "trust",
      `node n1
start existing
${part("ca:kubernetes", wanted)}${part("ca:kubernetes:g1", this.node.ca.cert)}trust ca:kubernetes ${how}
file ${CA} 0644 root root ca:kubernetes
kubeconfig-ca ${CONF} ca:kubernetes
seed ${SIGNER} 0644 ${CA} -
have ${files.webCert} cert:web ca:kubernetes
have ${files.webKey} key:web -
have ${files.storeCert} cert:store ca:kubernetes
have ${files.storeKey} key:store -
consumer store systemd store
consumer web systemd web
use store restart ${CA}
use web reload ${CONF}
served store ${store} store
served web ${web} web
accepted web ${web} /whoami web
health store https ${store} /readyz store
${more}`,
    );
  }

  /** What the files that change hold. */
  live(): string {
    const { node } = this;
    return [node.read(CA), node.read(CONF), node.has(SIGNER) ? node.read(SIGNER) : ""].join("---\n");
  }

  /** As `live` when all is done. */
  wanted(): string {
    const both = this.node.ca.cert + this.next.cert;
    return [both, kubeconfig(both), this.node.ca.cert].join("---\n");
  }

  /** A leaf of the CA that goes, or of the one that stays. */
  leaf(of: "old" | "next", cn: string) {
    return leaf(of === "old" ? this.node.ca : this.next, cn);
  }
}
