import assert from "node:assert/strict";
import { strayKeys } from "../../../core/config/namespaces";
import { SYNONYMS } from "../../../core/config/synonyms";
import { CONFIG_JSON_SCHEMA, schemaAt } from "../../../core/schema/jsonSchema";
import { config, HOST_KEY, node, problems, type Raw } from "./fixtures";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const profiles = (name: string): Raw => ({ certificates: { profiles: { [name]: {} } } });

const CASES: readonly (readonly [Raw, sentence: string])[] = [
  [cluster({ controlPlaneEndpoint: "x" }), "cluster: unknown key `controlPlaneEndpoint`; did you mean `endpoint`?"],
  [cluster({ serviceSubnet: "x" }), "cluster: unknown key `serviceSubnet`; did you mean `serviceCidrs`?"],
  [cluster({ certSANs: [] }), "cluster: unknown key `certSANs`; did you mean `extraSans`?"],
  [{ cert_sans: [] }, "unknown key `cert_sans`; here that is `cluster.extraSans`"],
  [
    { authority: { kind: "vault", vault: { address: "https://v:8200", token: "x" } } },
    "authority.vault: unknown key `token`; the token comes from VAULT_TOKEN, so that it is in no file",
  ],
  [
    { ssh: { agent: true, password: "x" } },
    "ssh: unknown key `password`; log in with a key: ssh.privateKey, or ssh.agent: true",
  ],
  [{ hosts: [] }, "unknown key `hosts`; did you mean `nodes`?"],
  [{ vault: {} }, "unknown key `vault`; it belongs under `authority`"],
  [{ ca: {} }, "unknown key `ca`; did you mean `authority`?"],
  [{ renew: {} }, "unknown key `renew`; here that is `certificates.renewEvery` or `certificates.renewBefore`"],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], hostKey: HOST_KEY })] },
    "nodes[0]: unknown key `hostKey`; it belongs under `nodes[0].ssh`",
  ],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], advertiseAddress: "10.0.0.1" })] },
    "nodes[0]: unknown key `advertiseAddress`; did you mean `address`?",
  ],
  [{ certificates: { generation: 2 } }, "certificates: unknown key `generation`; it belongs under `rotation`"],
  ...["apiserver", "scheduler", "controller-manager"].map(
    (name) =>
      [
        profiles(`kube-${name}`),
        `certificates.profiles: unknown key \`kube-${name}\`; did you mean \`${name}\`?`,
      ] as const,
  ),
  [profiles("admin.conf"), "certificates.profiles: unknown key `admin.conf`; did you mean `admin`?"],
  [profiles("etcd"), "certificates.profiles: unknown key `etcd`; did you mean `etcd-server` or `etcd-peer`?"],
  [
    { "cluster.name": "x" },
    "unknown key `cluster.name`; did you mean a path? `pulumi config rm kube-pki:cluster.name`, then `pulumi config set --path 'kube-pki:cluster.name' ...`",
  ],
  [
    { certificates: { own: { hook: { authority: "kubernetes", usages: ["server"], sans: ["a"], secrets: {} } } } },
    "certificates.own.hook: unknown key `secrets`; did you mean `secret`?",
  ],
];

describe("keys of other tools and other places", () => {
  for (const [changes, sentence] of CASES)
    it(sentence, () => {
      assert.ok(problems(config(changes)).includes(sentence), problems(config(changes)).join("\n"));
    });

  it("are looked for in what takes one value or one for each", () => {
    const authority = { kind: { kuberntes: "embedded" }, earlier: [{ kind: "embedded", generations: { etdc: 1 } }] };
    assert.deepEqual(problems(config({ authority })), [
      "authority.kind: unknown key `kuberntes`; did you mean `kubernetes`?",
      "authority.earlier[0].generations: unknown key `etdc`; did you mean `etcd`?",
    ]);
  });

  for (const path of SYNONYMS)
    it(`are said to be ${path}, which there is`, () => {
      const steps = path.split(".").flatMap((step) => (step.endsWith("[]") ? [step.slice(0, -2), 0] : [step]));
      assert.notEqual(schemaAt(steps, CONFIG_JSON_SCHEMA), undefined);
    });

  it("say which key it is where keys are free", () => {
    assert.deepEqual(problems(config({ authority: { signed: { etcd: { g1: "x" } } } })).slice(0, 1), [
      'authority.signed.etcd: key "g1"; must be a generation, a whole number from 1',
    ]);
  });
});

describe("keys under another namespace", () => {
  const say = (key: string) => `${key}: unknown key \`${key}\`; did you mean \`kube-pki:${key.split(":")[1] ?? ""}\`?`;

  it("are told where it is nearly ours", () => {
    assert.deepEqual(strayKeys({ "kube-pki:nodes": "[]", "kubepki:cluster": "{}" }, "kube-pki"), [
      say("kubepki:cluster"),
    ]);
  });

  it("are told whatever it is, where ours has none", () => {
    assert.deepEqual(strayKeys({ "prod:cluster": "{}", "aws:region": "x" }, "kube-pki"), [say("prod:cluster")]);
  });

  it("are nobody's business else", () => {
    assert.deepEqual(strayKeys({ "kube-pki:nodes": "[]", "prod:cluster": "{}", "kubepki:x": "1" }, "kube-pki"), []);
  });
});
