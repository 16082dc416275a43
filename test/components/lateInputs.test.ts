import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { Inputs } from "../../components/inputs";
import { makeCa, makeKey } from "../core/config/fixtures";
import { argsWith, NOW, RAW } from "../core/fixture";
import { registeredBy, type Asked, type Registered } from "./mocks";

type Json = Readonly<Record<string, unknown>>;
type Node = ClusterPkiArgs["nodes"][number];
const NODES = RAW["nodes"] as readonly Node[];

/** The fixture with other addresses. */
const addressed = (of: (node: Node) => pulumi.Input<string>, changes: Json = {}): ClusterPkiArgs =>
  argsWith({ nodes: NODES.map((node) => ({ ...node, address: of(node) })), ...changes });

const up = (args: () => ClusterPkiArgs) => registeredBy(() => new ClusterPki("prod", args()).certificates, false);

/** Its outputs may stay unknown: there is no telling of its end. */
const preview = async (args: () => ClusterPkiArgs, asked: Map<string, Asked>): Promise<Registered[]> => {
  const all = await registeredBy(
    () => {
      new ClusterPki("prod", args());
      return pulumi.output("begun");
    },
    true,
    asked,
  );
  for (let count = -1; count < all.length;) {
    count = all.length;
    await sleep(1500);
  }
  return all;
};

const unknown = () => pulumi.output(pulumi.unknown) as unknown as pulumi.Output<string>;
const inputsOf = (all: readonly Registered[]): Readonly<Record<string, Json>> =>
  Object.fromEntries(all.map(({ name, inputs }) => [name, inputs]));

/** Texts outside the engine's envelope for secrets. */
const plainTexts = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || "4dabf18193072939515e22adb298388d" in value) return [];
  return Object.values(value).flatMap(plainTexts);
};

describe("inputs that come to be known while the program runs", function () {
  this.timeout(30_000); // whole clusters, on a busy machine
  it("change neither a name nor a byte of what nodes are sent", async () => {
    const changes = { rotation: { generation: 2 }, certificates: { profiles: { kubelet: { validity: "30d" } } } };
    const plain = inputsOf(await up(() => argsWith(changes)));
    const late = inputsOf(await up(() => addressed(({ address }) => pulumi.output(Promise.resolve(address)), changes)));
    assert.deepEqual(Object.keys(late).sort(), Object.keys(plain).sort());
    // those that hold no certificate: mocks make new ones in each run
    const steps = Object.keys(plain).filter((name) =>
      /-(?:preflight|install|request|request-kubelet|tokens)$/.test(name),
    );
    assert.ok(steps.length > 18);
    for (const name of steps) assert.deepEqual(late[name], plain[name], name);
    const lines = (of: typeof plain) =>
      JSON.stringify(Object.fromEntries(Object.entries(of).filter(([name]) => name.endsWith("-apply")))).match(
        /(?:leaf|member|served|lease|file) [^\\]*/g,
      );
    assert.deepEqual(lines(late), lines(plain));
  });

  it("leave a preview quiet about every node but the new one whose address it does not know", async () => {
    const asked = new Map<string, Asked>();
    const all = await preview(() => addressed(({ name, address }) => (name === "w3" ? unknown() : address)), asked);
    const isUnknown = ({ inputs }: Registered): boolean => JSON.stringify(inputs["stdin"] ?? "").includes("Unknown");
    const steps = all.filter(({ name }) => /^prod-(?:cp|w)\d-(?:request|apply)$/.test(name));
    assert.equal(steps.length, 12);
    assert.deepEqual(
      steps
        .filter(isUnknown)
        .map(({ name }) => name)
        .sort(),
      ["prod-w3-apply", "prod-w3-request"],
    );
    const leaves = [...asked].filter(([name]) => /^prod-(?:cp|w)\d-(?:kubelet|apiserver)/.test(name));
    assert.ok(leaves.length > 9);
    for (const [name, { replacementTrigger: trigger }] of leaves)
      assert.equal(
        /^\d+-[0-9a-f]{8}-g1$/.test(String(trigger)),
        !name.startsWith("prod-w3"),
        `${name}: ${String(trigger)}`,
      );
  });

  it("tell every node of a control plane whose address is not known, and leave the others' certificates alone", async () => {
    const asked = new Map<string, Asked>();
    const all = await preview(() => addressed(({ name, address }) => (name === "cp3" ? unknown() : address)), asked);
    const { "prod-w1-apply": apply, "prod-w1-request": request } = inputsOf(all);
    assert.match(JSON.stringify(apply?.["stdin"]), /Unknown/);
    assert.match(String(request?.["stdin"]), /^kube-pki 1 request /);
    assert.match(String(asked.get("prod-cp1-apiserver")?.replacementTrigger), /-g1$/);
  });

  it("take a CA out of a secret: its key stands plain nowhere, its certificate everywhere", async () => {
    const ca = await makeCa("kubernetes");
    const login = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const token = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const all = await up(() => {
      const given = pulumi.secret(ca);
      return argsWith({
        authority: {
          kubernetes: { certificate: given.certificate, key: given.key },
          serviceAccount: { key: pulumi.secret(token.export({ type: "pkcs8", format: "pem" }).toString()) },
        },
        ssh: { privateKey: pulumi.output(login) },
      });
    });
    assert.deepEqual(
      all.flatMap(({ inputs }) => plainTexts(inputs)).filter((text) => text.includes("PRIVATE KEY")),
      [],
    );
    const { "prod-w1-apply": apply, "prod-w1-kubelet": kubelet, "prod-cp1-apply": server } = inputsOf(all);
    assert.ok(String(apply!["stdin"]).includes(ca.certificate), "a payload without secrets stays readable");
    assert.equal(kubelet?.["caCertPem"], ca.certificate);
    assert.equal((kubelet["caPrivateKeyPem"] as Json)["value"], ca.key);
    assert.ok(String((server?.["stdin"] as Json)["value"]).includes(ca.key.split("\n")[1] ?? "?"));
  });

  it("leave no stand-in anywhere, in whatever field they are", async () => {
    const late = <T extends string>(value: T) => pulumi.output(Promise.resolve(value));
    const [kubernetes, etcd, frontProxy] = await Promise.all(
      ["kubernetes", "etcd", "frontProxy"].map((name) => makeCa(name)),
    );
    const lateCa = (ca: typeof kubernetes) =>
      ca && { certificate: late(ca.certificate), key: pulumi.secret(late(ca.key)) };
    const login = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const hostKey = NODES[0]?.ssh?.hostKey as string;
    const args = () =>
      argsWith({
        nodes: NODES.map((node, index) => ({
          ...node,
          address: late(node.address as string),
          ssh: { host: late(`10.1.0.${String(index + 1)}`), hostKey: late(hostKey) },
        })),
        authority: {
          kubernetes: lateCa(kubernetes),
          etcd: lateCa(etcd),
          frontProxy: lateCa(frontProxy),
          serviceAccount: { key: pulumi.secret(late(makeKey())) },
        },
        ssh: {
          privateKey: pulumi.secret(late(login)),
          bastion: { host: late("10.1.0.100"), hostKey: late(hostKey), privateKey: pulumi.secret(late(login)) },
        },
        rotation: { generation: 2 },
      });
    const all = await up(args);
    const found = all.filter(({ inputs }) => /<(?:nodes|authority|ssh)\b[^<>]*>/.test(JSON.stringify(inputs)));
    assert.deepEqual(
      found.map(({ name }) => name),
      [],
    );
    assert.ok(all.some(({ inputs }) => JSON.stringify(inputs).includes("10.1.0.100")));
  });

  it("are asked for at marked paths alone: a wrong one throws instead of handing out a stand-in", () => {
    const { now, ...sections } = argsWith();
    const inputs = new Inputs("prod", sections, now ?? NOW);
    for (const path of [
      "nodes[11].address",
      "nodes[0].ssh.hostKey",
      "ssh.bastion.privateKey",
      "authority.kubernetes.certificate",
      'authority.signed.etcd["12"]',
      "authority.serviceAccount.key",
    ])
      assert.equal(
        inputs.of([path], () => "plain"),
        "plain",
        path,
      );
    for (const path of [
      "nodes[-1].address",
      "nodes[0].name",
      "authority.vault.kubernetes.key",
      "authority.signed.etcd.12",
    ])
      assert.throws(() => inputs.of([path], () => "plain"), /no field of the stack file that may be an output/, path);
  });

  /** The sentences of whoever is given this. */
  const refused = async ({ now, ...sections }: ClusterPkiArgs): Promise<string> => {
    try {
      const inputs = new Inputs("prod", sections, now ?? NOW);
      // `promise` is there where something is late
      for (const path of ["nodes[0].address", "authority.etcd.key"]) {
        const known = inputs.of([path], () => "known") as string | { promise: () => Promise<string> };
        if (typeof known === "object") await known.promise();
      }
      return "none";
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
  };

  it("are checked like plain values once they are known", async () => {
    const nodes = NODES.map((node) => ({ ...node, address: pulumi.output("10.0.0.300") }));
    assert.match(
      await refused(argsWith({ nodes })),
      /^prod: 6 problems in the configuration:\n {2}nodes\[0\]\.address: "10\.0\.0\.300"; must be an IPv4 or IPv6/,
    );
    const same = NODES.map((node) => ({ ...node, address: pulumi.output("10.0.0.1") }));
    assert.match(
      await refused(argsWith({ nodes: same })),
      /nodes\[1\]\.address: "10\.0\.0\.1" is nodes\[0\]\.address too/,
    );
    const [one, other] = await Promise.all([makeCa("etcd"), makeCa("etcd")]);
    const etcd = { certificate: one.certificate, key: pulumi.secret(other.key) };
    const message = await refused(argsWith({ authority: { etcd } }));
    assert.match(message, /authority\.etcd\.key: not the key of CN=etcd; must be the private key of that certificate/);
    assert.ok(!message.includes("BEGIN"));
  });

  it("are refused where they decide which resources there are, and where a stand-in was given", async () => {
    const cluster = { ...(RAW["cluster"] as Json), name: pulumi.output("prod") };
    assert.equal(
      await refused(argsWith({ cluster, layout: Promise.resolve("kubeadm") })),
      "prod: 2 problems in the configuration:\n" +
        "  cluster.name: an output; must be a plain value, because it decides which resources there are\n" +
        "  layout: an output; must be a plain value, because it decides which resources there are",
    );
    const nodes = NODES.map((node) => ({ ...node, address: "<nodes[0].address>" }));
    assert.match(
      await refused(argsWith({ nodes })),
      /nodes\[0\]\.address: "<nodes\[0\]\.address>"; must be another value/,
    );
  });
});
