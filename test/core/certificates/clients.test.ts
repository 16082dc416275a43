import assert from "node:assert/strict";
import { isPublished, planClients } from "../../../core/certificates/clients";
import { configWith, hardwayConfig, NOW } from "../fixture";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const alice = { name: "alice", organizations: ["dev"], validity: "90d" };
const ids = (changes: Readonly<Record<string, unknown>>, now = NOW): string[] =>
  planClients(configWith(changes), now).map(({ id }) => id);

describe("plan of clients", () => {
  it("has the stack's own administrator, as its layout knows him, and the users", () => {
    const subjects = (config: ReturnType<typeof configWith>) =>
      planClients(config, NOW).map(({ name, commonName, organizations }) => [name, commonName, ...organizations]);
    assert.deepEqual(subjects(configWith({ users: [alice] })), [
      ["admin", "kubernetes-admin", "kubeadm:cluster-admins"],
      ["alice", "alice", "dev"],
    ]);
    assert.deepEqual(subjects(hardwayConfig()), [["admin", "kubernetes-admin", "system:masters"]]);
  });

  it("takes the administrator's profile, and gives him out only where that is the stack's", () => {
    const profiles = { admin: { validity: "30d", organizations: ["ops"], algorithm: "RSA-2048", enabled: false } };
    const config = configWith({ certificates: { profiles } });
    const [admin] = planClients(config, NOW);
    assert.deepEqual(
      [admin?.validitySeconds, admin?.algorithm, admin?.organizations],
      [30 * 86_400, "RSA-2048", ["ops"]],
    );
    assert.ok(!isPublished(admin!, config) && isPublished(admin!, configWith()));
  });

  it("has no administrator where others work in the cluster, or nobody does and his profile is not the stack's", () => {
    const names = (changes: Readonly<Record<string, unknown>>) =>
      planClients(configWith({ users: [alice], ...changes }), NOW).map(({ name }) => name);
    const certificates = { profiles: { admin: { enabled: false } } };
    assert.deepEqual(names({ inCluster: { user: { tokenFile: "/run/token" } } }), ["alice"]);
    assert.deepEqual(names({ certificates, inCluster: { enabled: false } }), ["alice"]);
    assert.deepEqual(names({ inCluster: { enabled: false } }), ["admin", "alice"]);
  });

  it("issues them again by the clock, and for each issuer", () => {
    const of = (phase: string) => ids({ users: [alice], rotation: { generation: 2, phase } });
    const before = ids({ users: [alice] });
    assert.deepEqual(of("trust"), before);
    assert.ok(of("issue").every((id, index) => id.endsWith("-g2") && id !== before[index]));
    assert.deepEqual(of("done"), of("issue"));
    const later = new Date(NOW.getTime() + 61 * 86_400_000); // two thirds of the user's 90 days, a quarter of the rest's
    assert.notEqual(ids({ users: [alice] }, later)[1], before[1]);
    assert.deepEqual(ids({ users: [alice] }, new Date(NOW.getTime() + 1000)), before);
  });

  it("issues one of them again when it is asked for", () => {
    const users = [{ name: "alice" }, { name: "bob" }];
    const ids = (renewAt: object) =>
      planClients(configWith({ users, certificates: { renewAt } }), NOW).map(({ name, id }) => [name, id] as const);
    const [before, after] = [ids({}), ids({ "-": { "kubeconfig:bob": NOW.toISOString() } })];
    assert.deepEqual(
      after.filter(([, id], index) => id !== before[index]?.[1]).map(([name]) => name),
      ["bob"],
    );
  });

  it("has nobody while an adopted CA signs", () => {
    assert.deepEqual(ids({ adopt, users: [alice], rotation: { phase: "trust" } }), []);
    assert.equal(ids({ adopt, users: [alice], rotation: { phase: "issue" } }).length, 2);
  });
});
