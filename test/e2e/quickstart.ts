/**
 * `npm run quickstart`: the main job on a real local cluster, step by step, as a user would do it. The scenario `renewal`
 * checks the same with assertions on every point; here a person watches.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Lab } from "../lab/lab";
import { assertClusterWorks, assertProven } from "./checks";
import { endLabOnInterrupt } from "./interrupt";
import { configureFor } from "./labConfig";
import { tail } from "./scenario";
import { Stack } from "./stack";

const started = Date.now();
const log = (line: string): void => {
  console.log(`[${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s] ${line}`);
};

const heading = (text: string): void => {
  console.log(`\n== ${text}`);
};

/** The lines of `pulumi up` that a person follows: what happens on the nodes. */
const followed = (line: string): void => {
  const match = / (?:updating|creating) \(\S+\) (?:\[diff: [^\]]*\]; )?([a-z]\S*: .*)$/.exec(line);
  if (match?.[1] !== undefined) log(`  ${match[1]}`);
};

const up = async (stack: Stack, expectNoChanges = false): Promise<string> => {
  const { code, stdout, stderr } = await stack.up({ expectNoChanges, onLine: followed });
  if (code !== 0) throw new Error(tail(stdout + stderr));
  const summary = /Resources:\n([\s\S]*?)\n\n?Duration: (\S+)/.exec(stdout);
  log(
    `pulumi up: ${(summary?.[1] ?? "")
      .split("\n")
      .map((line) => line.trim())
      .join(", ")}, ${summary?.[2] ?? ""}`,
  );
  return stdout;
};

const play = async (lab: Lab, stack: Stack): Promise<void> => {
  heading("1. The cluster as kubeadm made it; its own CAs are handed to the stack as secrets");
  await configureFor(stack, lab, "existing");
  log(`stack file ${join(stack.folder, "stacks", "Pulumi.lab.yaml")}: ${String(lab.nodes.length)} nodes`);

  heading("2. pulumi up: every certificate is issued, distributed and proven");
  await up(stack);
  const first = await stack.certificates();
  const ports = await assertProven(lab, first);
  await assertClusterWorks(lab);
  log(`${String(ports)} serving ports were asked from outside the nodes: each serves the certificate of this run`);

  heading("3. pulumi up again: nothing to do");
  await up(stack, true);

  heading("4. The renewal clock is moved to the first moment at which something is due");
  const ofNodes = first.filter(({ node }) => node !== "-");
  const soonest = new Date(Math.min(...ofNodes.map(({ nextRenewal }) => Date.parse(nextRenewal))));
  stack.configure({ asOf: soonest.toISOString() });
  log(`pulumi config set asOf ${soonest.toISOString()}`);
  console.log(await stack.due());

  heading("5. pulumi up: what is due is renewed, and nothing else");
  await up(stack);
  const second = await stack.certificates();
  await assertProven(lab, second);
  await assertClusterWorks(lab);
  const old = new Set(first.map(({ serial }) => serial));
  const renewed = second.filter(({ serial }) => !old.has(serial));

  heading("Certificates now");
  log("kube-pki status --nodes");
  console.log(await stack.statusOfNodes());
  console.log(`
Proven: ${String(second.length)} certificates issued by the cluster's own CAs, ${String(ports)} serving ports checked from outside the nodes.
Proven: a second \`pulumi up\` changed nothing; with the clock at ${soonest.toISOString()} exactly ${String(renewed.length)} certificates of ${[...new Set(renewed.map(({ node }) => (node === "-" ? "a user" : node)))].join(" and ")} were renewed.
Proven: after each step all nodes are Ready, a ConfigMap was written and read, every kubelet answers the API server.`);
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { topology: { type: "string", default: "ha3" }, keep: { type: "boolean", default: false } },
  });
  const missing = Lab.supported();
  if (missing !== undefined) {
    console.error(missing);
    process.exitCode = 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-quickstart-"));
  const lab = await Lab.start(values.topology, { keep: values.keep, log });
  if (!values.keep) endLabOnInterrupt(lab, log);
  try {
    const stack = await Stack.create(lab, folder);
    if (stack.env["KUBE_PKI_STANDINS"] !== undefined)
      log("the official provider plugins are not installed: stand-ins of this repository take their place (README)");
    await play(lab, stack);
  } finally {
    if (values.keep) {
      console.log(
        `\nThe lab is left running: npm run lab -- ssh cp1 --name ${lab.name}; npm run lab -- down ${lab.name} ends it.`,
      );
      if (existsSync(folder)) console.log(`The stack lies in ${folder} (passphrase "lab").`);
    } else {
      await lab.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  log("done");
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
