/** The rules of the policy pack, over what the components ask the engine for; the engine runs them in test/withTools/policy.test.ts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ClusterPki } from "../../components";
import { LIMITS, RESOURCE_RULES, STACK_RULES, UNKNOWN, type Limits, type Resource } from "../../examples/policy/rules";
import { makeCa } from "../core/config/fixtures";
import { registeredBy, type Asked, type Registered } from "../components/mocks";
import { argsWith, HARDWAY, RAW } from "../core/fixture";
import { revealed, type Properties } from "../lab/plugins/values";
import { manifestOf } from "../e2e/packageProject";
import { releases } from "../releases/release";

type Changes = Readonly<Record<string, unknown>>;

const DEFAULTS = Object.fromEntries(
  Object.entries(LIMITS).map(([name, { default: value }]) => [name, value]),
) as unknown as Limits;
const ALLOWED: Partial<Limits> = { allowed: ["kubernetes", "etcd", "frontProxy"] };

/** With the types of its parents in its URN, as the engine names it. */
const asResource = (
  { type, name, inputs }: Registered,
  asked: ReadonlyMap<string, Asked>,
  typeOf: ReadonlyMap<string, string>,
): Resource => {
  const types = [type];
  let key = asked.has(name) && !type.startsWith("kube-pki:") ? name : `${type} ${name}`;
  for (let parent = asked.get(key)?.parent; parent; parent = asked.get(key)?.parent) {
    const above = typeOf.get(parent);
    if (above === undefined) break;
    types.unshift(above);
    key = `${above} ${parent}`;
  }
  return {
    type,
    name,
    urn: `urn:pulumi:test::kube-pki::${types.join("$")}::${name}`,
    props: revealed(inputs as Properties) as Properties,
  };
};

const resourcesOf = async (changes: Changes): Promise<Resource[]> => {
  const asked = new Map<string, Asked>();
  const registered = await registeredBy(() => new ClusterPki("prod", argsWith(changes)).certificates, false, asked);
  const typeOf = new Map(
    registered.filter(({ type }) => type.startsWith("kube-pki:")).map(({ name, type }) => [name, type]),
  );
  return registered.map((each) => asResource(each, asked, typeOf));
};

/** By rule, what they say. */
const said = (resources: readonly Resource[], changes: Partial<Limits> = {}): Record<string, string[]> => {
  const limits = { ...DEFAULTS, ...changes };
  return Object.fromEntries([
    ...RESOURCE_RULES.map(
      ({ name, check }) => [name, resources.flatMap((resource) => check(resource, limits))] as const,
    ),
    ...STACK_RULES.map(({ name, check }) => [name, check(resources, limits)] as const),
  ]);
};

const NOTHING = Object.fromEntries([...RESOURCE_RULES, ...STACK_RULES].map(({ name }) => [name, []]));
const VAULT = { kind: "vault", vault: { address: "https://127.0.0.1:1" } };
const ADOPT = { kubernetes: "ab".repeat(32), etcd: "cd".repeat(32), frontProxy: "ef".repeat(32) };

describe("rules of the policy pack", function () {
  this.timeout(120_000);

  it("let a stack pass whose CAs may be in the state", async () => {
    for (const changes of [{}, HARDWAY, { certificates: { keyLocation: "state" } }])
      assert.deepEqual(said(await resourcesOf(changes), ALLOWED), NOTHING);
  });

  describe("ca-keys-outside-the-state", () => {
    const rule = "ca-keys-outside-the-state";

    it("names each CA whose key is there, and what to do", async () => {
      assert.deepEqual(said(await resourcesOf({})), {
        ...NOTHING,
        [rule]: ["kubernetes", "etcd", "frontProxy"].map(
          (name) =>
            `prod-${name}-ca: the key of this CA is in the state; set authority.kind: vault, or name ${name} in \`allowed\` of this policy`,
        ),
      });
    });

    it("knows a CA that was given, of which nothing is below its component", async () => {
      const texts = said(await resourcesOf({ authority: { etcd: await makeCa("etcd") } }))[rule];
      assert.ok(texts?.some((text) => text.startsWith("prod-etcd-ca: ")));
    });

    it("knows later generations, and may be told of one CA by its resource", async () => {
      const rotated = await resourcesOf({ rotation: { etcd: { generation: 2 } } });
      assert.deepEqual(
        said(rotated, { allowed: ["kubernetes", "frontProxy", "prod-etcd-ca"] })[rule]?.map(
          (text) => text.split(":")[0],
        ),
        ["prod-etcd-ca-g2"],
      );
    });

    it("has nothing to say where CAs are in Vault, but of a signer or root that is not", async () => {
      const base = { authority: VAULT, adopt: ADOPT };
      assert.deepEqual(said(await resourcesOf({ ...base, authority: { ...VAULT, csrSigner: "none" } }))[rule], []);
      const texts = said(
        await resourcesOf({ ...base, authority: { ...VAULT, csrSigner: "state", signedBy: { kind: "embedded" } } }),
      )[rule];
      assert.deepEqual([...new Set(texts?.map((text) => /; (.*), or name/.exec(text)?.[1]))].sort(), [
        "set authority.csrSigner: node, or none",
        "set authority.signedBy to a mount or an offline CA",
      ]);
    });
  });

  describe("host-keys-pinned", () => {
    const rule = "host-keys-pinned";
    const nodes = (RAW["nodes"] as Changes[]).map(({ ssh, ...node }, index) => (index < 2 ? node : { ...node, ssh }));

    it("names each node without one, once", async () => {
      const texts = said(await resourcesOf({ nodes, ssh: { agent: true, insecureIgnoreHostKeys: true } }), ALLOWED)[
        rule
      ];
      assert.equal(texts?.length, 2);
      assert.match(
        texts[0] ?? "",
        /^prod-cp[12]-install: any machine that answers .*; set ssh\.hostKey of this node in kube-pki:nodes to the key .*$/,
      );
    });

    it("names a bastion without one", async () => {
      const bastion = { host: "bastion.example.com", user: "ops" };
      const texts = said(await resourcesOf({ ssh: { agent: true, insecureIgnoreHostKeys: true, bastion } }), ALLOWED)[
        rule
      ];
      assert.equal(texts?.length, 6);
      for (const text of texts) assert.match(text, /for the bastion; set ssh\.bastion\.hostKey to /);
    });

    it("looks at commands of the program's own too", () => {
      const own = (connection: Changes): Resource => ({
        type: "command:remote:Command",
        name: "own",
        urn: "urn:pulumi:test::kube-pki::command:remote:Command::own",
        props: { connection },
      });
      assert.deepEqual(said([own({ host: "10.0.0.1", hostKey: "ssh-ed25519 AAAA" })]), NOTHING);
      assert.match(said([own({ host: "10.0.0.1" })])[rule]?.[0] ?? "", /^own: any machine that answers /);
    });
  });

  describe("lifetimes", () => {
    const rule = "lifetimes";
    const of = async (changes: Changes, limits: Partial<Limits> = {}) =>
      said(await resourcesOf(changes), { ...ALLOWED, ...limits })[rule] ?? [];

    it("names a certificate that lives too long, and the field to lower", async () => {
      const texts = await of({ certificates: { profiles: { kubelet: { validity: "800d" } } } });
      assert.equal(texts.length, 6);
      assert.match(
        texts[0] ?? "",
        /^prod-\w+-kubelet: is valid for 800 days, and a certificate may be for 366 at most; lower certificates\.validity, or /,
      );
    });

    it("names one that lives too short for weekly runs", async () => {
      const texts = await of({ certificates: { profiles: { scheduler: { validity: "5d" } } } });
      assert.equal(texts.length, 3);
      assert.match(texts[0] ?? "", /-scheduler: is valid for 5 days, and .* 14 at least; raise certificates\.validity/);
    });

    it("names a CA, and a user's certificate", async () => {
      const texts = await of({ authority: { validity: "9000d" }, users: [{ name: "jane", validity: "700d" }] });
      assert.equal(texts.filter((text) => text.endsWith("lower authority.validity")).length, 3);
      assert.equal(texts.filter((text) => text.startsWith("prod-kubeconfigs-jane: ")).length, 1);
    });

    it("knows those that Vault signs", async () => {
      const authority = { ...VAULT, csrSigner: "none", validity: "9000d" };
      const texts = await of({ authority, certificates: { validity: "400d" } });
      assert.equal(texts.filter((text) => text.includes("is valid for 9000 days, and a CA may be")).length, 3);
      assert.ok(texts.filter((text) => text.includes("is valid for 400 days, and a certificate")).length > 30);
    });

    it("leaves alone a root that no node trusts, and what ends with its CA", async () => {
      const authority = { ...VAULT, csrSigner: "state", signedBy: { kind: "embedded" } };
      assert.deepEqual(await of({ authority }), []);
    });

    it("asks for what it is told to", async () => {
      assert.deepEqual(await of({ certificates: { validity: "800d" } }, { leafAtMostDays: 800 }), []);
      assert.ok((await of({}, { leafAtMostDays: 90 })).length > 30);
    });
  });

  describe("one-rotation-at-a-time", () => {
    const rule = "one-rotation-at-a-time";
    /** As the engine has them in a preview: what a run has still to do is not known. */
    const stack = async (rotation: Changes, known: (name: string) => boolean): Promise<Resource[]> =>
      (await resourcesOf({ rotation })).map((resource) => ({
        ...resource,
        props: { ...resource.props, stdout: known(resource.name) ? "2026-11-22T00:00:00Z" : UNKNOWN },
      }));
    const all = () => true;

    it("stops several in one run", async () => {
      assert.deepEqual(said(await stack({ generation: 2 }, () => false))[rule], [
        "etcd, frontProxy, kubernetes, serviceAccount: 4 rotations at once, and 1 may be; begin with " +
          "rotation: { etcd: { generation: ... } } alone, or raise `atOnce` of this policy",
      ]);
    });

    it("stops a second one while the first is between two phases", async () => {
      const both = { etcd: { generation: 2, phase: "trust" }, kubernetes: { generation: 2 } };
      assert.match(
        said(await stack(both, (name) => name.includes("-etcd-")))[rule]?.[0] ?? "",
        /^etcd, kubernetes: 2 /,
      );
      const one = { etcd: { generation: 2, phase: "issue" } };
      assert.deepEqual(said(await stack(one, all))[rule], []);
    });

    it("lets the next one begin when the first is done, and as many at once as it is told to", async () => {
      const next = { etcd: { generation: 2 }, kubernetes: { generation: 2 } };
      assert.deepEqual(said(await stack(next, (name) => name.includes("-etcd-")))[rule], []);
      assert.deepEqual(said(await stack(next, all))[rule], []);
      assert.deepEqual(said(await stack({ generation: 2 }, () => false), { atOnce: 4 })[rule], []);
    });
  });

  it("find in the states that releases have left what is there", () => {
    const found = Object.fromEntries(
      releases().map(({ version, name, deployment }) => {
        const { resources } = deployment as {
          resources: { type: string; urn: string; outputs?: Properties; inputs?: Properties }[];
        };
        const as = (props: "inputs" | "outputs") =>
          resources.map((each): Resource => ({
            type: each.type,
            urn: each.urn,
            name: each.urn.split("::")[3] ?? "",
            props: plaintextOf(each[props] ?? {}) as Properties,
          }));
        const counts = Object.entries({
          ...said(as("inputs")),
          [STACK_RULES[0]?.name ?? ""]: said(as("outputs"))["one-rotation-at-a-time"] ?? [],
        });
        return [`${version} ${name}`, Object.fromEntries(counts.map(([rule, texts]) => [rule, texts.length]))];
      }),
    );
    const none = { "host-keys-pinned": 0, lifetimes: 0 };
    assert.deepEqual(found, {
      "0.1.0 keys-in-state": { ...none, "ca-keys-outside-the-state": 3, "one-rotation-at-a-time": 0 },
      "0.1.0 kubeadm": { ...none, "ca-keys-outside-the-state": 6, "one-rotation-at-a-time": 1 },
    });
  });

  it("are run by the version of @pulumi/policy that they are tested with", () => {
    const root = join(__dirname, "..", "..");
    const { dependencies } = manifestOf(join(root, "examples", "policy"));
    assert.equal(dependencies["@pulumi/policy"], manifestOf(root).devDependencies["@pulumi/policy"]);
  });
});

/** An exported state has secrets readable, as JSON in their envelope. */
const plaintextOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plaintextOf);
  if (typeof value !== "object" || value === null) return value;
  if ("plaintext" in value) return plaintextOf(JSON.parse(value.plaintext as string));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plaintextOf(inner)]));
};
