import assert from "node:assert/strict";
import { admissionregistration, apiregistration, core, Provider, type ProviderArgs } from "@pulumi/kubernetes";
import { secret, type CustomResourceOptions } from "@pulumi/pulumi";
import { authority } from "../../node/pki";
import { ApiServer, dig, type Live } from "../../lab/plugins/apiServer";
import { errorsOf as errors, isSecret, TestStack } from "../../lab/plugins/testStack";

const configMaps = "/api/v1/namespaces/default/configmaps";
/** Patches, against a real API server. */
describe("kubernetes plugin", function () {
  this.timeout(120_000);
  let api: ApiServer;
  let stack: TestStack;
  let count = 0;
  /** No two tests use one object. */
  let name: string;

  before(async () => {
    api = await ApiServer.start();
  });
  after(() => api.stop());
  beforeEach(async () => {
    name = `it-${String(count++)}`;
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  type Options = CustomResourceOptions & { provider: Provider };
  /** A program with one provider named `cluster`. */
  const on =
    (args: Partial<ProviderArgs>, resources: (options: Options) => unknown = () => undefined) =>
    () => {
      resources({ provider: new Provider("cluster", { kubeconfig: secret(api.kubeconfig()), ...args }) });
    };
  /** And with a patch named `it` of one config map. */
  const one = (data: Record<string, string>, args: Partial<ProviderArgs> = {}, annotations?: Record<string, string>) =>
    on(args, (options) => {
      const metadata = { name, ...(annotations && { annotations }) };
      new core.v1.ConfigMapPatch("it", { metadata, data }, options);
    });
  const managersOf = (object: Live): string[] =>
    (dig(object, "metadata", "managedFields") as Live[]).map((entry) => String(entry["manager"]));

  it("makes the config map that is missing, under a field manager of its own, which later updates keep", async () => {
    const previewed = await stack.preview(one({ a: "1" }));
    assert.deepEqual(previewed.steps["it"], ["create"]);
    await assert.rejects(api.get(`${configMaps}/${name}`), /NotFound/);

    await stack.up(one({ a: "1" }));
    const { id, outputs } = (await stack.stored("it")) ?? {};
    const live = await api.get(`${configMaps}/${name}`);
    assert.deepEqual(live["data"], { a: "1" });
    assert.equal(id, `default/${name}`);
    assert.match(String(outputs?.["__fieldManager"]), /^pulumi-kubernetes-[0-9a-f]{8}$/);
    assert.deepEqual(managersOf(live), [outputs?.["__fieldManager"]]);
    assert.equal(dig(outputs, "metadata", "uid"), dig(live, "metadata", "uid"));

    assert.deepEqual((await stack.up(one({ a: "1" }))).steps, { cluster: ["same"], it: ["same"] });
    const planned = await stack.preview(one({ b: "2" }));
    assert.deepEqual([planned.steps["it"], dig(planned.planned, "it", "data")], [["update"], { b: "2" }]);
    assert.deepEqual((await api.get(`${configMaps}/${name}`))["data"], { a: "1" });
    const changed = await stack.up(one({ b: "2" }));
    assert.deepEqual(changed.steps["it"], ["update"]);
    assert.deepEqual(changed.diffs["it"], ["data.a", "data.b"]);
    const after = await api.get(`${configMaps}/${name}`);
    assert.deepEqual(after["data"], { b: "2" });
    assert.deepEqual(managersOf(after), managersOf(live));
  });

  it("gives each patch of one object a manager, and leaves the others' fields alone", async () => {
    const two = on({}, (options) => {
      for (const key of ["a", "b"])
        new core.v1.ConfigMapPatch(key, { metadata: { name }, data: { [key]: key } }, options);
    });
    await stack.up(two);
    const live = await api.get(`${configMaps}/${name}`);
    assert.deepEqual(live["data"], { a: "a", b: "b" });
    assert.equal(new Set(managersOf(live)).size, 2);
    assert.deepEqual((await stack.preview(two)).steps, { cluster: ["same"], a: ["same"], b: ["same"] });
  });

  it("keeps secret inputs secret, in the state's inputs and outputs, and the provider's kubeconfig", async () => {
    const data = { open: "readable", hidden: secret("not for the state") };
    await stack.up(on({}, (options) => new core.v1.ConfigMapPatch("it", { metadata: { name }, data }, options)));
    assert.equal(dig(await api.get(`${configMaps}/${name}`), "data", "hidden"), "not for the state");
    const stored = await stack.stored("it");
    for (const side of [stored?.inputs, stored?.outputs]) {
      const kept = side?.["data"] as Live;
      assert.equal(kept["open"], "readable");
      assert.ok(isSecret(kept["hidden"]));
      delete kept["hidden"];
      assert.ok(!JSON.stringify(side).includes("not for the state"));
    }
    const provider = await stack.stored("cluster");
    assert.ok(isSecret(provider?.inputs?.["kubeconfig"]) && isSecret(provider?.outputs?.["kubeconfig"]));
  });

  it("conflicts with fields of others at create, only in up, unless forced by provider or annotation", async () => {
    const path = `${configMaps}/${name}`;
    await api.applyAs("other", path, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { a: "theirs" },
    });
    assert.equal((await stack.preview(one({ a: "ours" }))).failed, false);
    const refused = await stack.up(one({ a: "ours" }));
    assert.ok(refused.failed);
    assert.match(errors(refused), /was not successfully created by the Kubernetes API server: server-side apply field/);
    assert.match(errors(refused), /conflict with "other".*\.data\.a/s);
    assert.equal(await stack.stored("it"), undefined);
    assert.equal(dig(await api.get(path), "data", "a"), "theirs");

    assert.deepEqual((await stack.up(one({ a: "ours" }, { enablePatchForce: true }))).steps["it"], ["create"]);
    assert.equal(dig(await api.get(path), "data", "a"), "ours");
    await api.applyAs("other", path, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { a: "theirs" },
    });
    await stack.up(one({ a: "ours again" }, {}, { "pulumi.com/patchForce": "true" }));
    assert.equal(dig(await api.get(path), "data", "a"), "ours again");
    assert.equal(dig(await api.get(path), "metadata", "annotations", "pulumi.com/patchForce"), "true");
  });

  it("conflicts at update in the preview too, and tries again after a failed update", async () => {
    const path = `${configMaps}/${name}`;
    await stack.up(one({ a: "ours" }));
    await api.applyAs("other", path, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name },
      data: { a: "theirs" },
    });
    const previewed = await stack.preview(one({ a: "new" }));
    assert.ok(previewed.failed && errors(previewed).includes('conflict with "other"'), errors(previewed));
    const refused = await stack.up(one({ a: "new" }));
    assert.ok(refused.failed && errors(refused).includes("failed to fully initialize or become live"), errors(refused));
    assert.equal(dig(await api.get(path), "data", "a"), "theirs");
    // As the official plugin, this one sends what is live and no inputs, for which the engine keeps the old ones; that it
    // failed is what makes the next run try again.
    const stored = await stack.stored("it");
    assert.deepEqual([dig(stored?.inputs, "data", "a"), dig(stored?.outputs, "data", "a")], ["ours", "theirs"]);
    assert.ok((await stack.up(one({ a: "new" }))).failed);
    const again = await stack.up(one({ a: "new" }, { enablePatchForce: true }));
    assert.deepEqual(again.steps["it"], ["update"]);
    assert.equal(dig(await api.get(path), "data", "a"), "new");
  });

  it("tells by the state what differs: what others change shows only after a refresh", async () => {
    const path = `${configMaps}/${name}`;
    await stack.up(one({ a: "ours" }, { enablePatchForce: true }));
    await api.merge(path, { data: { a: "changed", b: "of no interest" } });
    assert.deepEqual((await stack.up(one({ a: "ours" }, { enablePatchForce: true }))).steps["it"], ["same"]);
    await stack.refresh();
    const mended = await stack.up(one({ a: "ours" }, { enablePatchForce: true }));
    assert.deepEqual([mended.steps["it"], mended.diffs["it"]], [["update"], ["data.a"]]);
    assert.deepEqual((await api.get(path))["data"], { a: "ours", b: "of no interest" });
    await api.delete(path);
    await stack.refresh();
    assert.equal(await stack.stored("it"), undefined);
  });

  it("gives up its fields at delete and leaves the object, but not a field the object needs", async () => {
    const path = `${configMaps}/${name}`;
    const other = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { theirs: "1" } };
    await stack.up(one({ ours: "1" }));
    await api.applyAs("other", path, other);
    assert.deepEqual((await stack.up(on({}))).steps["it"], ["delete"]);
    assert.deepEqual((await api.get(path))["data"], { theirs: "1" });

    const spec = { group: `${name}.example.com`, version: "v1", groupPriorityMinimum: 10, versionPriority: 10 };
    const metadata = { name: `v1.${name}.example.com` };
    await stack.up(on({}, (options) => new apiregistration.v1.APIServicePatch("needed", { metadata, spec }, options)));
    const refused = await stack.up(on({}));
    assert.ok(refused.failed && errors(refused).includes("currently managing a required field"), errors(refused));
    assert.notEqual(await stack.stored("needed"), undefined);
  });

  it("replaces for another name or namespace, create first, and needs a name and server-side apply", async () => {
    await stack.up(one({ a: "1" }));
    const before = name;
    name = `${name}-renamed`;
    const renamed = await stack.up(one({ a: "1" }));
    assert.deepEqual(renamed.steps["it"], ["create-replacement", "replace", "delete-replaced"]);
    assert.deepEqual(renamed.replaces["it"], ["metadata.name"]);
    assert.equal((await api.get(`${configMaps}/${before}`))["data"], undefined);

    const nameless = on({}, (options) => new core.v1.ConfigMapPatch("it", { data: { a: "1" } }, options));
    assert.match(errors(await stack.preview(nameless)), /patch resources require the `.metadata.name` field/);
    const clientSide = await stack.preview(one({ a: "1" }, { enableServerSideApply: false }));
    assert.match(errors(clientSide), /patch resources require Server-Side Apply mode/);
  });

  it("refuses provider options and resource types that it does not have", async () => {
    const skipping = await stack.preview(one({ a: "1" }, { skipUpdateUnreachable: true }));
    assert.ok(skipping.failed && errors(skipping).includes("has no skipUpdateUnreachable"), errors(skipping));
    const pod = on({}, (options) => new core.v1.Pod("it", { metadata: { name } }, options));
    assert.match(errors(await stack.preview(pod)), /has no kubernetes:core\/v1:Pod: install the official plugin/);
  });

  it("patches what is not in a namespace; entries of a list are told apart by name on the server, by place in a diff", async () => {
    const rules = {
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      clientConfig: { url: "https://127.0.0.1:1/" },
    };
    const webhooks = ["first.example.com", "second.example.com"].map((each) => ({ name: each, ...rules }));
    const base = "/apis/admissionregistration.k8s.io/v1";
    await api.create(`${base}/validatingwebhookconfigurations`, { metadata: { name }, webhooks });
    await api.create(`${base}/mutatingwebhookconfigurations`, { metadata: { name }, webhooks });
    const service = `v2.${name}.example.com`;
    const spec = { group: `${name}.example.com`, version: "v2", groupPriorityMinimum: 10, versionPriority: 10 };
    await api.create("/apis/apiregistration.k8s.io/v1/apiservices", {
      metadata: { name: service },
      spec: { ...spec, service: { namespace: "default", name } },
    });
    const caBundle = Buffer.from(authority().cert).toString("base64");
    const bundle = (each: string) => ({ name: each, clientConfig: { caBundle } });
    const program = on({ enablePatchForce: true }, (options) => {
      const { MutatingWebhookConfigurationPatch, ValidatingWebhookConfigurationPatch } = admissionregistration.v1;
      const both = ["first.example.com", "second.example.com"].map(bundle);
      new ValidatingWebhookConfigurationPatch("all", { metadata: { name }, webhooks: both }, options);
      new MutatingWebhookConfigurationPatch(
        "last",
        { metadata: { name }, webhooks: [bundle("second.example.com")] },
        options,
      );
      new apiregistration.v1.APIServicePatch("service", { metadata: { name: service }, spec: { caBundle } }, options);
    });
    assert.equal(errors(await stack.up(program)), "");
    const caOf = async (path: string, ...keys: (string | number)[]) =>
      dig(await api.get(path), ...keys, "clientConfig", "caBundle");
    const [validating, mutating] = [
      `${base}/validatingwebhookconfigurations/${name}`,
      `${base}/mutatingwebhookconfigurations/${name}`,
    ];
    const bundles = await Promise.all([
      caOf(validating, "webhooks", 0),
      caOf(validating, "webhooks", 1),
      caOf(mutating, "webhooks", 0),
      caOf(mutating, "webhooks", 1),
    ]);
    const live = await api.get(`/apis/apiregistration.k8s.io/v1/apiservices/${service}`);
    assert.deepEqual([...bundles, dig(live, "spec", "caBundle")], [caBundle, caBundle, undefined, caBundle, caBundle]);
    // The official plugin compares lists by place, so a patch that leaves out the first entry is never at rest.
    const again = await stack.preview(program);
    assert.deepEqual(again.steps, { cluster: ["same"], all: ["same"], last: ["update"], service: ["same"] });
  });
});
