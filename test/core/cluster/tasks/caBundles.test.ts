import assert from "node:assert/strict";
import { BUNDLED } from "../../../../core/model/clusterObjects";
import { base64, FakeCluster, NEW, OLD, OTHER, pem } from "../fakeKube";

type Kind = keyof typeof BUNDLED;

const webhooks = (name: string, ...bundles: readonly (string | undefined)[]) => ({
  metadata: { name },
  webhooks: bundles.map((text) => ({ clientConfig: text === undefined ? {} : { caBundle: base64(text) } })),
});
/** An object of each kind with one bundle. */
const OBJECT: Readonly<Record<Kind, (text: string) => object>> = {
  ValidatingWebhookConfiguration: (text) => webhooks("it", text),
  MutatingWebhookConfiguration: (text) => webhooks("it", text),
  APIService: (text) => ({ metadata: { name: "it" }, spec: { service: {}, caBundle: base64(text) } }),
  CustomResourceDefinition: (text) => ({
    metadata: { name: "it" },
    spec: { conversion: { webhook: { clientConfig: { caBundle: base64(text) } } } },
  }),
  ClusterTrustBundle: (text) => ({ metadata: { name: "it" }, spec: { trustBundle: text } }),
};
const PATH: Readonly<Record<Kind, string>> = {
  ValidatingWebhookConfiguration: "/webhooks/0/clientConfig/caBundle",
  MutatingWebhookConfiguration: "/webhooks/0/clientConfig/caBundle",
  APIService: "/spec/caBundle",
  CustomResourceDefinition: "/spec/conversion/webhook/clientConfig/caBundle",
  ClusterTrustBundle: "/spec/trustBundle",
};
const KINDS = Object.keys(OBJECT) as Kind[];

describe("task ca-bundles", () => {
  const scan = { tasks: ["ca-bundles"], ca: NEW, old: OLD } as const;

  for (const kind of KINDS)
    it(`names a ${kind} that knows only what goes`, async () => {
      for (const [text, found] of [
        [OLD, [`${kind} it`]],
        [OLD + NEW, []],
        [OTHER, []],
        ["nothing of a certificate", []],
      ] as const)
        assert.deepEqual(
          (await new FakeCluster().put(BUNDLED[kind], OBJECT[kind](text)).work(scan)).found,
          found,
          text,
        );
    });

  it("looks at each webhook of an object, and at none that has no bundle or no service", async () => {
    const cluster = new FakeCluster();
    cluster.put(BUNDLED.MutatingWebhookConfiguration, webhooks("none", undefined), webhooks("second", NEW, OLD));
    cluster.put(BUNDLED.APIService, { metadata: { name: "v1." }, spec: { caBundle: base64(OLD) } });
    cluster.put(BUNDLED.CustomResourceDefinition, { metadata: { name: "plain" }, spec: { conversion: {} } });
    assert.deepEqual((await cluster.work(scan)).found, ["MutatingWebhookConfiguration second"]);
  });

  it("learns what goes from the cluster where the stack does not know it, and takes no other CA for it", async () => {
    const cluster = new FakeCluster();
    cluster.put(BUNDLED.ValidatingWebhookConfiguration, webhooks("theirs", OTHER), webhooks("ours", OLD));
    cluster.put("configmaps", {
      metadata: { name: "kube-root-ca.crt", namespace: "kube-system" },
      data: { "ca.crt": NEW + OLD + OTHER },
    });
    cluster.known["kubernetes"] = NEW + OLD;
    const done = await cluster.work({ tasks: ["ca-bundles"], ca: NEW });
    assert.deepEqual(done.found, ["ValidatingWebhookConfiguration ours"]);
  });

  it("holds a bundle of etcd's CA against etcd's, whatever else is in it", async () => {
    const [oldEtcd, newEtcd] = [pem("b2xkZXRjZA=="), pem("bmV3ZXRjZA==")];
    const others = [{ authority: "etcd", ca: newEtcd, old: oldEtcd }] as const;
    for (const [text, found] of [
      [oldEtcd, ["ClusterTrustBundle it"]],
      [oldEtcd + NEW, ["ClusterTrustBundle it"]],
      [oldEtcd + newEtcd, []],
      [OLD + newEtcd, []],
    ] as const) {
      const cluster = new FakeCluster().put(BUNDLED.ClusterTrustBundle, OBJECT.ClusterTrustBundle(text));
      assert.deepEqual((await cluster.work({ tasks: ["ca-bundles"], others })).found, found, text);
    }
  });
});

describe("task rewrite", () => {
  for (const kind of KINDS)
    it(`puts the CA into a listed ${kind}, once`, async () => {
      const cluster = new FakeCluster().put(BUNDLED[kind], OBJECT[kind](OTHER));
      const job = { tasks: ["rewrite"], ca: NEW + OLD, caBundles: [{ kind, name: "it" }] } as const;
      const value = kind === "ClusterTrustBundle" ? NEW + OLD : base64(NEW + OLD);
      assert.match((await cluster.work(job)).said, new RegExp(`^CA bundle of ${kind} it rewritten$`));
      assert.deepEqual(cluster.bodies, [[{ op: "add", path: PATH[kind], value }]]);
      cluster.put(BUNDLED[kind], OBJECT[kind](NEW + OLD));
      await cluster.work(job);
      assert.equal(cluster.changes.length, 1);
    });

  it("changes only the bundles that differ", async () => {
    const kind = "MutatingWebhookConfiguration";
    const cluster = new FakeCluster().put(BUNDLED[kind], webhooks("it", NEW, undefined, OLD));
    await cluster.work({ tasks: ["rewrite"], ca: NEW, caBundles: [{ kind, name: "it" }] });
    const paths = (cluster.bodies[0] as { path: string }[]).map(({ path }) => path);
    assert.deepEqual(paths, ["/webhooks/1/clientConfig/caBundle", "/webhooks/2/clientConfig/caBundle"]);
  });

  for (const [title, objects] of [
    ["is not there", []],
    ["calls no service", [{ metadata: { name: "it" }, spec: {} }]],
  ] as const)
    it(`names an object that ${title}`, async () => {
      const cluster = new FakeCluster().put(BUNDLED.APIService, ...objects);
      const done = await cluster.work({ tasks: ["rewrite"], ca: NEW, caBundles: [{ kind: "APIService", name: "it" }] });
      assert.match(
        done.why,
        /^APIService it under inCluster\.caBundles is not in the cluster or calls no service of its own: take/,
      );
    });
});
