/** From a running cluster to a stack by `kube-pki init`, with no edit: nothing that was there is lost. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { CertificateFacts, KubeconfigFacts, Survey } from "../../../core/survey/model";
import { delivery } from "../../lab/fleetFiles";
import { renewalTimer } from "../../lab/kubesprayFiles";
import { must } from "../../lab/process";
import { isV6 } from "../../lab/topology";
import { assertClusterWorks, assertProven } from "../checks";
import { ownSsh, type OwnSsh } from "../ownSsh";
import { KUBE_PKI } from "../project";
import { assertNothingToDo } from "../rotating";
import type { Run, Scenario } from "../scenario";

export const hostsOf = ({ lab }: Run): string[] =>
  lab.nodes.map(({ address }) => `root@${isV6(address) ? `[${address}]` : address}`);

export const kubePki = (run: Run, ssh: OwnSsh, argv: readonly string[]): Promise<string> =>
  must(run.lab.driver([KUBE_PKI, ...argv, "-F", ssh.config]), {
    env: run.stack.env,
    cwd: run.stack.folder,
    timeoutMs: 300_000,
  });

const surveyed = async (run: Run, ssh: OwnSsh): Promise<Survey[]> =>
  JSON.parse(await kubePki(run, ssh, ["survey", ...hostsOf(run)])) as Survey[];

interface Finding {
  readonly urgency: string;
  readonly node: string;
  readonly text: string;
}

/** What doctor says of the hosts, without a stack. */
const diagnosed = async (run: Run, ssh: OwnSsh): Promise<readonly Finding[]> => {
  const { findings } = JSON.parse(await kubePki(run, ssh, ["doctor", ...hostsOf(run), "--json"])) as {
    findings: readonly Finding[];
  };
  return findings;
};

/** What is in one list and not in another. */
const without = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((each) => !other.includes(each));

/** A kubelet that nobody gave a serving certificate makes one, with a CA for it alone: the stack's has the subject that Kubernetes asks for. */
const isKubeletsOwn = ({ subject }: CertificateFacts): boolean => /^CN=[^@]+@\d+$/.test(subject);

/** Names, uses and the subject of a certificate that are gone. */
const lostNames = (at: string, was: CertificateFacts | undefined, is: CertificateFacts | undefined): string[] => {
  if (was === undefined || was.isCa) return [];
  const lost = [...without(was.sans, is?.sans ?? []), ...without(was.usages, is?.usages ?? [])];
  const renamed =
    was.subject === is?.subject || isKubeletsOwn(was) ? [] : [`${was.subject} is ${is?.subject ?? "gone"}`];
  return [...lost, ...renamed].map((each) => `${at}: ${each}`);
};

/** Of a kubeconfig all but the certificates: whom it asks, whom it trusts, as whom. */
const shapeOf = ({ contexts, currentContext, clusters, users }: KubeconfigFacts): unknown => ({
  contexts,
  currentContext,
  clusters: clusters.map(({ authorities, ...cluster }) => ({
    ...cluster,
    authorities: authorities.map(({ fingerprint }) => fingerprint),
  })),
  users: users.map(({ name, other, certificateFile }) => ({ name, other, certificateFile })),
});

/** What was on a node and is not there after a renewal: names, uses, subjects, owners, fields of kubeconfigs. */
const lostOn = (before: Survey, after: Survey): string[] => [
  ...before.files
    .filter(({ uses, state }) => uses.length > 0 && state === "file")
    .flatMap((was) => {
      const is = after.files.find(({ path }) => path === was.path);
      const owner = `${was.owner}:${was.group}`;
      const owned = is === undefined || `${is.owner}:${is.group}` === owner ? [] : [`${was.path}: was ${owner}`];
      return [...owned, ...lostNames(was.path, was.certificates[0], is?.certificates[0])];
    }),
  ...before.kubeconfigs.flatMap((was) => {
    const is = after.kubeconfigs.find(({ path }) => path === was.path);
    const same = is !== undefined && isDeepStrictEqual(shapeOf(was), shapeOf(is));
    const users = was.users.flatMap(({ certificates }, index) =>
      lostNames(was.path, certificates[0], is?.users[index]?.certificates[0]),
    );
    return [...(same ? [] : [`${was.path}: ${JSON.stringify(shapeOf(was))}`]), ...users];
  }),
];

/** Of which nodes it is said, such as `  cp1, cp2: kubeadm.timer renews certificates too`. */
const toldOf = (said: string, what: string): string[] =>
  said.split("\n").flatMap((line) => {
    const [nodes = "", text = ""] = line.trim().split(": ");
    return text.startsWith(what) ? nodes.split(", ") : [];
  });

/** What renews certificates beside the stack is told, and then disabled as its owner would. */
const disableRenewers = async ({ lab, counts }: Run, said: string): Promise<void> => {
  for (const { name } of lab.nodes)
    for (const renewer of [renewalTimer, delivery]) {
      const { code } = await lab.run(name, `systemctl is-active --quiet ${renewer}`);
      if (code !== 0) continue;
      assert.ok(toldOf(said, `${renewer} renews certificates too`).includes(name), `${name}: ${renewer}`);
      await lab.must(name, `systemctl disable --quiet --now ${renewer}`);
      counts["renewers told"] = (counts["renewers told"] ?? 0) + 1;
    }
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const ssh = await ownSsh(lab);
  try {
    stack.env["SSH_AUTH_SOCK"] = ssh.agent;
    rmSync(join(stack.folder, "stacks", "Pulumi.lab.yaml")); // as in a project where nobody has been
    const before = await run.step("kube-pki survey", () => surveyed(run, ssh));
    run.counts["nodes surveyed"] = before.length;
    const first = hostsOf(run).find((_, index) => lab.nodes[index]?.roles.includes("control-plane")) ?? "";
    const init = ["init", first, ...hostsOf(run).filter((host) => host !== first), "--name", "lab", "--ca", "existing"];
    const said = await run.step("kube-pki init", () => kubePki(run, ssh, init));
    run.log(said);
    await disableRenewers(run, said);
    await run.up("pulumi up with the stack file as it was written");
    await assertProven(lab, await stack.certificates());
    await assertNothingToDo(run);
    const after = await run.step("kube-pki survey again", () => surveyed(run, ssh));
    assert.deepEqual(
      before.flatMap((was, index) => lostOn(was, after[index] ?? was).map((each) => `${was.host.hostname} ${each}`)),
      [],
      "what was there is there",
    );
    assert.notDeepEqual(after[0]?.files, before[0]?.files, "nothing was issued");
    const again = await run.step("kube-pki init again", () => kubePki(run, ssh, init));
    assert.match(again, /the cluster is as it says/);
    const findings = await run.step("kube-pki doctor: nothing to do", () => diagnosed(run, ssh));
    assert.deepEqual(
      findings.filter(({ urgency }) => urgency !== "notice").map(({ node, text }) => `${node}: ${text}`),
      [],
    );
    run.counts["notices of doctor"] = findings.length;
    await assertClusterWorks(lab);
  } finally {
    await ssh.end();
  }
};

export const init: Scenario = {
  name: "init",
  proves:
    "a stack file that init wrote brings a running cluster under the stack: nothing is edited, nothing is lost, and doctor has nothing to do",
  topologies: ["duo", "ha3", "hardway", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play,
};
