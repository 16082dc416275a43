/** How to reach a lab that was left running: for people, and for programs that log in by themselves. */
import { inNamespace, labNamespace } from "./network";
import { keyFile, knownHostsFile } from "./ssh";
import type { NodeSpec } from "./topology";

interface Left {
  readonly name: string;
  readonly folder: string;
  /** host:port of the API. */
  readonly endpoint: string;
  readonly nodes: readonly NodeSpec[];
}

export const welcome = ({ name, folder, endpoint, nodes }: Left): readonly string[] => [
  ...nodes.map((node) => `${node.name}  ${node.address}  ${node.roles.join(", ")}`),
  `lab ${name} is up; a shell: npm run lab -- ssh ${nodes[0]?.name ?? ""} --name ${name}; API: https://${endpoint}`,
  `log in: user root, key ${keyFile(folder)}, host keys ${knownHostsFile(folder)}`,
  `from its network alone: ${inNamespace(labNamespace(name), ["COMMAND"]).join(" ")}`,
];
