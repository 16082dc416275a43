/** `kube-pki backup` of a real etcd, and another etcd that begins with it. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensure } from "../../tools/toolchain";
import { BackupOf } from "../cli/backupOf";
import { freePort } from "../freePort";
import { CERT, EtcdMembers, KEY } from "../node/etcdMembers";

const MARK = Buffer.from("mark").toString("base64");

/** The value of a key in an etcd that begins with a snapshot. */
const restoredEtcd = async (folder: string, snapshot: string, key: string): Promise<string> => {
  const { etcd } = await ensure(["etcd"], () => undefined);
  const data = join(folder, "data");
  // etcdutl looks at the sum by itself
  execFileSync(join(dirname(etcd), "etcdutl"), ["snapshot", "restore", snapshot, "--data-dir", data], {
    stdio: "ignore",
  });
  const [client, peer] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${String(port)}`);
  const urls = { "listen-client-urls": client, "advertise-client-urls": client, "listen-peer-urls": peer };
  const flags = Object.entries({ "data-dir": data, ...urls }).map(([flag, value]) => `--${flag}=${value ?? ""}`);
  const child = spawn(etcd, flags, { stdio: "ignore" });
  try {
    for (;;) {
      const answer = await fetch(`${client ?? ""}/v3/kv/range`, { method: "POST", body: JSON.stringify({ key }) })
        .then((response) => response.json() as Promise<{ kvs?: readonly { value: string }[] }>)
        .catch(() => undefined);
      if (answer !== undefined) return Buffer.from(answer.kvs?.[0]?.value ?? "", "base64").toString();
      if (child.exitCode !== null) throw new Error(`etcd ended with ${String(child.exitCode)}`);
      await sleep(100);
    }
  } finally {
    child.kill("SIGKILL");
  }
};

describe("kube-pki backup of etcd", function () {
  this.timeout(180_000);

  it("is a snapshot from which another one is made with all that was in it", async () => {
    const at = await BackupOf.any();
    try {
      const members = await EtcdMembers.make("dash");
      at.node = members;
      await members.ask("e1", "/v3/kv/put", { key: MARK, value: Buffer.from("kept").toString("base64") });
      const plan = [
        "node n1",
        "consumer etcd systemd e1",
        `health etcd https ${members.endpoint("e1")} /health etcd-server`,
        `file ${CERT} 0644 root root cert:etcd-server`,
        `file ${KEY} 0600 root root key:etcd-server`,
      ];
      members.write("/var/lib/kube-pki/plan", `${plan.join("\n")}\n`, 0o600);
      const { code, stdout, stderr } = await at.run("--recipient", at.recipient);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /n1-\w+\.files\.tar\.age\n.*n1-\w+\.etcd\.db\.age\n$/);
      const file = join(at.harness.folder, "etcd.db");
      writeFileSync(file, await at.decrypted("etcd.db"));
      assert.equal(await restoredEtcd(at.harness.folder, file, MARK), "kept");
    } finally {
      at.remove();
    }
  });
});
