import assert from "node:assert/strict";
import { graphOf, small } from "./graph";

const HOOK = {
  authority: "kubernetes",
  usages: ["server"],
  sans: ["hook.web.svc"],
  secret: { namespace: "web", name: "hook" },
};
const AGENT = {
  authority: "etcd",
  usages: ["client"],
  privileged: true,
  roles: ["worker"],
  files: { certificate: "/etc/agent/tls.crt", key: "/etc/agent/tls.key" },
};
const WITH = small({ certificates: { own: { hook: HOOK, agent: AGENT } } });
const VAULT = small({
  certificates: { own: { hook: HOOK, agent: AGENT } },
  authority: { kind: "vault", vault: { address: "https://vault.example.com:8200" } },
});

const isOf = (name: string): boolean => /-own[.-]/.test(name);

describe("certificates of the user's own, as resources", () => {
  it("are a key on the node and a certificate, or key and certificate in the state and a step in the cluster", async () => {
    const { all } = await graphOf(WITH);
    assert.deepEqual(
      all
        .filter(({ name }) => isOf(name))
        .map(({ name, type }) => `${name} ${type.split(":").at(-1) ?? ""}`)
        .sort(),
      [
        "prod-held-own.hook LocallySignedCert",
        "prod-held-own.hook-key PrivateKey",
        "prod-held-own.hook-request CertRequest",
        "prod-in-cluster-own-issue Command",
        "prod-w1-own.agent LocallySignedCert",
        "prod-w1-request-own.agent Command",
      ],
    );
  });

  it("reach the cluster after every node, and their key only as a secret", async () => {
    const { all, asked } = await graphOf(WITH);
    assert.ok(asked.get("prod-in-cluster-own-issue")!.dependsOn.includes("prod-w1-apply"));
    const step = all.find(({ name }) => name === "prod-in-cluster-own-issue")!;
    const key = all.find(({ name }) => name === "prod-held-own.hook-key")!;
    assert.ok(key);
    assert.ok(typeof step.inputs["stdin"] === "object", "the step's input is a secret as a whole");
    const { value } = step.inputs["stdin"] as { value: string };
    assert.match(value, /"leaf": ?"own\.hook"/);
    assert.match(value, /"key": ?"[^"]+/);
  });

  it("have roles of their own in Vault", async () => {
    const { all } = await graphOf(VAULT);
    const roles = all.filter(({ type, name }) => type.endsWith(":SecretBackendRole") && isOf(name));
    assert.deepEqual(
      roles.map(({ inputs }) => [inputs["name"], inputs["allowedDomains"], inputs["clientFlag"]]).sort(),
      [
        ["own.agent-g1", ["agent"], true],
        ["own.hook-g1", ["hook", "hook.web.svc"], false],
      ],
    );
  });

  it("leave a stack without any as it is", async () => {
    const { all } = await graphOf(small());
    assert.deepEqual(
      all.filter(({ name }) => isOf(name) || name.startsWith("prod-held")),
      [],
    );
  });
});
