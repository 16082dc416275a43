/** A step that every run does and no preview: with the program it starts, an ssh server, and answers as a control plane gives them. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { Inputs } from "../../components/inputs";
import { InCluster } from "../../components/inCluster/inCluster";
import { KUBELET_SERVING } from "../../core/cluster/servingRequests";
import { request } from "../core/certificates/requests";
import { argsWith, NOW, RAW } from "../core/fixture";
import { SshServer } from "../lab/plugins/sshServer";
import { registeredBy } from "./mocks";

const spec = (node: string, names: string) => ({
  signerName: KUBELET_SERVING,
  username: `system:node:${node}`,
  groups: ["system:nodes", "system:authenticated"],
  usages: ["digital signature", "server auth"],
  request: Buffer.from(request(`/O=system:nodes/CN=system:node:${node}`, `subjectAltName=${names}`)).toString("base64"),
});
const csr = (name: string, node: string, names: string) => ({
  metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "2026-11-24T08:48:40Z" },
  spec: spec(node, names),
});

describe("a step of every run", function () {
  this.timeout(120_000); // it starts a program, on a busy machine
  let server: SshServer;
  let said: string[];
  const hear = (level: "warn" | "info") =>
    mock.method(pulumi.log, level, (text: string) => {
      if (/kubelet|Signing|unread/.test(text)) said.push(`${level}: ${text}`);
      return Promise.resolve();
    });
  let heard: ReturnType<typeof hear>[];
  beforeEach(async () => {
    said = [];
    heard = [hear("warn"), hear("info")];
    server = await SshServer.start();
  });
  afterEach(async () => {
    for (const each of heard) each.mock.restore();
    await server.stop();
  });

  const [first] = RAW["nodes"] as readonly object[];
  const args = () =>
    argsWith({
      nodes: [
        { ...first, ssh: { host: "127.0.0.1", port: server.port, user: "tester", hostKey: server.hostKey } },
        ...(RAW["nodes"] as readonly object[]).slice(3),
      ],
      ssh: { privateKey: pulumi.secret(server.clientKey), sudo: false },
      rollout: { acceptEtcdDowntime: true },
      inCluster: { approveKubeletServing: true },
      certificates: { profiles: { "kubelet-server": { enabled: false } } },
    });

  /** What comes before, the step, and what comes after it. */
  const program = () => {
    const { now = NOW, ...sections } = args();
    const inputs = new Inputs("prod", sections, now);
    const nothing = pulumi.output("");
    const inCluster = new InCluster("prod-in-cluster", {
      inputs,
      kubeconfig: undefined,
      trust: { ca: nothing, rotating: nothing, final: nothing, old: nothing },
      frontProxy: nothing,
      generations: pulumi.output({ kubernetes: [], etcd: [], frontProxy: [], serviceAccount: [] }),
      attempt: undefined,
      tokenKid: undefined,
      runOn: inputs.config.nodes[0]!,
      certificates: pulumi.output([]),
      held: {},
    });
    class Step extends pulumi.CustomResource {
      constructor(name: string, dependsOn: pulumi.Input<pulumi.Resource>[] = []) {
        super("test:index:Step", name, {}, { dependsOn });
      }
    }
    const after = inCluster.at("afterServing", [new Step("applied")]);
    return new Step("after", [...after]).urn;
  };
  const run = async (preview: boolean) => {
    const all = await registeredBy(program, preview);
    for (let tries = 0; tries < 400 && !all.some(({ name }) => name === "after"); tries++) await sleep(100);
    return all
      .map(({ name }) => name)
      .filter((name) => ["applied", "after"].includes(name) || name.includes("serving"));
  };

  it("is no resource, and a preview neither connects nor says anything", async () => {
    assert.deepEqual(await run(true), ["applied", "after"]);
    await sleep(500);
    assert.deepEqual([server.connections, said], [0, []]);
  });

  it("does its work before what comes after it, and tells it on the row of the cluster's steps", async () => {
    const asked: string[] = [];
    let isApproved = false;
    server.answer = ({ command, stdin }) => {
      assert.equal(command, "sh /var/lib/kube-pki/node.sh objects");
      const wanted = stdin.trimEnd().split("\n").at(-1) ?? "";
      asked.push(wanted.split(" ").slice(0, 2).join(" "));
      if (wanted.startsWith("approve ")) {
        isApproved = true;
        return { stdout: "approved\n" };
      }
      if (wanted.startsWith("list certificatesigningrequests")) {
        const pending = [csr("csr-2", "w2", "DNS:w2,DNS:cp1"), ...(isApproved ? [] : [csr("csr-1", "w1", "DNS:w1")])];
        return { stdout: JSON.stringify({ items: pending }) };
      }
      return { stdout: JSON.stringify({ items: [] }) };
    };
    assert.deepEqual(await run(false), ["applied", "after"]);
    const ORDER = ["list certificatesigningrequests.certificates.k8s.io", "list nodes", "approve csr-1"];
    assert.deepEqual([asked.slice(0, 3), server.connections], [ORDER, 1]);
    assert.deepEqual(said, [
      "info: w1: its kubelet's request for a serving certificate is approved (csr-1)",
      "warn: CertificateSigningRequest csr-2 is left pending: it asks for DNS:cp1, and w2 has DNS:w2, IP:10.0.0.22; if that is a name of this machine, add it to extraSans of the node, else deny it",
    ]);
  });

  it("ends no run where it cannot be done, and says so", async () => {
    server.refuse = 99;
    assert.deepEqual(await run(false), ["applied", "after"]);
    assert.match(
      said.join("\n"),
      /^warn: kubelets' requests for serving certificates were not looked at: .*ssh to 127\.0\.0\.1:\d+.*; the next run does$/,
    );
  });
});
