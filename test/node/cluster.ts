import { authority, leaf, type Pair } from "./pki";
import { part, payload } from "./payload";
import { Scratch } from "./scratch";

export const files = {
  ca: "/etc/kubernetes/pki/ca.crt",
  webCert: "/etc/kubernetes/pki/web.crt",
  webKey: "/etc/kubernetes/pki/web.key",
  storeCert: "/etc/kubernetes/pki/store.crt",
  storeKey: "/etc/kubernetes/pki/store.key",
} as const;

export interface Set {
  readonly ca: Pair;
  readonly web: Pair;
  readonly store: Pair;
  /** @default now minus an hour */
  readonly issued?: number;
  /** @default in 30 days */
  readonly expires?: number;
}

export interface BodyOptions {
  readonly start?: "existing" | "bare";
  /** Lines at the end. */
  readonly more?: string;
  /** Lines with these first words are left out. */
  readonly drop?: RegExp;
  readonly webPort: number;
  readonly storePort: number;
}

/** A node with two services: "web" reads its certificate anew, "store" only at start. */
export class Cluster extends Scratch {
  webPort = 0;
  storePort = 0;
  readonly ca = authority();

  static async make(shell: string, { running = true } = {}): Promise<Cluster> {
    const cluster = await Cluster.with(new Cluster(shell));
    if (!running) return cluster;
    cluster.lay(cluster.set());
    return cluster.begun(() => cluster.startAll("web", "store"));
  }

  /** Both services defined, none of them running. */
  protected static async with<C extends Cluster>(cluster: C): Promise<C> {
    cluster.webPort = await cluster.unit("web", "hot", { cert: files.webCert, key: files.webKey, ca: files.ca });
    cluster.storePort = await cluster.unit("store", "cold", {
      cert: files.storeCert,
      key: files.storeKey,
      ca: files.ca,
    });
    return cluster;
  }

  set(ca: Pair = this.ca): Set {
    return { ca, web: leaf(ca, "web"), store: leaf(ca, "store") };
  }

  /** Writes a set as somebody else had made it. */
  lay(set: Set): void {
    this.write(files.ca, set.ca.cert);
    this.write(files.webCert, set.web.cert);
    this.write(files.webKey, set.web.key, 0o600);
    this.write(files.storeCert, set.store.cert);
    this.write(files.storeKey, set.store.key, 0o600);
  }

  body(set: Set, { start = "existing", more = "", drop }: Partial<BodyOptions> = {}): string {
    const issued = set.issued ?? Math.floor(Date.now() / 1000) - 3600;
    const expires = set.expires ?? Math.floor(Date.now() / 1000) + 30 * 86400;
    const web = `127.0.0.1:${String(this.webPort)}`;
    const store = `127.0.0.1:${String(this.storePort)}`;
    const text = `node n1
start ${start}
${part("ca", set.ca.cert)}${part("cert:web", set.web.cert)}${part("key:web", set.web.key)}${part("cert:store", set.store.cert)}${part("key:store", set.store.key)}leaf web e1 ${String(issued)} ${String(expires)} ca
leaf store e1 ${String(issued)} ${String(expires)} ca
file ${files.ca} 0644 root root ca
file ${files.webKey} 0600 root root key:web
file ${files.webCert} 0644 root root cert:web
file ${files.storeKey} 0600 root root key:store
file ${files.storeCert} 0644 root root cert:store
consumer store systemd store
consumer web systemd web
use store restart ${files.ca}
use store restart ${files.storeCert}
use store restart ${files.storeKey}
use web reload ${files.webCert}
use web reload ${files.webKey}
served store ${store} store
served web ${web} web
accepted web ${web} /whoami web
health store https ${store} /readyz store
health web https ${web} /readyz -
${more}`;
    return drop === undefined
      ? text
      : text
          .split("\n")
          .filter((line) => !drop.test(line))
          .join("\n");
  }

  payload(set: Set, options: Partial<BodyOptions> = {}): string {
    return payload("apply", this.body(set, options));
  }

  /** The live set is exactly `set`: never a mix. */
  holds(set: Set): boolean {
    return (
      this.read(files.ca) === set.ca.cert &&
      this.read(files.webCert) === set.web.cert &&
      this.read(files.webKey) === set.web.key &&
      this.read(files.storeCert) === set.store.cert &&
      this.read(files.storeKey) === set.store.key
    );
  }

  live(): Set {
    return {
      ca: { cert: this.read(files.ca), key: "" },
      web: { cert: this.read(files.webCert), key: this.read(files.webKey) },
      store: { cert: this.read(files.storeCert), key: this.read(files.storeKey) },
    };
  }
}
