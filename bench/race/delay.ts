/** The way from the controller to the nodes, made longer. */
import type { Lab } from "../../test/lab/lab";
import { must, run } from "../../test/lab/process";

const NETEM = ["root", "netem", "delay"];

/** One sentence if this machine's kernel cannot. */
export const cannotDelay = async (): Promise<string | undefined> => {
  const { code, stderr } = await run(["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", ...NETEM, "1ms"]);
  if (code === 0) return undefined;
  return `--rtt: must be 0 on this machine: its kernel cannot delay packets (tc netem: ${stderr.trim()})`;
};

/**
 * All of the round trip is added to what the lab's own address sends: to nodes and, by its balancer, to API servers. What nodes
 * send each other does not pass there.
 */
export const delay = async (lab: Lab, rttMs: number): Promise<void> => {
  const br0 = (verb: string) => lab.driver(["tc", "qdisc", verb, "dev", "br0"]);
  if (rttMs > 0) await must([...br0("replace"), ...NETEM, `${String(rttMs)}ms`]);
  else await run([...br0("del"), "root"]); // there may be none
};
