/** `kube-pki init`: a stack file for a cluster that runs, or where the cluster differs from the one that is there. */
import { checkedConfig, isProblems } from "../core/init/checked";
import { CA_CHOICE_NAMES, CA_CHOICES, type CaChoice, type Choices } from "../core/init/choices";
import { differencesOf } from "../core/init/differences";
import { foundCluster, stackOf, type Stack } from "../core/init/stack";
import { stackText } from "../core/init/text";
import { mustBe } from "../core/format/problem";
import { EXIT, Failure, type Exit } from "./failure";
import { loginAt } from "./init/login";
import { differencesText, needsAttention, remarksText, setText, writtenText } from "./init/report";
import { ensureStack, isReachable, setSecrets } from "./init/secrets";
import { isStackName, schemaOf, stackContent, stackPlace, writeText, type StackPlace } from "./init/stackFile";
import { visitAll, type Visited } from "./init/visits";
import { world as realWorld, type World } from "./init/world";
import { oneOf, parsedWithHosts, STACK_OPTIONS } from "./options";
import { SSH_OPTIONS } from "./sshArgs";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  name: { type: "string", value: "NAME", text: "name of the stack; the cluster's by default" },
  ca: {
    type: "string",
    value: "CHOICE",
    offers: CA_CHOICE_NAMES,
    text: `what becomes of the CAs, asked if not given: ${CA_CHOICE_NAMES.map((name) => `${name}: ${CA_CHOICES[name].text}`).join("; ")}`,
  },
  "vault-address": { type: "string", value: "URL", text: "with --ca vault; VAULT_ADDR by default" },
  only: { type: "boolean", default: false, text: "read no other hosts than those named" },
  from: {
    type: "string",
    multiple: true,
    value: "FILE",
    offers: "files",
    text: "also take the surveys that `kube-pki survey` has printed; may be given several times",
  },
  "accept-host-keys": { type: "boolean", default: false, text: "accept host keys that no known_hosts has" },
  yes: { type: "boolean", default: false, text: "the same as --accept-host-keys" },
  "dry-run": { type: "boolean", default: false, text: "print the stack file, and write and set nothing" },
  ...SSH_OPTIONS,
  cwd: STACK_OPTIONS.cwd,
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "writes the stack file of a running cluster: reads the nodes, changes none of them",
  args: "HOST...",
  text: "HOST is [user@]host[:port]; one control plane is enough, it knows the others.",
  options: OPTIONS,
  examples: [
    ["init root@10.0.0.11", "a stack file for the cluster of this control plane; run again, where it differs from it"],
    ["init root@10.0.0.11 --ca existing --dry-run", "see what it would say first"],
  ],
  page: "init.md",
};

/** What is to become of the CAs: only their owner can say. */
const caChoice = async (given: string | undefined, { ask }: World): Promise<CaChoice> => {
  if (given !== undefined) return oneOf("--ca", given, CA_CHOICE_NAMES);
  if (ask === undefined)
    throw new Failure(
      mustBe("--ca", "missing, and there is no terminal to ask at", `one of ${CA_CHOICE_NAMES.join(", ")}`),
    );
  const lines = CA_CHOICE_NAMES.map((name) => `  ${name.padEnd(9)} ${CA_CHOICES[name].text}\n`).join("");
  return oneOf("the choice", await ask(`what becomes of the cluster's CAs?\n${lines}choice: `), CA_CHOICE_NAMES);
};

type Options = ReturnType<typeof parsedWithHosts<typeof OPTIONS>>["options"];

const choicesOf = async (
  options: Options,
  { visits, unreachable, bastion }: Visited,
  world: World,
): Promise<Choices> => {
  const ca = await caChoice(options.ca, world);
  const vaultAddress = options["vault-address"] ?? process.env["VAULT_ADDR"];
  if (CA_CHOICES[ca].needsAddress && (vaultAddress === undefined || vaultAddress === ""))
    throw new Failure(`--vault-address: missing; give the address of the server, or set VAULT_ADDR`);
  const [host] = visits.flatMap(({ ssh }) => ssh ?? []);
  const login = host && (await loginAt(host, options));
  return { ca, vaultAddress, bastion, login, unreachable, now: world.now() };
};

const NO_REASON = "";

/** Why it could not be done. */
const failureOf = async (action: () => Promise<unknown>): Promise<string> => {
  try {
    await action();
    return NO_REASON;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
};

/** Sets the keys that a run which was cut off has left out: those of CAs in the file, and with them the one that signs tokens. */
const complete = async (place: StackPlace, name: string, visited: Visited, options: Options, world: World) => {
  const { secrets: known, unset } = stackContent(place);
  if (unset.length === 0) return;
  const { visits, unreachable, bastion } = visited;
  const { secrets } = stackOf(visits, { ca: "existing", unreachable, bastion, now: world.now() });
  const lacking = secrets.filter((secret) => isReachable(secret) && !known.includes(secret.at));
  if (lacking.length === 0) return; // of a cluster that cannot be reached
  const ofPulumi = { name, cwd: options.cwd };
  const failure = await failureOf(async () => {
    await ensureStack(ofPulumi);
    await setSecrets(lacking, ofPulumi, options);
  });
  if (failure !== NO_REASON) throw new Failure(`${place.shown} is there already, and not all keys are set: ${failure}`);
  world.print(setText(lacking));
};

/** Exit 1 where the cluster is not what the stack file says. */
const compared = (place: StackPlace, visited: Visited, world: World): Exit => {
  const { raw, secrets, unset } = stackContent(place);
  const config = checkedConfig(raw, [...secrets, ...unset], world.now());
  if (isProblems(config))
    throw new Failure(`${place.shown} is there already, and it is not valid:\n  ${config.join("\n  ")}`);
  const found = foundCluster(visited.visits, visited);
  const differences = [...unset.map((at) => `${at}: not set`), ...differencesOf(config, found)];
  const missing = found.remarks.filter(({ kind }) => kind === "missing");
  world.print(differencesText(place.shown, differences));
  world.tell(remarksText(missing, []));
  return differences.length === 0 && missing.length === 0 ? EXIT.fine : EXIT.attention;
};

/** The stack first: without a login pulumi has none, and nothing is written that a later run would find. */
const write = async (stack: Stack, name: string, options: Options, world: World): Promise<Exit> => {
  const readable = stack.secrets.filter(isReachable);
  const ofPulumi = { name, cwd: options.cwd };
  const away = readable.length === 0 ? NO_REASON : await failureOf(() => ensureStack(ofPulumi));
  if (away !== NO_REASON)
    throw new Failure(
      `${away}; nothing was written: let pulumi reach the place of its state (pulumi login, or PULUMI_BACKEND_URL with PULUMI_CONFIG_PASSPHRASE), then run again`,
    );
  const place = stackPlace(name, options.cwd);
  writeText(place, stackText(stack, schemaOf(place)));
  const failure = await failureOf(() => setSecrets(readable, ofPulumi, options));
  const set = failure === NO_REASON ? readable : [];
  const unset = stack.secrets.filter((secret) => !set.includes(secret));
  world.print(writtenText({ stack, name, shown: place.shown, set, unset }));
  if (failure !== NO_REASON) throw new Failure(`not all keys are set: ${failure}`);
  return needsAttention(stack) ? EXIT.attention : EXIT.fine;
};

export async function command(args: readonly string[], world: World = realWorld()): Promise<Exit> {
  const { options, hosts } = parsedWithHosts(args, OPTIONS);
  if (options.ca !== undefined) oneOf("--ca", options.ca, CA_CHOICE_NAMES); // before any host is visited
  const acceptHostKeys = options["accept-host-keys"] || options.yes;
  const visited = await visitAll(hosts, { ...options, acceptHostKeys }, world);
  const name = options.name ?? foundCluster(visited.visits, visited).cluster.name.value;
  if (!isStackName(name)) throw new Failure(mustBe("--name", JSON.stringify(name), "letters, digits, _, . and -"));
  const place = options["dry-run"] ? undefined : stackPlace(name, options.cwd);
  if (place?.exists === true) {
    await complete(place, name, visited, options, world);
    return compared(place, visited, world);
  }
  const stack = stackOf(visited.visits, await choicesOf(options, visited, world));
  if (stack.nodes.length === 0) throw new Failure(remarksText(stack.remarks, stack.problems).trim());
  if (place !== undefined) return write(stack, name, options, world);
  world.print(stackText(stack));
  world.tell(remarksText(stack.remarks, stack.problems));
  return needsAttention(stack) ? EXIT.attention : EXIT.fine;
}
