import * as pulumi from "@pulumi/pulumi";
import type { ClusterPayload } from "../../core/cluster/payload";
import { CONNECTION_VARIABLE } from "../../core/nodes/connection";
import type { NodeConfig } from "../../core/schema/config";
import { settled, type Inputs } from "../inputs";
import { ownProgram } from "../ownProgram";
import { sshConnection } from "../sshConnection";
import { warnOn } from "../warnOn";
import type { Waits } from "../nodeSteps";

/** What the program reports of a signing request, and of what was found (core/cluster/work.ts). */
const APPROVED = /^approved (\S+) (\S+)$/;
const FOUND = /^found (\S+ \S+) (.+)$/;

/**
 * A step in the cluster that is no resource: in every run, and in no preview. What cannot be done is told, and ends no run that
 * has done its work; the next one tries again.
 *
 * @returns what whoever comes after it has to wait for
 */
export const inEveryRun = (
  row: pulumi.Resource,
  { inputs, runOn }: { readonly inputs: Inputs; readonly runOn: NodeConfig },
  payload: pulumi.Output<ClusterPayload>,
  after: Waits,
): Waits => {
  if (pulumi.runtime.isDryRun()) return after;
  const tell = (line: string): void => {
    const [, request, node] = APPROVED.exec(line) ?? [];
    if (request !== undefined && node !== undefined)
      void pulumi.log.info(`${node}: its kubelet's request for a serving certificate is approved (${request})`, row);
    const [, what, why] = FOUND.exec(line) ?? [];
    if (what !== undefined && why !== undefined) warnOn(row, `${what} ${why}`);
  };
  const run = async (): Promise<readonly (pulumi.Resource | undefined)[]> => {
    const before = await Promise.all(after.map((each) => settled(pulumi.output(each))));
    for (const each of before) if (each !== undefined) await settled(each.urn);
    try {
      const connection = await settled(pulumi.output(sshConnection(inputs, runOn)));
      const job = await settled(payload);
      const environment = { [CONNECTION_VARIABLE]: JSON.stringify(connection) };
      const said = await ownProgram("cluster-step", JSON.stringify(job), environment);
      for (const line of said.split("\n")) tell(line);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      warnOn(row, `kubelets' requests for serving certificates were not looked at: ${why}; the next run does`);
    }
    return before;
  };
  const ran = run();
  return after.map((_each, index) => pulumi.output(ran.then((before) => before[index] ?? row)));
};
