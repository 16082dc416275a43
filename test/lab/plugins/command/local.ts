import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { Context, ResourceType } from "../host";
import { bool, isObject, paths, text, unknown, type Properties } from "../values";
import { Lines } from "./lines";

/** `command:local:Command`: a command on the machine that runs pulumi, without `update`, `delete` and assets. */
export const localCommand: ResourceType = {
  check: (inputs) =>
    Object.keys(inputs)
      .filter((property) => !known.includes(property))
      .map((property) => ({ property, reason: "this stand-in does not know it" })),

  diff: (before, inputs) =>
    paths(before.inputs, inputs).map((change) => ({ ...change, replace: /^triggers(\[|$)/.test(change.path) })),

  async create(inputs, context) {
    if (context.preview) return { id: "", state: { ...inputs, stdout: unknown, stderr: unknown } };
    return {
      id: context.name + randomBytes(4).toString("hex"),
      state: { ...inputs, ...(await run(inputs, context, {})) },
    };
  },

  // without a command of its own an update runs `create` again
  async update(state, inputs, context) {
    if (context.preview) return { ...inputs, stdout: unknown, stderr: unknown };
    return { ...inputs, ...(await run(inputs, context, previous(inputs, state))) };
  },

  read: (made) => made,
};

const known = ["create", "interpreter", "triggers", "stdin", "logging", "environment", "addPreviousOutputInEnv"];

const textsOf = (given: Properties[string] = null): Record<string, string> =>
  isObject(given) ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name, text(value) ?? ""])) : {};

/** What the command printed before, unless it is not to know. */
const previous = (inputs: Properties, { stdout, stderr }: Properties): Record<string, string> =>
  bool(inputs["addPreviousOutputInEnv"]) === false
    ? {}
    : { PULUMI_COMMAND_STDOUT: text(stdout) ?? "", PULUMI_COMMAND_STDERR: text(stderr) ?? "" };

function run(inputs: Properties, context: Context, before: Record<string, string>): Promise<Properties> {
  const given = Array.isArray(inputs["interpreter"]) ? inputs["interpreter"].map((each) => text(each) ?? "") : [];
  const [program = "/bin/sh", ...args] = given.length > 0 ? given : ["/bin/sh", "-c"];
  const command = text(inputs["create"]) ?? "";
  const logging = text(inputs["logging"]) ?? "stdoutAndStderr";
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, command], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...before, ...textsOf(inputs["environment"]) },
    });
    const out: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    const lines = new Lines((line) => {
      context.log("info", line, true);
    });
    for (const from of ["stdout", "stderr"] as const)
      child[from].on("data", (chunk: Buffer) => {
        out[from].push(chunk);
        if (logging === "stdoutAndStderr" || logging === from) lines.add(chunk);
      });
    child.on("error", reject);
    child.stdin.on("error", () => undefined); // it may end before it has read all
    child.stdin.end(text(inputs["stdin"]) ?? "");
    child.on("close", (code) => {
      lines.end();
      const [stdout, stderr] = [out.stdout, out.stderr].map((chunks) =>
        Buffer.concat(chunks).toString().replace(/\n$/, ""),
      ) as [string, string];
      if (code === 0) resolve({ stdout, stderr });
      else reject(new Error(`exit status ${String(code)}: running ${JSON.stringify(command)}:\n${stdout}${stderr}`));
    });
  });
}
