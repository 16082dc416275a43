/** The neighbours of a lab: put there, named in the stack file, looked at. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { installNeighbours } from "../../lab/neighbours";
import type { Lab } from "../../lab/lab";
import { withRole } from "../../lab/topology";
import { apply, mustKubectl, sandboxImageOf } from "../clients/userland";
import { CONVERSION_BUNDLE, CONVERTED, convertedResources, note } from "./conversion";
import { API_NAME, coreDns, DNS_ADDRESS } from "./coreDns";
import { ledger } from "./ledger";
import { METRICS_BUNDLE, METRICS_CERTIFICATE, metricsApi, metricsServer } from "./metricsServer";
import { namespace, NAMESPACE } from "./namespace";
import { ASKED, DENIAL, DENIED, webhook, WEBHOOK_BUNDLE, WEBHOOK_CERTIFICATE, webhookConfiguration } from "./webhook";

const WORKLOADS = [
  ["deployment/coredns", "kube-system"],
  ["deployment/metrics-server", "kube-system"],
  ["deployment/webhook", NAMESPACE],
  ["statefulset/ledger", NAMESPACE],
] as const;

/** What a stack file says of them: who serves by its CA, whose bundles follow it, and that all else is rolled. */
export const NEIGHBOUR_CONFIG = {
  certificates: { own: { metrics: METRICS_CERTIFICATE, webhook: WEBHOOK_CERTIFICATE } },
  inCluster: { restart: "all", caBundles: [METRICS_BUNDLE, WEBHOOK_BUNDLE, CONVERSION_BUNDLE] },
} as const;

const caIn = async (lab: Lab, { namespace: from, name }: { readonly namespace: string; readonly name: string }) => {
  const data = await mustKubectl(lab, ["get", "secret", name, "-n", from, "-o", "jsonpath={.data.ca\\.crt}"]);
  return Buffer.from(data, "base64").toString();
};

/** Starts all of them; those that serve wait for the Secrets that the stack writes. */
export const startNeighbours = async (lab: Lab, log: (line: string) => void): Promise<void> => {
  await installNeighbours(lab, log);
  await lab.kubeconfig();
  const image = await sandboxImageOf(lab);
  await apply(lab, [namespace, ...coreDns(image), ...metricsServer(image), ...webhook(image), ...ledger(image)]);
  // a service's address is the business of nodes: the lab itself reaches this one through a worker, as a router outside would
  const [worker] = withRole(lab.nodes, "worker");
  const route = ["ip", "route", "replace", `${DNS_ADDRESS}/32`, "via", worker?.address ?? ""];
  assert.equal((await lab.exec(route)).code, 0, route.join(" "));
};

/** Tells the API servers of those that serve, once they do. */
export const registerNeighbours = async (lab: Lab): Promise<void> => {
  for (const [workload, from] of WORKLOADS)
    await mustKubectl(lab, ["rollout", "status", workload, "-n", from, "--timeout=110s"]);
  const webhookCa = await caIn(lab, WEBHOOK_CERTIFICATE.secret);
  await apply(lab, [
    metricsApi(await caIn(lab, METRICS_CERTIFICATE.secret)),
    webhookConfiguration(webhookCa),
    convertedResources(webhookCa),
  ]);
  await mustKubectl(lab, ["wait", `crd/${CONVERSION_BUNDLE.name}`, "--for=condition=Established", "--timeout=60s"]);
  await apply(lab, [note]);
};

/** metrics-server asks kubelets every 10 s and tells of a node after two answers. */
const METRICS_S = 60;

/** Seconds until `look` no longer throws; what it throws at the end. */
const within = async (seconds: number, look: () => Promise<void>): Promise<number> => {
  const started = Date.now();
  for (;;) {
    try {
      await look();
      return Math.round((Date.now() - started) / 100) / 10;
    } catch (error) {
      if (Date.now() - started > seconds * 1000) throw error;
      await sleep(1000);
    }
  }
};

/** An API server tells all nodes' usage, which metrics-server has from their kubelets. */
const assertTop = async (lab: Lab): Promise<number> =>
  within(METRICS_S, async () => {
    const nodes = await mustKubectl(lab, ["top", "nodes", "--no-headers"]);
    assert.deepEqual(
      nodes
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/)[0])
        .sort(),
      [...lab.clusterNodes].sort(),
      "nodes of kubectl top",
    );
    assert.doesNotMatch(nodes, /unknown/);
    assert.match(await mustKubectl(lab, ["top", "pods", "-n", NAMESPACE, "--no-headers"]), /^webhook-/m);
  });

const assertWebhook = async (lab: Lab): Promise<void> => {
  const create = (name: string, labels: Readonly<Record<string, string>>) =>
    lab.kubectl(["create", "-f", "-"], {
      stdin: JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: NAMESPACE, name, labels },
      }),
    });
  const name = `asked-${String(Date.now())}`;
  const allowed = await create(name, { [ASKED]: "" });
  assert.equal(allowed.code, 0, `the webhook does not let in: ${allowed.stderr}`);
  const denied = await create(`${name}-denied`, { [ASKED]: "", [DENIED]: "" });
  assert.notEqual(denied.code, 0, "the webhook lets in what it denies");
  assert.ok(denied.stderr.includes(DENIAL), denied.stderr);
};

const assertConverted = async (lab: Lab): Promise<void> => {
  const { items } = JSON.parse(await mustKubectl(lab, ["get", "--raw", CONVERTED.path])) as {
    items: readonly { readonly apiVersion: string }[];
  };
  assert.deepEqual(
    items.map(({ apiVersion }) => apiVersion),
    [CONVERTED.apiVersion],
  );
};

/** CoreDNS knows a Service that was made just now: its watch is alive, with whatever token and CA. */
const NEWS_S = 30;

const assertDns = async (lab: Lab): Promise<number> => {
  const name = `news-${String(Date.now())}`;
  await mustKubectl(lab, ["create", "service", "clusterip", name, "-n", NAMESPACE, "--tcp=80"]);
  const address = await mustKubectl(lab, ["get", "service", name, "-n", NAMESPACE, "-o", "jsonpath={.spec.clusterIP}"]);
  const [pod = ""] = await podsOf(lab, "webhook");
  // in a pod, by the resolv.conf that its kubelet has written
  const ask = async (host: string): Promise<string> =>
    mustKubectl(lab, ["exec", "-n", NAMESPACE, pod, "--", "getent", "ahostsv4", host]);
  assert.match(await ask(API_NAME), /^10\.96\.0\.1\s/);
  return within(NEWS_S, async () => {
    assert.ok((await ask(`${name}.${NAMESPACE}`)).startsWith(`${address} `));
  });
};

const podsOf = async (lab: Lab, app: string): Promise<string[]> => {
  const names = "jsonpath={.items[*].metadata.name}";
  return (await mustKubectl(lab, ["get", "pods", "-n", NAMESPACE, "-l", `app=${app}`, "-o", names])).split(" ");
};

export interface Looked {
  readonly topSeconds: number;
  readonly newNameSeconds: number;
}

/** All of them do what they are there for. */
export const assertNeighbours = async (lab: Lab): Promise<Looked> => {
  await lab.kubeconfig();
  for (const [workload, from] of WORKLOADS)
    await mustKubectl(lab, ["rollout", "status", workload, "-n", from, "--timeout=60s"]);
  const topSeconds = await assertTop(lab);
  await assertWebhook(lab);
  await assertConverted(lab);
  return { topSeconds, newNameSeconds: await assertDns(lab) };
};
