/** Vault or OpenBao that goes wrong while a real cluster is rotated, and a token of its pipeline in the wrong hands. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { approleLogin, assertMayOnlySign } from "../../lab/stolenToken";
import type { OpenBao } from "../../lab/openbao";
import { assertSignsNothing } from "../access/credentials";
import { SHELL_WORKLOADS, startShells } from "../access/kubelets";
import { assertClusterWorks, assertExportClean, assertNoKey, assertProven } from "../checks";
import { adoptionConfig, configureSsh, givenAuthorities } from "../labConfig";
import { assertNothingToDo, begin, configureAsItIs, goTo, joinInPhase, ROLLOUT, rotateTo } from "../rotating";
import { complaint, type Run, type Scenario } from "../scenario";

/** What is under way when a certificate is being signed, and no node has been given any of them. */
const SIGNING = /SecretBackendSign +\S+ +creating/;

const serverOf = ({ vault }: Run): OpenBao => {
  assert.ok(vault, "this scenario is about Vault: say --authority vault");
  return vault;
};

/** An `up` during which something is done when the first line like this is printed. */
const upDisturbed = async (run: Run, at: RegExp, disturb: () => Promise<unknown>) => {
  let disturbed: Promise<unknown> | undefined;
  const onLine = (line: string): void => {
    if (at.test(line)) disturbed ??= disturb();
  };
  const { code, stdout, stderr } = await run.stack.up({ onLine });
  assert.ok(disturbed, `no line like ${String(at)}`);
  await disturbed;
  return { code, text: stdout + stderr };
};

/** The `up` fails, and every node holds and serves what it did before. */
const assertNothingGiven = async (run: Run, title: string, up: () => Promise<{ code: number; text: string }>) => {
  const before = await run.stack.certificates();
  return run.step(`${title}: no node is given anything`, async () => {
    const { code, text } = await up();
    assert.notEqual(code, 0, text);
    await assertProven(run.lab, before);
    await assertClusterWorks(run.lab);
    return text;
  });
};

const upInVain = (run: Run) => async () => {
  const { code, stdout, stderr } = await run.stack.up();
  return { code, text: stdout + stderr };
};

const playFaults = async (run: Run): Promise<void> => {
  const { stack } = run;
  const server = serverOf(run);
  await begin(run);
  stack.configure(rotateTo(2, "trust"));
  await run.up("pulumi up: trust");
  await run.lab.kubeconfig();
  stack.configure(rotateTo(2, "issue"));

  await server.seal();
  const sealed = await assertNothingGiven(run, "pulumi up: issue, with the server sealed", upInVain(run));
  assert.match(sealed, /authority\.vault\.address: \S+ is sealed; unseal it/);
  await run.step("pulumi preview with the server sealed says so in one line, and how to see the rest", async () => {
    const { stdout, stderr } = await stack.previewText();
    const [, exclude = ""] =
      /warning: .*authority\.vault\.address: \S+ is sealed; unseal it.*pulumi preview --exclude '(\S+)'/.exec(
        stdout + stderr,
      ) ?? [];
    const rest = await stack.previewText("--exclude", exclude);
    assert.equal(rest.code, 0, rest.stderr + rest.stdout);
    assert.match(rest.stdout, /SecretBackendSign +lab-\S+-kubelet +(create|replace)/);
  });
  await server.unseal();

  const token = await server.token(
    'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }',
  );
  stack.env["VAULT_TOKEN"] = token;
  await assertNothingGiven(run, "pulumi up: issue, the token revoked while it signs", () =>
    upDisturbed(run, SIGNING, () => server.must("POST", "auth/token/revoke", { token })),
  );
  stack.env["VAULT_TOKEN"] = server.rootToken;

  const role = "kube-pki/lab/kubernetes/roles/kubelet-g2";
  const good = await server.must("GET", role);
  await server.must("POST", role, { ...good, allowed_domains: ["nobody"] });
  const refused = await assertNothingGiven(run, "pulumi up: issue, one role signs nothing", upInVain(run));
  assert.match(refused, /kubelet/);
  await server.must("POST", role, good);

  await run.step("pulumi up: issue, the server ends and begins while it signs", async () => {
    const { code, text } = await upDisturbed(run, SIGNING, async () => {
      await server.powerOff();
      await server.powerOn();
    });
    run.log(code === 0 ? "it came back in time" : `it did not come back in time: ${complaint(text).slice(0, 200)}`);
  });
  await run.up("pulumi up again: issue");
  await run.lab.kubeconfig();
  await assertProven(run.lab, await stack.certificates());
  stack.configure(rotateTo(2));
  await run.up("pulumi up: done");
  await run.lab.kubeconfig();
  await assertNothingToDo(run);
  run.counts["ports proven from outside"] = await assertProven(run.lab, await stack.certificates());
  await assertClusterWorks(run.lab);
};

const PROXY = { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" };

/** A file with the token of a service account that may do everything, as a pipeline's login would give it. */
const administratorsToken = async ({ lab, stack }: Run): Promise<string> => {
  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.kubectl(args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await kubectl("create", "serviceaccount", "pipeline");
  await kubectl(
    "create",
    "clusterrolebinding",
    "pipeline",
    "--clusterrole=cluster-admin",
    "--serviceaccount=default:pipeline",
  );
  const file = join(stack.folder, "token");
  writeFileSync(file, await kubectl("create", "token", "pipeline", "--duration=6h"), { mode: 0o600 });
  return file;
};

const playStolenToken = async (run: Run): Promise<void> => {
  const { stack, lab } = run;
  const server = serverOf(run);
  await server.must("POST", "sys/auth/approle", { type: "approle" });
  await configureAsItIs(run);
  const { adopt } = await adoptionConfig(lab);
  stack.configure({
    authority: { kind: "vault", vault: { address: server.address, approle: "approle" }, csrSigner: "none" },
    adopt: { ...adopt, serviceAccount: false },
    users: [],
    inCluster: { user: { tokenFile: await administratorsToken(run) }, restart: [PROXY] },
  });
  await run.up("pulumi up: the cluster as it is, policies and roles for pipelines");
  await lab.kubeconfig();
  await assertNoKey(lab, stack);
  await run.step("nobody signs requests for certificates any more", () => assertSignsNothing(lab));
  const token = await approleLogin(server, "approle", "kube-pki-lab-renew");
  const node = lab.clusterNodes.at(-1) ?? "";
  await run.step("what the token of the pipeline is refused", async () => {
    run.counts["attempts refused"] = await assertMayOnlySign(server, token, { cluster: "lab", node });
  });
  const ends = (await stack.certificates()).map(({ nextRenewal }) => Date.parse(nextRenewal));
  stack.configure({ asOf: new Date(Math.max(...ends)).toISOString() });
  stack.env["VAULT_TOKEN"] = token;
  await run.up("pulumi up with that token: every certificate is renewed");
  await lab.kubeconfig();
  await assertNothingToDo(run);
  run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  await assertClusterWorks(lab);
};

/** And once back, before it is retired. */
const INTO = [
  ["trust", "trust"],
  ["issue", "issue"],
  ["back to trust", "trust"],
  ["done", "done"],
] as const;

const OWN_MOUNTS = { kubernetes: "pki/kubernetes", etcd: "pki/etcd", frontProxy: "pki/front-proxy" };
const ROOT_MOUNT = "pki/root";

/** What a stack file says of them. */
const ownMounts = async (run: Run) => {
  const server = serverOf(run);
  for (const path of [...Object.values(OWN_MOUNTS), ROOT_MOUNT])
    await server.must("POST", `sys/mounts/${path}`, { type: "pki", config: { max_lease_ttl: "219000h" } });
  await server.must("POST", `${ROOT_MOUNT}/root/generate/internal`, { common_name: "root", ttl: "218000h" });
  return { vault: { mounts: OWN_MOUNTS }, signedBy: { kind: "mount", mount: ROOT_MOUNT } };
};

const playMove = async (run: Run): Promise<void> => {
  const { stack, lab } = run;
  const { address } = serverOf(run);
  const given = await givenAuthorities(lab);
  const made = async ({ vault = {}, ...authority }: { vault?: object; kind: string; earlier: readonly object[] }) =>
    stack.configureSecret("authority", { ...given, vault: { address, ...vault }, csrSigner: "node", ...authority });
  await configureSsh(stack, lab);
  stack.configure({ rollout: ROLLOUT, ...rotateTo(1) });
  const first = { generations: 1, kind: "embedded" };
  await made({ kind: "vault", earlier: [first] });
  await run.up("pulumi up: the cluster as it is, its keys in the state");
  await lab.kubeconfig();
  for (const [name, phase] of INTO) {
    const trusted = phase === "done" ? ["g2"] : ["foreign", "g2"];
    await goTo(run, `into Vault: ${name}`, { configure: rotateTo(2, phase), trusted });
    await assertProven(lab, await stack.certificates());
  }
  await startShells(lab);
  stack.configure({ inCluster: SHELL_WORKLOADS });
  // the controller manager signs its request with the intermediate
  await joinInPhase(run, "w7");
  await run.up("pulumi up with the node that joined");
  const second = { generations: 2, kind: "vault" };
  const elsewhere = await run.step("existing mounts, and a root in one of them", () => ownMounts(run));
  await made({ kind: "vault", earlier: [first, second], ...elsewhere });
  await goTo(run, "to other mounts, signed by a root", { configure: rotateTo(3), trusted: ["g3"] });
  await assertProven(lab, await stack.certificates());
  await made({ kind: "embedded", earlier: [first, second, { generations: 3, kind: "vault", ...elsewhere }] });
  await goTo(run, "out of Vault", { configure: rotateTo(4), trusted: ["g4"], inVault: [] });
  run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  run.counts["certificates linted"] = await assertExportClean(stack);
};

export const vaultScenarios: readonly Scenario[] = [
  {
    name: "vault-faults",
    proves: "sealed, a token that ends, a role that refuses, a restart: no node is given half, the next up finishes",
    topologies: ["duo", "ha3"],
    play: playFaults,
  },
  {
    name: "vault-stolen-token",
    proves:
      "the token of a pipeline that renews gets no other name, group, usage, time, issuer or right; no private key is in " +
      "the state, and the controller manager signs nothing",
    topologies: ["duo", "ha3"],
    play: playStolenToken,
  },
  {
    name: "vault-move",
    proves:
      "a cluster whose CA keys are in the state moves into Vault, on to mounts of its owner's with a root above, and out " +
      "again, a rotation each; the controller manager's CSR signer is made on the control plane",
    topologies: ["duo"],
    play: playMove,
  },
];
