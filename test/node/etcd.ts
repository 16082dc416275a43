import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { files } from "./cluster";
import { EtcdMembers, ETCD_CA } from "./etcdMembers";
import { payload } from "./payload";
import { freePort } from "../freePort";
import { TrustCluster } from "./trustCluster";

/** The same payload after a change of its text. */
const resum = (sent: string): string => payload("trust", sent.split("\n").slice(1).join("\n"));

/** @param shell - what the script is run with */
export function restartsEtcd(shell: string): void {
  describe(`node applies trust to an etcd of three members (${shell})`, function () {
    this.timeout(180_000);
    let node: EtcdMembers;
    const run = () => node.run("trust", node.payload());
    before(async () => {
      node = await EtcdMembers.make(shell);
    });
    after(() => {
      node.remove();
    });

    it("moves leadership away first, and of the writes through another member at most the one under way fails", async () => {
      await node.lead("e1");
      const before = await node.leadership();
      assert.equal(before.leader, "e1");
      const writes: boolean[] = [];
      const writing = new AbortController();
      const writer = (async () => {
        while (!writing.signal.aborted)
          writes.push((await node.ask("e2", "/v3/kv/put", { key: "aw==", value: "dg==" })) !== undefined);
      })();
      const done = await run();
      writing.abort();
      await writer;
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /^n1: etcd here no longer leads\nn1: restarting etcd\nn1: etcd restarted in \d+ s\n/);
      const after = await node.leadership();
      assert.notEqual(after.leader, "e1");
      // one election, the one that was asked for: the restart itself caused none
      assert.equal(Number(after.term), Number(before.term) + 1);
      assert.ok(writes.length > 20, String(writes.length));
      // raft drops what reaches the leader in the instant of the handover (ErrProposalDropped)
      assert.ok(writes.filter((ok) => !ok).length <= 1, String(writes.filter((ok) => !ok).length));
    });

    it("leaves leadership where it is if it is elsewhere", async () => {
      await node.lead("e2");
      const before = await node.leadership();
      const done = await run();
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stderr, /lead/);
      assert.deepEqual(await node.leadership(), before);
    });

    it("waits for a member that is still coming, and restarts none while one is down", async () => {
      process.kill(node.pid("e3"));
      const [pid, ca] = [node.pid("e1"), node.read(ETCD_CA)];
      const refused = await node.run("trust", node.payload(), { KUBE_PKI_LIMITS: "MEMBER=3" });
      assert.equal(refused.code, 1);
      assert.match(
        refused.why,
        /^n1: etcd member 127\.0\.0\.1:\d+ has not been healthy for 3 s, and with etcd here down as well nothing could be written: nothing was touched, repair that etcd member, then run again$/,
      );
      assert.deepEqual([node.pid("e1"), node.read(ETCD_CA)], [pid, ca]);

      const waiting = run();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      await node.start("e3");
      const done = await waiting;
      assert.equal(done.code, 0, done.stderr);
      assert.notEqual(node.pid("e1"), pid);
    });

    it("does not wait for a machine that is to join, until etcd knows it as a member", async () => {
      const trust = () => node.run("trust", node.payload(["127.0.0.9"]), { KUBE_PKI_LIMITS: "MEMBER=3" });
      const done = await trust();
      assert.equal(done.code, 0, done.stderr);
      const pid = node.pid("e1");
      await node.add("https://127.0.0.9:2380");
      const refused = await trust();
      assert.match(refused.why, /^n1: etcd member 127\.0\.0\.9:2379 has not been healthy for 3 s/);
      assert.equal(node.pid("e1"), pid);
    });
  });

  describe(`node applies trust to an etcd as another one would answer (${shell})`, function () {
    this.timeout(120_000);
    const SELF = "18446744073709551557"; // more than a double can hold
    const VOTER = "9223372036854775809";
    let at: TrustCluster;
    let gateway: Server;
    let port: number;
    let state: { healthy: (pid: number) => boolean; leader: string; obeys: boolean; asked: string[] };
    const run = (env: Record<string, string> = {}) => {
      const here = `127.0.0.1:${String(port)}`;
      const lines = at
        .payload(undefined, { more: `member store ${here}\n` })
        .replace(/health store .*/, `health store https ${here} /health store`);
      return at.node.run("trust", resum(lines), env);
    };

    beforeEach(async () => {
      at = await TrustCluster.make(shell);
      port = await freePort();
      state = { healthy: () => true, leader: SELF, obeys: true, asked: [] };
      const { cert, key } = at.node.live().store;
      gateway = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
        let body = "";
        request.on("data", (chunk: Buffer) => (body += chunk.toString()));
        request.on("end", () => {
          state.asked.push(`${request.url ?? ""} ${body}`);
          const [code, text] = answer(request.url ?? "");
          response.writeHead(code);
          response.end(text);
        });
      });
      await new Promise<void>((resolve) => gateway.listen(port, "127.0.0.1", resolve));
    });
    afterEach(() => {
      gateway.close();
      at.node.remove();
    });

    const answer = (url: string): [number, string] => {
      switch (url) {
        case "/health":
          return [state.healthy(at.node.pid("store")) ? 200 : 503, "{}"];
        case "/v3/maintenance/status":
          return [200, `{"header":{"cluster_id":"1","member_id":"${SELF}"},"leader":"${state.leader}"}`];
        case "/v3/cluster/member/list":
          return [
            200,
            `{"header":{"member_id":"${SELF}"},"members":[{"ID":"3","name":"learner","clientURLs":["https://a:1"],"isLearner":true},{"ID":"4","peerURLs":["https://b:1"]},{"ID":"${SELF}","name":"me","peerURLs":["https://c:1"]},{"ID":"${VOTER}","name":"other","peerURLs":["https://d:1","https://e:1"]}]}`,
          ];
        default:
          if (state.obeys) state.leader = VOTER;
          return state.obeys ? [200, "{}"] : [500, "{}"];
      }
    };

    it("hands over to a started member that may vote, by its whole number", async () => {
      const done = await run();
      assert.equal(done.code, 0, done.stderr);
      const transfers = state.asked.filter((line) => line.includes("transfer"));
      assert.deepEqual(transfers, [`/v3/maintenance/transfer-leadership {"targetID":"${VOTER}"}`]);
    });

    it("goes on where leadership cannot be moved, and says so", async () => {
      state.obeys = false;
      const done = await run({ KUBE_PKI_LIMITS: "LEADER=2" });
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /n1: store here still leads: writes may wait a few seconds\nn1: restarting store\n/);
    });

    it("puts the old set back where another member is ill since", async () => {
      const [before, pid] = [at.live(), at.node.pid("store")];
      // of the two questions after a restart the first is for the service's own health
      let since = 0;
      state.healthy = (now) => now === pid || ++since <= 1;
      const failed = await run({ KUBE_PKI_LIMITS: "MEMBER=2 HEALTH=15" });
      assert.match(failed.why, /has not been healthy for 2 s since store restarted here: the old set was put back/);
      assert.equal(at.live(), before);
    });

    it("claims nothing of a service that talks to none without the certificate that is not here", async () => {
      const { cert, key } = at.node.live().store;
      const strict = createServer({ cert, key, ca: at.node.ca.cert, requestCert: true, rejectUnauthorized: true });
      await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
      const where = `127.0.0.1:${String((strict.address() as AddressInfo).port)}`;
      const sent = at
        .payload(undefined, { more: `have ${files.webCert}x cert:none -\n` })
        .replace(/health store .*/, `health store https ${where} /health none`);
      const done = await at.node.run("trust", resum(sent));
      strict.close();
      assert.equal(done.code, 0, done.stderr);
      assert.ok(done.stdout.includes(`proof store health - - ${where} unproven\n`), done.stdout);
      const nobody = await at.node.run("trust", resum(sent), { KUBE_PKI_LIMITS: "HEALTH=1 RELOAD=1" });
      assert.match(nobody.why, /store answers nothing at/);
    });

    it("asks nobody without a certificate to ask with, and says so", async () => {
      state.healthy = () => false;
      const here = `127.0.0.1:${String(port)}`;
      const sent = at
        .payload(undefined, { more: `member store ${here}\nhave ${files.webCert}x cert:none -\n` })
        .replace(/health store .*/, `health store https 127.0.0.1:${String(at.node.storePort)} /readyz none`);
      const done = await at.node.run("trust", resum(sent));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /n1: no client certificate here: the other members of store cannot be asked\n/);
    });
  });
}
