/** The order of steps that the model walks is the one in the graph: read off the dependencies that are registered. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { getMonitor } from "@pulumi/pulumi/runtime/settings";
import { ClusterPki } from "../../../components";
import { orderIn } from "../../../core/stepOrder";
import { planCluster } from "../../../core/plan";
import { registeredBy } from "../../components/mocks";
import { NOW } from "../fixture";
import { stepsOf, type StepName } from "./run";
import { argsFor, stackFile, statesOf, type Topology } from "./walk";

interface Request {
  getName: () => string;
  getDependenciesList: () => string[];
}

type Register = (request: Request, ...rest: unknown[]) => unknown;

/** For each resource by name, the names it waits for, as far as one can go; `last` are some that come late. */
const dependenciesIn = async (
  program: () => ClusterPki,
  last: readonly string[],
): Promise<Map<string, Set<string>>> => {
  const direct = new Map<string, string[]>();
  await registeredBy(() => {
    const monitor = getMonitor() as unknown as { registerResource: Register };
    const register = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request, ...rest) => {
      direct.set(
        request.getName(),
        request.getDependenciesList().map((urn) => urn.slice(urn.lastIndexOf("::") + 2)),
      );
      return register(request, ...rest);
    };
    return program().certificates;
  }, false);
  // the program's outputs do not wait for its last steps
  const isThere = () => last.every((name) => direct.has(name));
  for (let waits = 0; waits < 300 && !isThere(); waits++) await sleep(100);
  assert.ok(isThere(), `not registered: ${last.filter((name) => !direct.has(name)).join(" ")}`);
  const all = new Map<string, Set<string>>();
  const of = (name: string): Set<string> => {
    const known = all.get(name);
    if (known !== undefined) return known;
    const found = new Set((direct.get(name) ?? []).flatMap((each) => [each, ...of(each)]));
    all.set(name, found);
    return found;
  };
  for (const name of direct.keys()) of(name);
  return all;
};

describe("model: order", () => {
  for (const topology of [
    { layout: "kubeadm", minor: 36, controlPlanes: 3, etcdMembers: 0, workers: 5 },
    { layout: "hardway", minor: 35, controlPlanes: 2, etcdMembers: 3, workers: 2 },
    { layout: "etcdadm", minor: 36, controlPlanes: 2, etcdMembers: 3, workers: 2 },
    { layout: "kubespray", minor: 36, controlPlanes: 3, etcdMembers: 0, workers: 2 },
  ] satisfies Topology[])
    for (const phase of ["trust", "done"] as const)
      it(`is that of the graph: ${topology.layout}, phase ${phase}`, async () => {
        const states = statesOf(() => ({ generation: 2, phase }));
        const config = stackFile(topology, states, false);
        const plan = planCluster(config, NOW);
        const steps = stepsOf(plan, config);
        const names = plan.nodes.map(({ node }) => node.name);
        const command = (step: string) => (node: string) => `prod-${node}-${step}`;
        const walked = new Set(steps.flatMap((step) => names.map(command(step))));
        const graph = await dependenciesIn(() => new ClusterPki("prod", argsFor(topology, states, false)), [...walked]);
        const before = (name: string, step: StepName): string[] =>
          (plan.nodes.find(({ node }) => node.name === name)?.after[orderIn(step, config)] ?? []).flatMap((each) => [
            each,
            ...before(each, step),
          ]);
        for (const [index, step] of steps.entries())
          for (const node of names) {
            const expected = [
              ...steps.slice(0, index).flatMap((earlier) => names.map(command(earlier))),
              ...before(node, step).map(command(step)),
            ];
            const waitsFor = [...(graph.get(command(step)(node)) ?? [])].filter((name) => walked.has(name));
            assert.deepEqual(waitsFor.sort(), expected.sort(), command(step)(node));
          }
        assert.equal([...graph.keys()].filter((name) => /-(?:trust|apply|retire)$/.test(name)).length, walked.size);
      }).timeout(60_000);
});
