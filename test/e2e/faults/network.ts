/** What goes wrong between the machine that runs pulumi and the nodes. */
import { spawn } from "node:child_process";
import { commandOf } from "../../lab/killTree";
import type { Lab } from "../../lab/lab";
import { labNamespace, nodeNamespace } from "../../lab/network";
import { must } from "../../lab/process";
import { applyOf, type Fault, type Mend } from "./fault";

/** The process of a node that takes new connections of ssh. */
const listenerOf = async (lab: Lab, node: string): Promise<number> => {
  const pids = await must(["ip", "netns", "pids", nodeNamespace(lab.name, node)]);
  const found = pids
    .split("\n")
    .filter(Boolean)
    .find((pid) => /^(sshd: )?\S*sshd -D\b/.test(commandOf(pid) ?? ""));
  if (found === undefined) throw new Error(`${node}: no sshd`);
  return Number(found);
};

/** Its kernel takes connections, and nobody answers them. */
const silence = async (lab: Lab, node: string): Promise<Mend> => {
  const pid = await listenerOf(lab, node);
  process.kill(pid, "SIGSTOP");
  return () => {
    process.kill(pid, "SIGCONT");
    return Promise.resolve();
  };
};

const cutOff = async (lab: Lab, node: string): Promise<Mend> => {
  const link = (to: "up" | "down") => must(["ip", "-n", labNamespace(lab.name), "link", "set", `v-${node}`, to]);
  await link("down");
  return async () => {
    await link("up");
  };
};

/** More than the lab's nodes let in (MaxStartups in test/lab/rootfsFiles.ts). */
const TOO_MANY = 120;

const CROWD = `
const net = require("node:net");
const [host, count] = process.argv.slice(1);
let open = 0;
for (let each = 0; each < Number(count); each += 1)
  net.connect(22, host, () => { open += 1; if (open === Number(count)) console.log("open"); }).on("error", () => {});
setInterval(() => {}, 1000);
`;

/** Others keep connections open and do not log in. */
const crowd = async (lab: Lab, node: string): Promise<Mend> => {
  const address = lab.nodes.find(({ name }) => name === node)?.address ?? "";
  const [command = "", ...args] = lab.driver([process.execPath, "-e", CROWD, address, String(TOO_MANY)]);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => {
      resolve();
    });
    child.once("error", reject);
  });
  return () => {
    child.kill();
    return Promise.resolve();
  };
};

/** What a worker without network cannot reach, and who cannot reach it. */
const UNREACHED = ["unreachable"];

export const networkFaults: readonly Fault[] = [
  {
    name: "the sshd of a worker takes connections and says nothing",
    happen: ({ run }) => silence(run.lab, "w1"),
    outcome: { is: "fails", within: 120, says: /w1: .*10\.77\.0\.\d+/, touches: false },
  },
  {
    name: "the sshd of a worker says nothing for 20 s when its step begins",
    at: applyOf("w1"),
    happen: ({ run }) => silence(run.lab, "w1"),
    lasts: 20,
    outcome: { is: "passes", within: 150 },
  },
  {
    name: "the sshd of a worker has as many connections as it takes",
    happen: ({ run }) => crowd(run.lab, "w1"),
    outcome: { is: "fails", within: 120, says: /w1: .*10\.77\.0\.\d+/, touches: false },
  },
  {
    name: "the sshd of a worker has as many connections as it takes when its step begins",
    at: applyOf("cp1"),
    happen: ({ run }) => crowd(run.lab, "w1"),
    outcome: { is: "fails", within: 150, says: /w1/, touches: true },
  },
  {
    name: "a worker is cut off for 15 s in the middle of its step",
    at: applyOf("w1"),
    happen: ({ run }) => cutOff(run.lab, "w1"),
    lasts: 15,
    outcome: { is: "passes", within: 150 },
    allowed: UNREACHED,
  },
  {
    name: "a worker is cut off in the middle of its step",
    at: applyOf("w1"),
    happen: ({ run }) => cutOff(run.lab, "w1"),
    outcome: { is: "fails", within: 300, says: /w1/, touches: true },
    allowed: UNREACHED,
  },
];
