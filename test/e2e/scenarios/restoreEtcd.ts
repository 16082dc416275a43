/** The drill of a lost etcd: its only member's data is gone, and comes back from `kube-pki backup`. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { waitForApi } from "../../lab/ready";
import { withRole } from "../../lab/topology";
import { assertClusterWorks } from "../checks";
import { assertKept, keysOf, writeMarks } from "../ended";
import { assertNothingToDo, begin } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";

const DATA = "/var/lib/etcd";
const AWAY = "/root/away";

/** Whoever has seen a later revision must not go on from there: all static pods end. */
const stopped = `
mkdir -p ${AWAY}/manifests
mv /etc/kubernetes/manifests/*.yaml ${AWAY}/manifests/
for i in $(seq 150); do
  grep -qsx etcd /proc/[0-9]*/comm || exit 0
  sleep 1
done
echo 'etcd did not end' >&2
exit 1`;

/** As etcd's disaster recovery has it for one member, and for those who watch: no revision comes a second time. */
const restored = (node: string, address: string): string => `
mv ${DATA} ${AWAY}/lost
etcdutl snapshot restore /root/snapshot.db --data-dir ${DATA} --name ${node} \\
  --initial-cluster ${node}=https://${address}:2380 --initial-advertise-peer-urls https://${address}:2380 \\
  --bump-revision 1000000000 --mark-compacted
rm /root/snapshot.db
mv ${AWAY}/manifests/*.yaml /etc/kubernetes/manifests/`;

/** What the holder of the key finds in a file of this kind. */
const decrypted = async (folder: string, ending: string, identity: string): Promise<Buffer> => {
  const name = readdirSync(folder).find((each) => each.endsWith(`${ending}.age`)) ?? "";
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return Buffer.from(await decrypter.decrypt(readFileSync(join(folder, name))));
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const [member] = withRole(lab.nodes, "etcd");
  assert.ok(member);
  await begin(run);
  await run.step("etcd gets keys of its own", () => writeMarks(lab));
  const keys = await keysOf(lab);
  run.counts["etcd keys"] = keys.length;

  const identity = await generateX25519Identity();
  const folder = join(stack.folder, "backup");
  mkdirSync(folder);
  await run.step("kube-pki backup: every node's files, etcd, tokens", async () => {
    const recipient = await identityToRecipient(identity);
    const { code, stderr } = await stack.kubePki("backup", "--recipient", recipient, "--output", folder);
    assert.equal(code, 0, tail(stderr));
    const kinds = readdirSync(folder).map((name) => name.replace(/-\d{8}T\d{6}Z\./, " "));
    const others = lab.nodes.flatMap(({ name }) => (name === member.name ? [] : [`${name} files.tar.age`]));
    assert.deepEqual(
      kinds.sort(),
      [...["etcd.db", "files.tar", "tokens.json"].map((kind) => `${member.name} ${kind}.age`), ...others].sort(),
    );
  });
  const { items } = JSON.parse((await decrypted(folder, "tokens.json", identity)).toString()) as { items: unknown[] };
  run.counts["token Secrets"] = items.length;
  const snapshot = await decrypted(folder, "etcd.db", identity);
  run.counts["snapshot bytes"] = snapshot.length;

  const since = Date.now();
  await run.step("etcd's data is gone, and comes back from the snapshot", async () => {
    await lab.must(member.name, stopped, { timeoutMs: 200_000 });
    await lab.must(member.name, "umask 077; cat >/root/snapshot.db", { stdin: snapshot });
    await lab.must(member.name, restored(member.name, member.address), { timeoutMs: 120_000 });
    await waitForApi(lab, 240_000);
    for (const name of lab.clusterNodes) await lab.must(name, "systemctl restart kubelet", { timeoutMs: 60_000 });
    for (const name of lab.clusterNodes) await lab.waitForNode(name, since);
  });
  await run.step("etcd has every key", () => assertKept(lab, keys));
  await assertClusterWorks(lab);
  await assertNothingToDo(run);
};

export const restoreEtcd: Scenario = {
  name: "restore-etcd",
  proves: "the data of an only etcd member, lost, comes back from an encrypted backup with every key",
  topologies: ["duo"],
  play,
};
