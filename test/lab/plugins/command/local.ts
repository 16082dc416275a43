import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { ResourceType } from "../host";
import { paths, text, unknown, type Properties } from "../values";

/** `command:local:Command`: a command on the machine that runs pulumi, with `create` and `interpreter` alone. */
export const localCommand: ResourceType = {
  check: (inputs) =>
    Object.keys(inputs)
      .filter((property) => !known.includes(property))
      .map((property) => ({ property, reason: "this stand-in does not know it" })),

  diff: (before, inputs) =>
    paths(before.inputs, inputs).map((change) => ({ ...change, replace: /^triggers(\[|$)/.test(change.path) })),

  async create(inputs, context) {
    if (context.preview) return { id: "", state: { ...inputs, stdout: unknown, stderr: unknown } };
    return { id: context.name + randomBytes(4).toString("hex"), state: { ...inputs, ...(await run(inputs)) } };
  },

  // without a command of its own an update runs `create` again
  async update(_state, inputs, context) {
    if (context.preview) return { ...inputs, stdout: unknown, stderr: unknown };
    return { ...inputs, ...(await run(inputs)) };
  },

  read: (made) => made,
};

const known = ["create", "interpreter", "triggers"];

function run(inputs: Properties): Promise<Properties> {
  const given = Array.isArray(inputs["interpreter"]) ? inputs["interpreter"].map((each) => text(each) ?? "") : [];
  const [program = "/bin/sh", ...args] = given.length > 0 ? given : ["/bin/sh", "-c"];
  const command = text(inputs["create"]) ?? "";
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, command], { stdio: ["ignore", "pipe", "pipe"] });
    const out: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => out.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => out.stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      const [stdout, stderr] = [out.stdout, out.stderr].map((chunks) =>
        Buffer.concat(chunks).toString().replace(/\n$/, ""),
      ) as [string, string];
      if (code === 0) resolve({ stdout, stderr });
      else reject(new Error(`exit status ${String(code)}: running ${JSON.stringify(command)}:\n${stdout}${stderr}`));
    });
  });
}
