/** A healthy cluster that a test may spoil. */
import type { Circumstances } from "../../../core/doctor/diagnose";
import type { ConsumerName } from "../../../core/model/reload";
import type { CertificateFacts, Survey } from "../../../core/survey/model";
import type { Authorities } from "./healthy";
import { issue, type Issued, type Wish } from "./pki";

type Mutable<T> = T extends string | number | boolean | undefined
  ? T
  : T extends readonly (infer E)[]
    ? Mutable<E>[]
    : { -readonly [K in keyof T]: Mutable<T[K]> };

export type Node = "cp1" | "cp2" | "w1";
export const NODES: readonly Node[] = ["cp1", "cp2", "w1"];

export class World {
  readonly surveys: Mutable<Survey>[];
  given: Circumstances = {};

  constructor(
    healthy: readonly Survey[],
    readonly ca: Authorities,
  ) {
    this.surveys = JSON.parse(JSON.stringify(healthy)) as Mutable<Survey>[];
  }

  node(name: Node): Mutable<Survey> {
    return this.surveys.find(({ host }) => host.hostname === name)!;
  }

  file(name: Node, path: string) {
    return this.node(name).files.find((file) => file.path === path)!;
  }

  component(name: Node, of: ConsumerName) {
    return this.node(name).components.find((component) => component.name === of)!;
  }

  kubeconfig(name: Node, path: string) {
    return this.node(name).kubeconfigs.find((config) => config.path === path)!;
  }

  set(name: Node, of: ConsumerName, option: string, ...values: string[]): void {
    const { options } = this.component(name, of);
    const others = options.filter((each) => each.name !== option);
    options.splice(0, options.length, ...others);
    if (values.length > 0) options.push({ name: option, values, from: "command line" });
  }

  facts() {
    return this.node("cp1").cluster!;
  }

  /** Puts a certificate where another was: in every file, kubeconfig and on every port, and its key beside it. */
  async renew(name: Node, path: string, wish: Partial<Wish> & { readonly by: Issued }): Promise<Issued> {
    const node = this.node(name);
    const old =
      node.files.find((file) => file.path === path)?.certificates[0] ??
      this.kubeconfig(name, path).users[0]!.certificates[0]!;
    const subject = /^(?:O=(.+), )?CN=(.+)$/.exec(old.subject);
    const made = await issue({
      cn: subject?.[2] ?? "",
      ...(subject?.[1] !== undefined && { o: subject[1] }),
      sans: old.sans,
      usages: old.usages as ("serverAuth" | "clientAuth")[],
      ...wish,
    });
    const swapped = (all: CertificateFacts[]) =>
      all.map((each) => (each.fingerprint === old.fingerprint ? made.facts : each)) as Mutable<CertificateFacts>[];
    const newKey = (all: string[]) => all.map((key) => (key === old.publicKey ? made.facts.publicKey : key));
    for (const file of node.files) {
      file.certificates = swapped(file.certificates);
      file.keys = newKey(file.keys);
    }
    for (const { users } of node.kubeconfigs)
      for (const user of users) {
        user.certificates = swapped(user.certificates);
        if (user.key === old.publicKey) user.key = made.facts.publicKey;
      }
    for (const served of node.served) served.chain = swapped(served.chain);
    return made;
  }

  /** Another certificate in place of a CA, wherever it is. */
  replaceCa(old: Issued, made: Issued): void {
    const swapped = (all: CertificateFacts[]) =>
      all.map((each) =>
        each.fingerprint === old.facts.fingerprint ? made.facts : each,
      ) as Mutable<CertificateFacts>[];
    for (const node of this.surveys) {
      for (const file of node.files) file.certificates = swapped(file.certificates);
      for (const { clusters } of node.kubeconfigs)
        for (const cluster of clusters) cluster.authorities = swapped(cluster.authorities);
    }
  }
}

export interface State {
  readonly what: string;
  readonly spoil: (world: World) => void | Promise<void>;
  /** "URGENCY NODES: SENTENCE [CHECK]" */
  readonly says: string;
  readonly remedy?: string;
}
