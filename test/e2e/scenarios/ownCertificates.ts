/** Certificates of the user's own: a server and a client of etcd on nodes, a server whose pair a Secret holds. */
import assert from "node:assert/strict";
import { plainSerial } from "../../../core/format/x509";
import type { CertificateRow } from "../../../core/report/report";
import type { Lab } from "../../lab/lab";
import { withRole } from "../../lab/topology";
import { assertClusterWorks, assertProven } from "../checks";
import { apply, mustKubectl, sandboxImageOf, workload } from "../clients/userland";
import { assertNothingToDo, begin, casOf, goTo, rotateTo } from "../rotating";
import type { Run, Scenario } from "../scenario";

const UNIT = "own-server";
const HOOK = "hook";
const CONFIG_MAP = "hook-ca";
const PORT = 9443;
const SERVER = "/etc/own/server";
const CLIENT = "/etc/own/etcd";
const inDefault = (name: string) => ({ namespace: "default", name });

const filesIn = (folder: string) => ({
  certificate: `${folder}/{node}.crt`,
  key: `${folder}/tls.key`,
  ca: `${folder}/ca.crt`,
});

const OWN = {
  server: {
    authority: "kubernetes",
    usages: ["server"],
    sans: ["{node}", "{address}"],
    validity: "30d",
    files: filesIn(SERVER),
    readers: [{ kind: "systemd", name: UNIT, listener: { port: PORT } }],
  },
  "etcd-client": {
    authority: "etcd",
    usages: ["client"],
    privileged: true,
    roles: ["control-plane"],
    files: filesIn(CLIENT),
  },
  hook: {
    authority: "kubernetes",
    usages: ["server"],
    sans: ["hook.default.svc"],
    validity: "30d",
    secret: inDefault(HOOK),
    configMap: inDefault(CONFIG_MAP),
    restart: [{ kind: "Deployment", ...inDefault(HOOK) }],
  },
};

/** It cannot run before it has its certificate. */
const unitOn = (node: string): string => `[Unit]
Description=Serves a certificate of the user's own
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/bin/openssl s_server -quiet -accept ${String(PORT)} -cert ${SERVER}/${node}.crt -key ${SERVER}/tls.key -www
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`;

const startUnits = async (lab: Lab): Promise<void> => {
  for (const { name } of lab.nodes) {
    await lab.must(name, `cat >/etc/systemd/system/${UNIT}.service`, { stdin: unitOn(name) });
    await lab.must(name, `systemctl daemon-reload && systemctl enable -q --now ${UNIT}`);
  }
};

/** A Deployment that serves what is in its Secret, as it was when the pod began. */
const deployHook = async (lab: Lab): Promise<void> => {
  const image = await sandboxImageOf(lab);
  const script = "exec openssl s_server -quiet -accept 8443 -cert /tls/tls.crt -key /tls/tls.key -www";
  await apply(lab, [workload("Deployment", { name: HOOK, image, script, secret: HOOK })]);
};

const rowOf = (rows: readonly CertificateRow[], certificate: string, node = "-"): CertificateRow => {
  const row = rows.find((each) => each.certificate === certificate && each.node === node);
  assert.ok(row, `${node} ${certificate} is not in the output`);
  return row;
};

const shown = async (lab: Lab, node: string, at: string, caFile: string, name: string): Promise<string> =>
  lab.must(
    node,
    `openssl s_client -connect ${at} -CAfile ${caFile} -verify_hostname ${name} -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -serial`,
    { timeoutMs: 15_000 },
  );

const serial = (text: string): string => plainSerial(text.trim().replace(/^serial=/, ""));

const dataOf = async (lab: Lab, kind: "secret" | "configmap", name: string): Promise<Record<string, string>> => {
  const { data } = JSON.parse(await mustKubectl(lab, ["get", kind, name, "-o", "json"])) as {
    data: Record<string, string>;
  };
  if (kind === "configmap") return data;
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]));
};

/** Each of them is in use, and its server or client believes the other by the CA file that lies beside it. */
const assertUsed = async (run: Run): Promise<void> => {
  const { lab } = run;
  const rows = await run.stack.certificates();
  for (const { name, address } of lab.nodes) {
    const row = rowOf(rows, "own.server", name);
    assert.equal(row.proof, "served", name);
    const seen = await shown(lab, name, `${address}:${String(PORT)}`, `${SERVER}/ca.crt`, name);
    assert.equal(serial(seen), plainSerial(row.serial), `${name}: what the unit serves`);
  }
  for (const { name } of withRole(lab.nodes, "control-plane")) {
    const row = rowOf(rows, "own.etcd-client", name);
    const held = await lab.must(name, `openssl x509 -in ${CLIENT}/${name}.crt -noout -serial`);
    assert.equal(serial(held), plainSerial(row.serial), `${name}: the client's file`);
    const files = `--cacert ${CLIENT}/ca.crt --cert ${CLIENT}/${name}.crt --key ${CLIENT}/tls.key`;
    await lab.must(name, `etcdctl --endpoints https://127.0.0.1:2379 ${files} endpoint health`);
  }
  const hook = rowOf(rows, "own.hook");
  assert.equal(hook.keyLocation, "state");
  const secret = await dataOf(lab, "secret", HOOK);
  assert.equal((await dataOf(lab, "configmap", CONFIG_MAP))["ca.crt"], secret["ca.crt"]);
  const [{ name: node } = { name: "" }] = lab.nodes;
  await lab.must(node, "cat >/tmp/hook-ca.crt", { stdin: secret["ca.crt"] ?? "" });
  const ip = "jsonpath={.items[?(@.status.phase=='Running')].status.podIP}";
  await mustKubectl(lab, ["rollout", "status", `deployment/${HOOK}`, "--timeout=90s"]);
  const pod = (await mustKubectl(lab, ["get", "pods", "-l", `app=${HOOK}`, "-o", ip])).trim().split(" ").at(-1) ?? "";
  const seen = await shown(lab, node, `${pod}:8443`, "/tmp/hook-ca.crt", "hook.default.svc");
  assert.equal(serial(seen), plainSerial(hook.serial), "what the pod serves");
};

const casIn = (pem: string): number => pem.split("BEGIN CERTIFICATE").length - 1;

/** What the hook's Secret trusts, and the files on nodes. */
const assertTrusts = async ({ lab, vault }: Run, generations: number): Promise<void> => {
  // where the CA's key is in Vault the controller manager has a signer beside it
  const count = generations * (vault === undefined ? 1 : 2);
  assert.equal(casIn((await dataOf(lab, "secret", HOOK))["ca.crt"] ?? ""), count, "CAs in the Secret");
  for (const { name } of lab.nodes)
    assert.equal(casIn(await lab.must(name, `cat ${SERVER}/ca.crt`)), count, `${name}: CAs in ${SERVER}/ca.crt`);
};

const processes = async (lab: Lab): Promise<Record<string, string>> => {
  const pairs = await Promise.all(
    lab.nodes.flatMap(({ name }) =>
      [UNIT, "kubelet"].map(async (unit) => {
        const pid = await lab.must(name, `systemctl show -p MainPID ${unit}`);
        return [`${name} ${unit}`, pid.trim()] as const;
      }),
    ),
  );
  return Object.fromEntries(pairs);
};

const renewed = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const first = await stack.certificates();
  const before = await processes(lab);
  // another validity is another certificate; that of the others stays
  stack.configure({ certificates: { own: { ...OWN, server: { ...OWN.server, validity: "60d" } } } });
  assert.match(await stack.due(), /own\.server/);
  await run.up("one of them is renewed");
  const changed = (await stack.certificates()).filter(
    ({ node, certificate, serial: now }) =>
      first.find((row) => row.node === node && row.certificate === certificate)?.serial !== now,
  );
  assert.deepEqual([...new Set(changed.map(({ certificate }) => certificate))], ["own.server"]);
  assert.equal(changed.length, lab.nodes.length);
  const after = await processes(lab);
  for (const [name, pid] of Object.entries(before))
    if (name.endsWith(UNIT)) assert.notEqual(after[name], pid, `${name} was not restarted`);
    else assert.equal(after[name], pid, `${name} was restarted`);
  await assertUsed(run);
};

export const ownCertificates: Scenario = {
  name: "own-certificates",
  proves:
    "certificates of the user's own: a unit's and an etcd client's on nodes, a workload's in a Secret; made, renewed alone, and in use through a rotation of every CA",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await run.step("units and a workload that wait for their certificates", async () => {
      await startUnits(lab);
      await lab.kubeconfig();
      await deployHook(lab);
    });
    stack.configure({ certificates: { own: OWN } });
    await begin(run);
    await assertUsed(run);
    await assertNothingToDo(run);
    await assertProven(
      lab,
      (await stack.certificates()).filter(({ certificate }) => certificate !== "own.etcd-client"),
    );
    await renewed(run);
    await goTo(run, "trust", { configure: rotateTo(2, "trust"), trusted: [casOf(run), "g2"] });
    await assertTrusts(run, 2);
    await assertUsed(run);
    await goTo(run, "issue and done in one up", { configure: rotateTo(2, "done"), trusted: ["g2"] });
    await assertTrusts(run, 1);
    await assertUsed(run);
    await assertClusterWorks(lab);
    assert.match(await stack.statusOfNodes(), /same\n/);
    run.counts["certificates of the user's own"] = (await stack.certificates()).filter(({ certificate }) =>
      certificate.startsWith("own."),
    ).length;
  },
};
