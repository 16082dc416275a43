import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import type { Context, ResourceType } from "../host";
import { bool, isObject, paths, text, unknown, type Properties } from "../values";
import { dial } from "./connection";
import { Lines } from "./lines";
import { Session, type Exit } from "./session";

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** `command:remote:Command`: a command over SSH, run at create, update and delete. */
export const remoteCommand: ResourceType = {
  check(inputs) {
    const failures = [];
    if (!isObject(inputs["connection"]) && inputs["connection"] !== unknown) {
      failures.push({ property: "connection", reason: "Missing required property: 'connection'" });
    } else if (isObject(inputs["connection"]) && inputs["connection"]["host"] === undefined) {
      failures.push({ property: "connection.host", reason: "Missing required property: 'host'" });
    }
    const logging = inputs["logging"];
    if (typeof logging === "string" && logging !== unknown && !loggings.includes(logging)) {
      failures.push({ property: "logging", reason: `Must be one of: ${loggings.join(", ")}` });
    }
    return failures;
  },

  diff: (before, inputs) =>
    paths(before.inputs, inputs).map((change) => ({ ...change, replace: /^triggers(\[|$)/.test(change.path) })),

  async create(inputs, context) {
    if (context.preview) return { id: "", state: { ...inputs, ...toCome } };
    const id = context.name + randomBytes(4).toString("hex");
    const command = text(inputs["create"]);
    const output = command === undefined ? nothing : await run(command, inputs, nothing, context);
    return { id, state: { ...inputs, ...output } };
  },

  async update(state, inputs, context) {
    if (context.preview) return { ...inputs, ...toCome };
    const command = text(inputs["update"]) ?? text(inputs["create"]);
    const before = outputOf(state);
    const output = command === undefined ? before : await run(command, inputs, before, context);
    return { ...inputs, ...output };
  },

  read: (known) => known,

  async delete(state, context) {
    const command = text(state["delete"]);
    if (command !== undefined) await run(command, state, outputOf(state), context);
  },
};

const loggings = ["stdout", "stderr", "stdoutAndStderr", "none"];
const nothing: Output = { stdout: "", stderr: "" };
const toCome: Output = { stdout: unknown, stderr: unknown };

function outputOf(state: Properties): Output {
  return { stdout: text(state["stdout"]) ?? "", stderr: text(state["stderr"]) ?? "" };
}

async function run(
  command: string,
  inputs: Properties,
  before: Output,
  context: Context,
): Promise<Output & Properties> {
  const connection = inputs["connection"];
  if (!isObject(connection)) throw new Error("connection: give an object with at least a host");
  // Left open until the plugin ends, as the official one does: one connection per command run.
  const session = await Session.open(await dial(connection, context));
  await setEnvironment(session, inputs, before, context);

  const logging = text(inputs["logging"]) ?? "stdoutAndStderr";
  const lines = new Lines((line) => {
    context.log("info", line, true);
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  const exit = await session.run(command, text(inputs["stdin"]) ?? "", (from, chunk) => {
    chunks[from].push(chunk);
    chunks.both.push(chunk);
    if (logging === "stdoutAndStderr" || logging === from) lines.add(chunk);
  });
  lines.end();

  const failure = failureOf(exit);
  if (failure !== undefined) {
    throw new Error(`${failure}: running ${JSON.stringify(command)}:\n${Buffer.concat(chunks.both).toString()}`);
  }
  const read = (from: "stdout" | "stderr"): string => Buffer.concat(chunks[from]).toString().replace(/\n$/, "");
  return { stdout: read("stdout"), stderr: read("stderr") };
}

async function setEnvironment(session: Session, inputs: Properties, before: Output, context: Context): Promise<void> {
  const hint = (name: string): string =>
    `Unable to set '${name}'. This only works if your SSH server is configured to accept these variables via AcceptEnv. ` +
    "Alternatively, if a Bash-like shell runs the command on the remote host, you could prefix the command itself with the " +
    "variables in the form 'VAR=value command'";
  const environment = isObject(inputs["environment"]) ? inputs["environment"] : {};
  for (const [name, value] of Object.entries(environment)) {
    if (await session.setEnvironment(name, text(value) ?? "")) continue;
    context.log("error", hint(name));
    throw new Error(`could not set environment variable "${name}": ssh: setenv failed`);
  }
  if (bool(inputs["addPreviousOutputInEnv"]) === false) return;
  const previous = { PULUMI_COMMAND_STDOUT: before.stdout, PULUMI_COMMAND_STDERR: before.stderr };
  for (const [name, value] of Object.entries(previous)) {
    if (value !== "" && !(await session.setEnvironment(name, value))) context.log("warning", hint(name));
  }
}

function failureOf(exit: Exit): string | undefined {
  switch (exit.kind) {
    case "code":
      return exit.code === 0 ? undefined : `Process exited with status ${String(exit.code)}`;
    case "signal": {
      const name = exit.signal.replace(/^SIG/, "");
      const signals: Readonly<Record<string, number | undefined>> = constants.signals;
      const reason = exit.description === "" ? "" : `. Reason was: ${exit.description}`;
      return `Process exited with status ${String(128 + (signals[`SIG${name}`] ?? 0))} from signal ${name}${reason}`;
    }
    case "lost":
      return "wait: remote command exited without exit status or exit signal";
  }
}
