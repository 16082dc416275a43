import * as pulumi from "@pulumi/pulumi";
import { AUTHORITIES } from "../core/model/authorities";
import { comparedConfig, preflightNode, type PreflightJob } from "../core/preflight/job";
import type { Config, NodeConfig } from "../core/schema/config";
import type { Inputs } from "./inputs";

/** What nodes are compared with, as JSON: the stack file without its keys, and what each of them is to get. */
export const comparedNodes = (inputs: Inputs, nodes: readonly NodeConfig[]): pulumi.Output<string> => {
  const names = new Set(nodes.map(({ name }) => name));
  const addresses = nodes.map((node) => `${inputs.pathOf(node)}.address`);
  const certificates = AUTHORITIES.map((name) => `authority.${name}.certificate`);
  // texts: the SDK makes a promise of every value that it looks through, and this is the whole stack file
  const authority = inputs.of(certificates, ({ config }) => JSON.stringify(config.authority));
  const nodesOf = inputs.of(addresses, ({ config, plan }) => {
    const compared = plan.nodes.filter(({ node }) => names.has(node.name));
    return JSON.stringify({ config, nodes: compared.map((node) => preflightNode(plan, node, config)) });
  });
  // each section has its values apart (inputs.ts)
  return pulumi.all([nodesOf, authority]).apply(([text, given]) => {
    const { config, nodes: planned } = JSON.parse(text) as PreflightJob<unknown>["compared"];
    const known = { ...config, authority: JSON.parse(given) as Config["authority"] };
    return JSON.stringify({ config: comparedConfig(known), nodes: planned });
  });
};
