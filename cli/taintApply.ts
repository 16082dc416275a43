/** Makes the next `pulumi up` run a node's `apply` again, which pulumi would not do: nothing in its state has changed. */
import { z } from "zod";
import { nameInUrn, nodeName, stepName } from "../core/certificates/resourceNames";
import { run } from "./run";
import { CLUSTER, stackArgs, type StackChoice } from "./stackOutputs";

const exported = z.object({
  deployment: z.object({ resources: z.array(z.object({ urn: z.string(), type: z.string() })).default([]) }),
});

/** The `apply` of a node in an export of the state; of each ClusterPki that has one. */
export const applyUrns = (state: unknown, node: string): string[] => {
  const parsed = exported.safeParse(state);
  if (!parsed.success) return [];
  const { resources } = parsed.data.deployment;
  const bases = resources.filter(({ type }) => type === CLUSTER).map(({ urn }) => nameInUrn(urn));
  const names = new Set(bases.map((base) => stepName(nodeName(base, node), "apply")));
  return resources
    .filter(({ type, urn }) => type === "command:remote:Command" && names.has(nameInUrn(urn)))
    .map(({ urn }) => urn);
};

/** @returns false where it could not be done */
export const taintApply = async (node: string, choice: StackChoice): Promise<boolean> => {
  const pulumi = (...args: readonly string[]) =>
    run("pulumi", [...args, "--non-interactive", ...stackArgs(choice)], { cwd: choice.cwd });
  const { code, stdout } = await pulumi("stack", "export");
  if (code !== 0) return false;
  const urns = applyUrns(JSON.parse(stdout), node);
  return urns.length > 0 && (await pulumi("state", "taint", "--yes", ...urns)).code === 0;
};
