import assert from "node:assert/strict";
import { caOf, ownCas } from "../../../core/authorities/oneCa";
import { profileRow } from "../../../core/certificates/inventory";
import { ConfigError } from "../../../core/config/problems";
import { LAYOUT_NAMES, LAYOUTS, layoutOf } from "../../../core/layouts";
import { PROFILE_NAMES } from "../../../core/model/profiles";
import { planCluster } from "../../../core/plan";
import { otherCas } from "../../../core/protocol/otherCas";
import { trustPayload } from "../../../core/protocol/trust";
import type { Config } from "../../../core/schema/config";
import { configWith, HARDWAY, NOW, RAW } from "../fixture";

const authority = { ...(RAW["authority"] as object | undefined), oneCa: true };
const oneCa = (more: Record<string, unknown> = {}): Config => configWith({ layout: "fleet", authority, ...more });

describe("one CA for all authorities", () => {
  for (const name of LAYOUT_NAMES) {
    it(`${name}: everybody who reads a CA reads that one, wherever they are`, () => {
      const given = { layout: name, files: {}, services: {} };
      const rows = layoutOf({ ...given, authority: { oneCa: true } }).files(36);
      const before = LAYOUTS[name].files(36).filter(({ content }) => content.kind === "ca");
      const cas = rows.filter(({ content }) => content.kind === "ca");
      assert.ok(cas.every(({ content }) => content.kind === "ca" && content.authority === "kubernetes"));
      for (const { uses, on } of before) {
        assert.ok(cas.some((row) => uses.every((use) => row.uses.includes(use))));
        assert.ok(cas.some((row) => [on].flat().every((where) => [row.on].flat().includes(where))));
      }
      const others = layoutOf({ ...given, authority: { oneCa: false } }).files(36);
      assert.deepEqual(others, LAYOUTS[name].files(36));
    });
  }

  it("signs every certificate, and is the only one that the stack has", () => {
    const config = oneCa();
    for (const profile of PROFILE_NAMES) assert.equal(profileRow(profile, config).authority, "kubernetes");
    assert.deepEqual(ownCas(config), ["kubernetes"]);
    assert.equal(caOf(config, "etcd"), "kubernetes");
    assert.deepEqual(ownCas(configWith()), ["kubernetes", "etcd", "frontProxy"]);
    assert.equal(caOf(configWith(), "etcd"), "etcd");
  });

  it("rotates for all of them: generation, phase, what is trusted, who restarts", () => {
    const config = oneCa({ rotation: { kubernetes: { generation: 2, phase: "trust" } } });
    const { kubernetes } = config.rotation ?? {};
    assert.deepEqual(kubernetes, { generation: 2, phase: "trust" });
    assert.deepEqual([config.rotation?.etcd, config.rotation?.frontProxy], [kubernetes, kubernetes]);
    const plan = planCluster(config, NOW);
    const [node] = plan.nodes;
    assert.ok(node);
    const generations = { kubernetes: ["ONE\n", "TWO\n"], etcd: [], frontProxy: [], serviceAccount: ["A\n"] };
    const lines = trustPayload("trust", plan, node, config, generations).split("\n");
    const files = lines.filter((line) => /^file .* ca:/.test(line));
    assert.deepEqual(files, ["file /etc/kubernetes/pki/ca.pem 0644 root root ca:kubernetes"]);
    for (const use of ["etcd restart", "kube-apiserver restart", "kube-controller-manager restart"])
      assert.ok(lines.includes(`use ${use} /etc/kubernetes/pki/ca.pem`), use);
    assert.ok(lines.some((line) => /^trusts kube-apiserver \/etc\/kubernetes\/pki\/ca\.pem .*:2379$/.test(line)));
    const retiring = oneCa({ rotation: { kubernetes: { generation: 2 } } });
    assert.deepEqual(
      otherCas(retiring, { kubernetes: ["A", "B"], etcd: ["A", "B"], frontProxy: ["A", "B"], serviceAccount: [] }).map(
        (each) => each.authority,
      ),
      ["etcd", "frontProxy"],
    );
  });

  it("is given, or adopted, once", () => {
    const pin = "ab".repeat(32);
    const config = oneCa({
      authority: { oneCa: true },
      adopt: { kubernetes: pin, serviceAccount: true },
      rollout: { acceptEtcdDowntime: true },
    });
    assert.deepEqual(config.adopt, { kubernetes: pin, etcd: pin, frontProxy: pin, serviceAccount: true });
  });

  for (const [field, more] of [
    ["authority.etcd", { authority: { ...authority, etcd: {} } }],
    ["authority.kind.frontProxy", { authority: { ...authority, kind: { frontProxy: "embedded" } } }],
    ["rotation.etcd", { rotation: { etcd: { generation: 2 } } }],
  ] as const) {
    it(`refuses ${field}`, () => {
      const one = field.replace(/\.\w+$/, ".kubernetes");
      assert.throws(
        () => oneCa(more),
        (error: unknown) =>
          error instanceof ConfigError &&
          error.message.includes(`${field}: given, with authority.oneCa; must be left out; that CA is ${one}`),
      );
    });
  }

  it("says what is wrong with it once, of the one that was given", () => {
    assert.throws(
      () => oneCa({ authority: { oneCa: true, kubernetes: { certificate: "no certificate" } } }),
      (error: unknown) =>
        error instanceof ConfigError &&
        !/authority\.(?:etcd|frontProxy)/.test(error.message) &&
        /authority\.kubernetes/.test(error.message),
    );
  });

  it("lies on members of etcd too", () => {
    const { nodes } = planCluster(configWith({ ...HARDWAY, layout: "fleet", authority: { oneCa: true } }), NOW);
    const member = nodes.find(({ node }) => node.name === "e1");
    assert.deepEqual(
      member?.files.map(({ path }) => path),
      ["ca.pem", "etcd.pem", "etcd-key.pem"].map((name) => `/etc/kubernetes/pki/${name}`),
    );
  });
});
