/**
 * Trust has a direction, whatever lies on a node: nobody who was not let in before is let in after, nobody who is not this
 * cluster's is turned away, and what leads elsewhere leads there still. Random files, real certificates, the real script.
 */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { part, payload } from "./payload";
import { authority, base64, fingerprintOf, issuedAnew, leaf, type Pair } from "./pki";
import { Scratch, type Result } from "./scratch";

const KUBERNETES = ["/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/ca.crt"] as const;
const ETCD = "/etc/kubernetes/pki/etcd/ca.crt";
const FILES = [...KUBERNETES, ETCD] as const;
const CONFS = ["/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"] as const;
const API = "10.0.0.1:6443";

/** The first two are this cluster's: the one it has, the one to come. */
const CAS: readonly Pair[] = [authority(), authority(), authority(), authority(), authority()];
const CLIENTS = CAS.map((ca) => leaf(ca, "anyone").cert);
const [OLD, NEXT] = CAS.map(({ cert }) => cert) as [string, string];
const isOurs = (index: number): boolean => index < 2;

const blocks = (text: string): string[] => text.match(/-----BEGIN CERT[^]*?-----END CERT[^]*?\n/g) ?? [];
/** Whose clients a CA file lets in, as a server with it would. */
const letIn = (pem: string): number[] =>
  CLIENTS.flatMap((client, index) => {
    const certificate = new X509Certificate(client);
    return blocks(pem).some((ca) => certificate.verify(new X509Certificate(ca).publicKey)) ? [index] : [];
  });

interface Entry {
  readonly cas: readonly number[];
  readonly server: string;
}

interface Node {
  readonly files: readonly (readonly number[])[];
  readonly confs: readonly (readonly Entry[])[];
}

const anyCas = fc.uniqueArray(fc.nat(CAS.length - 1), { minLength: 1, maxLength: 4 });
/** A CA file of this cluster has its CA; what else is in there is its owner's business. */
const anyFile = fc
  .uniqueArray(fc.integer({ min: 1, max: CAS.length - 1 }), { maxLength: 3 })
  .map((more) => [0, ...more]);
const anyOrder = anyFile.chain((cas) => fc.shuffledSubarray(cas, { minLength: cas.length }));
const anyEntry = fc.record({ cas: anyCas, server: fc.constantFrom(`https://${API}`, "https://elsewhere:6443") });
const anyNode: fc.Arbitrary<Node> = fc.record({
  files: fc.tuple(anyOrder, anyOrder, anyOrder),
  confs: fc.tuple(...CONFS.map(() => fc.array(anyEntry, { maxLength: 3 }))),
});

const pem = (cas: readonly number[]): string => cas.map((index) => CAS[index]?.cert ?? "").join("");

const kubeconfig = (entries: readonly Entry[]): string =>
  stringify(
    {
      clusters: entries.map(({ cas, server }, index) => ({
        cluster: { "certificate-authority-data": base64(pem(cas)), server },
        name: `c${String(index)}`,
      })),
    },
    { lineWidth: 0, indentSeq: false },
  );

const trustedIn = (text: string): string[] => {
  const { clusters } = parse(text) as { clusters: { cluster: Record<string, string> }[] };
  return clusters.map(({ cluster }) => Buffer.from(cluster["certificate-authority-data"] ?? "", "base64").toString());
};

type Step = "trust" | "apply" | "retire";

const bodyOf = (step: Step): string => {
  const how = { trust: "append", apply: "prepend", retire: "retire" }[step];
  const each = (name: string, files: readonly string[]): string =>
    [
      part(name, NEXT),
      ...(step === "apply" ? [] : [part(`${name}:g1`, OLD)]),
      `trust ${name} ${how}\n`,
      ...files.map(
        (path) =>
          `file ${path} 0644 root root ${name}\nguard ${path} ${name}${step === "trust" ? `,${name}:g1` : ""}\n`,
      ),
    ].join("");
  const confs = step === "apply" ? "" : CONFS.map((path) => `kubeconfig-ca ${path} ca:kubernetes\n`).join("");
  return `node n1\nstart existing\n${each("ca:kubernetes", KUBERNETES)}${each("ca:etcd", [ETCD])}server ca:kubernetes ${API}\n${confs}`;
};

const run = (node: Scratch, step: Step): Promise<Result> => {
  const verb = step === "apply" ? "apply" : "trust";
  return node.run(verb, payload(verb, bodyOf(step)));
};

const checkFile = (step: Step, before: string, after: string): void => {
  const [had, has] = [letIn(before), letIn(after)];
  for (const index of has) assert.ok(had.includes(index) || isOurs(index), `lets CA ${String(index)} in`);
  for (const index of had)
    assert.ok(has.includes(index) || (step === "retire" && index === 0), `shuts CA ${String(index)} out`);
  assert.ok(has.includes(1), "the CA to come");
  assert.equal(has.includes(0), step !== "retire", "the CA that goes");
};

const checkConf = (step: Step, entry: Entry, before: string, after: string): void => {
  const isOwn = entry.server === `https://${API}` || entry.cas.some(isOurs);
  if (!isOwn || step === "apply") {
    assert.equal(after, before, "an entry that is not this cluster's");
    return;
  }
  for (const index of entry.cas)
    if (!isOurs(index)) assert.ok(after.includes(CAS[index]?.cert ?? ""), `its CA ${String(index)}`);
  assert.equal(after.includes(NEXT), true, "the CA to come");
  assert.equal(after.includes(OLD), step !== "retire", "the CA that goes");
  for (const [index, { cert }] of CAS.entries())
    assert.ok(isOurs(index) || entry.cas.includes(index) || !after.includes(cert), `takes CA ${String(index)} in`);
};

/** @param shell - what the script is run with */
export function keepsTrustInDirection(shell: string): void {
  describe(`node applies trust to any files (${shell})`, function () {
    this.timeout(240_000);

    it("lets nobody in, turns nobody away, and loses no server", () =>
      fc.assert(
        fc.asyncProperty(anyNode, async ({ files, confs }) => {
          const node = new Scratch(shell);
          try {
            FILES.forEach((path, index) => {
              node.write(path, pem(files[index] ?? []));
            });
            CONFS.forEach((path, index) => {
              node.write(path, kubeconfig(confs[index] ?? []), 0o600);
            });
            for (const step of ["trust", "apply", "retire"] as const) {
              const before = new Map([...FILES, ...CONFS].map((path) => [path, node.read(path)] as const));
              const done = await run(node, step);
              assert.equal(done.code, 0, done.stderr);
              for (const path of FILES) checkFile(step, before.get(path) ?? "", node.read(path));
              CONFS.forEach((path, index) => {
                const [was, is] = [trustedIn(before.get(path) ?? ""), trustedIn(node.read(path))];
                (confs[index] ?? []).forEach((entry, at) => {
                  checkConf(step, entry, was[at] ?? "", is[at] ?? "");
                });
              });
              const told = done.stdout.slice(done.stdout.indexOf("trusted "));
              assert.deepEqual(
                letIn(told).filter((index) => !isOurs(index)),
                [],
                "what is told on",
              );
            }
          } finally {
            node.remove();
          }
        }),
        { numRuns: 15 },
      ));

    it("knows a CA that it was told of before by its own records, and one that was taken over by its fingerprint", async () => {
      const node = new Scratch(shell);
      try {
        const [ca] = KUBERNETES;
        const theirs = CAS[2]?.cert ?? "";
        node.write(ca, OLD + theirs);
        const send = (how: string, wanted: string, more: string): Promise<Result> =>
          node.run(
            "trust",
            payload(
              "trust",
              `node n1\n${part("ca:kubernetes", wanted)}trust ca:kubernetes ${how}\nfile ${ca} 0644 root root ca:kubernetes\n${more}`,
            ),
          );
        const adopted = await send("append", NEXT, `known ca:kubernetes ${fingerprintOf(OLD)}\n`);
        assert.equal(adopted.code, 0, adopted.stderr);
        assert.equal(node.read(ca), OLD + theirs + NEXT);
        assert.ok(adopted.stdout.includes(`trusted ca:kubernetes\n${OLD}${NEXT}done `), adopted.stdout);
        // given up: the payload has neither the CA that was to come nor the fingerprint
        const givenUp = await send("retire", OLD, "");
        assert.equal(givenUp.code, 0, givenUp.stderr);
        assert.equal(node.read(ca), OLD + theirs);
      } finally {
        node.remove();
      }
    });

    it("takes a CA that was issued anew for the one it was", async () => {
      const node = new Scratch(shell);
      try {
        const [ca] = KUBERNETES;
        node.write(ca, OLD + issuedAnew(CAS[0]!));
        assert.equal((await run(node, "trust")).code, 0);
        const done = await run(node, "retire");
        assert.equal(done.code, 0, done.stderr);
        assert.deepEqual(letIn(node.read(ca)), [1]);
      } finally {
        node.remove();
      }
    });

    it("lets nobody in again who was retired, whatever another file brings back", async () => {
      const node = new Scratch(shell);
      try {
        const [ca, other] = KUBERNETES;
        for (const path of FILES) node.write(path, OLD);
        for (const step of ["trust", "apply", "retire"] as const) assert.equal((await run(node, step)).code, 0);
        node.write(other, OLD + NEXT + authority(CAS[0]).cert);
        for (const step of ["apply", "apply", "retire"] as const) {
          const done = await run(node, step);
          assert.equal(done.code, 0, done.stderr);
          assert.equal(node.read(ca), NEXT);
        }
        assert.deepEqual(letIn(node.read(other)), [1]);
        // the retirement is undone
        assert.equal((await run(node, "trust")).code, 0);
        node.write(ca, NEXT + OLD);
        assert.equal((await run(node, "apply")).code, 0);
        assert.ok(node.read(ca).includes(OLD));
      } finally {
        node.remove();
      }
    });
  });
}
