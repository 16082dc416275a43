/**
 * Verbs that change no file of a node: `request` makes a key, `check` finds who still needs the old CA, `issue` without an API
 * server, `backups` and `dump` tell what there is, and `place` lays the script itself.
 */
import { createPublicKey } from "node:crypto";
import * as fs from "node:fs";
import { parsedBackups } from "../../../core/restore/backups";
import { nodeScript } from "../nodeScript";
import { part, payload } from "../payload";
import type { Result } from "../scratch";
import { templated } from "./body";
import type { Look } from "./case";
import { lacksNewCa } from "./confOracle";
import { confText } from "./confs";
import { CONFS, CURRENT, LEAFS, STATE } from "./layout";
import type { StormNode } from "./node";
import { first } from "./moment";
import { ca, isSignedByOne } from "./pool";
import { differences, snapshot, type Snapshot } from "./snapshot";

/** What is wrong; undefined: nothing. */
type Said = string | undefined;

const REQUEST = payload(
  "request",
  "node n1\nleaf web r1 ECDSA-P256\ncn web web\no web storm:masters\nsan web IP:127.0.0.1\nsan web DNS:web.example.com\n",
);
const CHECK = `node n1\n${part("ca:kubernetes", ca("k2").cert)}${part("old:kubernetes", ca("k1").cert)}`;

const ISSUE = `node n1\nkubeconfig ${CONFS[1]}\n${part("ca:kubernetes", ca("k2").cert)}leaf kubelet i1 ECDSA-P256\ncn kubelet system:node:n1\no kubelet system:nodes\n${part("apply", "node n1\nstart existing\n")}`;

/** As it is sent to a node, or to any that has this name. */
const call = (
  node: StormNode,
  verb: "check" | "issue",
  body: string,
  isTemplate: boolean,
  env: Record<string, string>,
) => (isTemplate ? node.run(["template", "n1"], templated(verb, body), env) : node.run(verb, payload(verb, body), env));

const HELD = "/mnt/held.conf";

/** Processes of a node as `check` sees them: one that still reads a file that another has replaced since. */
const layProcesses = (node: StormNode, held: boolean): string => {
  const at = "/processes";
  fs.rmSync(node.path(at), { recursive: true, force: true });
  fs.mkdirSync(node.path(`${at}/77`), { recursive: true });
  for (const name of ["stat", "uptime"]) fs.symlinkSync(`/proc/${name}`, node.path(`${at}/${name}`));
  node.write(`${at}/77/comm`, "kube-vip\n");
  node.write(`${at}/77/cmdline`, "kube-vip\0--kubeconfig=/srv/no.conf\0");
  node.write(`${at}/77/root${HELD}`, confText(CONFS[0], ["k1"], "k1", []));
  node.write(
    `${at}/77/mountinfo`,
    `36 35 98:0 / / rw - ext4 x rw\n37 36 98:0 ${node.root}${CONFS[0]}${held ? "//deleted" : ""} ${HELD} ro - ext4 x rw\n`,
  );
  return node.path(at);
};

const requested = (node: StormNode, { stdout }: Result): Said => {
  const key = `${STATE}/keys/web/r1.key`;
  const [, body = ""] = /^csr web r1\n-----BEGIN CERTIFICATE REQUEST-----\n([^-]*)/.exec(stdout) ?? [];
  const spki = createPublicKey(node.read(key)).export({ type: "spki", format: "der" });
  if (!Buffer.from(body, "base64").includes(spki)) return "the request is not of the key that lies here";
  if (stdout.includes("PRIVATE")) return "a private key left the node";
  return (fs.statSync(node.path(key)).mode & 0o077) === 0 ? undefined : "its key is not ours alone";
};

const checked = (before: Snapshot, held: boolean, { code, stdout }: Result): Said => {
  const named = (text: string): boolean => code !== 0 && stdout.includes(text);
  if (held !== stdout.includes(`found mount kube-vip:${HELD} `)) return `it ${held ? "misses" : "finds"} the mount`;
  if (held && code === 0) return "a mount stops nothing";
  const missed = CONFS.find(
    (path) => lacksNewCa(before, path) && !named(`found kubeconfig ${path} does not trust the new CA`),
  );
  return missed === undefined ? undefined : `${missed} does not trust the new CA and passed`;
};

/** No server answers here: what is signed by the CA that stays is left, for all else there is a sentence. */
const issued = (of: Snapshot, { code, stdout, why }: Result): Said => {
  if (code !== 0) return /: \S.*(: |, )/.test(why) ? undefined : `it says ${JSON.stringify(why)}`;
  if (!stdout.startsWith("issued kubelet unchanged\n")) return `it says ${JSON.stringify(stdout)}`;
  const isOurs = of.get(CONFS[1])?.text.includes(`client-certificate: ${CURRENT}`) === true;
  return isOurs && !isSignedByOne(of.get(LEAFS.kubelet.cert)?.text ?? "", ["k2"])
    ? "another CA has signed what it leaves"
    : undefined;
};

/** All that is kept is told, and no key. */
const told = (node: StormNode, { code, stdout, why }: Result): Said => {
  if (code !== 0) return /: \S.*: /.test(why) ? undefined : `it says ${JSON.stringify(why)}`;
  if (stdout.includes("PRIVATE")) return "a private key left the node";
  const { backups } = parsedBackups(stdout);
  const at = node.path(`${STATE}/backup`);
  const kept = fs.existsSync(at) ? fs.readdirSync(at).filter((name) => fs.existsSync(`${at}/${name}/list`)) : [];
  const missing = kept.find((name) => !backups.some((backup) => backup.name === name));
  return missing === undefined ? undefined : `it does not tell of ${missing}`;
};

const dumped = ({ code, why }: Result): Said =>
  code === 0 || /^(?:n1|node): \S.*: /.test(why) ? undefined : `it says ${JSON.stringify(why)}`;

/** Whole or not at all, whatever kills it. */
const place = async (node: StormNode, kill: Look["kill"]): Promise<readonly [Said, string]> => {
  const before = snapshot(node);
  const next = `${nodeScript().replace(/# end of node\.sh\n$/, "")}# another one\n# end of node.sh\n`;
  node.write("/new/node.sh", next);
  const at = `${STATE}/node.sh`;
  const was = node.read(at);
  const run = await node.meddled(["place"], "", { kill }, "/new/node.sh");
  const is = node.read(at);
  if (is !== next && is !== was) return ["node.sh is neither the old nor the new one", run.stderr];
  if (run.code === 0 && is !== next) return ["it says that it is in place", run.stderr];
  return [untouched(before, snapshot(node)), run.stderr];
};

const untouched = (before: Snapshot, after: Snapshot): Said => {
  const changed = differences(before, after);
  const other = first(before, ([path, { ino, mtimeMs }]) => {
    const is = after.get(path);
    return is?.kind === "file" && (is.ino !== ino || is.mtimeMs !== mtimeMs) ? path : undefined;
  });
  const path = changed[0] ?? other;
  return path === undefined ? undefined : `${path} was touched`;
};

/** @returns what is wrong, and what the last run said */
export const look = async (
  node: StormNode,
  { what, held, kill, isTemplate }: Look,
): Promise<readonly [Said, string]> => {
  const before = snapshot(node);
  if (what === "place") return place(node, kill);
  if (what === "backups" || what === "dump") {
    const run = await node.run(what === "dump" ? ["dump", "files"] : what);
    return [untouched(before, snapshot(node)) ?? (what === "dump" ? dumped(run) : told(node, run)), run.stderr];
  }
  if (what === "check") {
    const run = await call(node, "check", CHECK, isTemplate, { KUBE_PKI_PROC: layProcesses(node, held) });
    const blind = run.code !== 0 && run.stdout === "" && /no room|cannot be/.test(run.why);
    return [untouched(before, snapshot(node)) ?? (blind ? undefined : checked(before, held, run)), run.stderr];
  }
  if (what === "issue") {
    const run = await call(node, "issue", ISSUE, isTemplate, { KUBE_PKI_LIMIT: "1" });
    return [untouched(before, snapshot(node)) ?? issued(before, run), run.stderr];
  }
  const begun = await node.meddled("request", REQUEST, { kill });
  const early = untouched(before, snapshot(node));
  if (early !== undefined) return [early, begun.stderr];
  const second = await node.run("request", REQUEST);
  const third = await node.run("request", REQUEST);
  if (second.code !== 0) return [untouched(before, snapshot(node)), second.stderr];
  if (third.stdout !== second.stdout || (begun.code === 0 && begun.stdout !== second.stdout))
    return ["the same request is another one", third.stderr];
  return [untouched(before, snapshot(node)) ?? requested(node, second), second.stderr];
};
