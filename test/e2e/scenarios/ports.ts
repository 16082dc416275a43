/** A cluster whose services do not listen where they do by default: `cluster.listeners` says so. */
import assert from "node:assert/strict";
import { withRole } from "../../lab/topology";
import { assertClusterWorks, assertProven } from "../checks";
import { labConfig } from "../labConfig";
import { configureAsItIs, goTo, rotateTo } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";

const API_PORT = 6444;

const LISTENERS = {
  apiServer: { port: API_PORT },
  controllerManagerHealth: { on: "node" },
  schedulerHealth: { on: "node" },
};

/** What answers on the API's port of this node: it passes connections on, whoever they are for. */
const PROXY = `global
  maxconn 2000
defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen api
  bind *:6443
  server here 127.0.0.1:${String(API_PORT)}
`;

const PROXY_UNIT = `[Unit]
Description=Passes the API's port on
Before=kubelet.service
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/sbin/haproxy -db -f /etc/api-proxy.cfg
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`;

/** $1 is the node's address. A manifest is replaced in one move, as the kubelet reads it whenever it changes. */
const MOVE = `
cd /etc/kubernetes/manifests
change() {
  sed "$2" "$1.yaml" >".$1.new"
  if cmp -s "$1.yaml" ".$1.new"; then echo "$1 is as it was" >&2; exit 1; fi
  mv ".$1.new" "$1.yaml"
}
change kube-controller-manager "s/127[.]0[.]0[.]1/$1/"
change kube-scheduler "s/127[.]0[.]0[.]1/$1/"
change kube-apiserver "s/6443/${String(API_PORT)}/"
systemctl daemon-reload
systemctl enable -q --now api-proxy
for at in $1:10257 $1:10259 127.0.0.1:${String(API_PORT)}; do
  for i in $(seq 150); do
    ! openssl s_client -connect "$at" </dev/null >/dev/null 2>&1 || continue 2
    sleep 1
  done
  echo "nobody listens at $at" >&2
  exit 1
done`;

const PKI = "find /etc/kubernetes /var/lib/kubelet/pki ! -type d -exec stat -c '%n %i %Z' {} + | sort";

const moveServices = async ({ lab }: Run): Promise<void> => {
  for (const { name, address } of withRole(lab.nodes, "control-plane")) {
    await lab.must(name, "cat >/etc/api-proxy.cfg", { stdin: PROXY });
    await lab.must(name, "cat >/etc/systemd/system/api-proxy.service", { stdin: PROXY_UNIT });
    await lab.must(name, `set -eu; set -- ${address}${MOVE}`, { timeoutMs: 300_000 });
    await lab.waitForNode(name, 0);
  }
  await assertClusterWorks(lab);
};

export const ports: Scenario = {
  name: "ports",
  proves:
    "API servers on another port behind a proxy, controller manager and scheduler on the node's address: refused untouched until cluster.listeners says so, then renewed and rotated",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await run.step("services listen elsewhere", () => moveServices(run));
    await configureAsItIs(run);
    await run.step("without cluster.listeners pulumi up is refused, and nothing is touched", async () => {
      const before = await lab.must("cp1", PKI);
      const { code, stdout, stderr } = await stack.up();
      assert.notEqual(code, 0);
      assert.match(
        stdout + stderr,
        /cp1: kube-apiserver listens on port 6444, and .* port 6443 \(node\); cluster\.listeners\.apiServer\.port: 6444/,
        tail(stdout + stderr),
      );
      assert.equal(await lab.must("cp1", PKI), before);
    });
    const { cluster } = labConfig(lab);
    stack.configure({ cluster: { ...(cluster as object), listeners: LISTENERS } });
    await run.up("pulumi up with cluster.listeners: everything is renewed");
    await assertProven(lab, await stack.certificates());
    await goTo(run, "a whole rotation in one up", { configure: rotateTo(2), trusted: ["g2"] });
    run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
    for (const { name } of withRole(lab.nodes, "control-plane"))
      assert.match(await lab.must(name, "ss -ltnp"), new RegExp(`:${String(API_PORT)} .*kube-apiserver`), name);
  },
};
