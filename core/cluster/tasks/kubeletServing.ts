/** Approves what kubelets ask for with serverTLSBootstrap: exactly what the stack plans for them (core/cluster/servingRequests.ts). */
import type { CertificateSigningRequest } from "../kube";
import { namesBy } from "../servingPlan";
import { isPending, judged, KUBELET_SERVING } from "../servingRequests";
import type { Work } from "../work";
import { isReady } from "../isReady";

const TASK = "kubelet-serving";
const REQUESTS = "certificatesigningrequests.certificates.k8s.io";

/** From the start of a kubelet to its certificate: it asks within seconds, and is signed for within seconds. */
const SERVED_S = 120;

/** Of more nodes only those that the stack lists are asked whether they serve. */
const AT_MOST = 500;

/** What a server says that has no certificate yet (Go's crypto/tls; kubelet's certificate manager). */
const WITHOUT = /tls: internal error|no serving certificate available/;

interface Fitting {
  readonly request: CertificateSigningRequest;
  readonly node: string;
}

interface Left {
  readonly name: string;
  readonly why: string;
}

/** ISO 8601, to the second: these sort as texts. */
const madeAt = ({ metadata }: CertificateSigningRequest): string => metadata.creationTimestamp ?? "";

const isApproved = ({ status }: CertificateSigningRequest): boolean =>
  status?.conditions?.some(({ type }) => type === "Approved") === true;

/** A kubelet gives up a request after a quarter of an hour, with its key: of each node only the last one is of use. */
const lastOfEach = (all: readonly CertificateSigningRequest[], fitting: readonly Fitting[]): readonly Fitting[] => {
  const last = new Map<string, string>();
  for (const each of [...all.filter(isApproved), ...fitting.map(({ request }) => request)])
    if (madeAt(each) > (last.get(each.spec.username) ?? "")) last.set(each.spec.username, madeAt(each));
  return fitting.filter(({ request }) => madeAt(request) === (last.get(request.spec.username) ?? ""));
};

interface Look {
  readonly toApprove: readonly Fitting[];
  readonly left: readonly Left[];
}

const look = async (work: Work): Promise<Look> => {
  const all = await work.kube.list(REQUESTS, { fields: `spec.signerName=${KUBELET_SERVING}` });
  const pending = all.filter(isPending);
  if (pending.length === 0) return { toApprove: [], left: [] };
  const namesOf = namesBy(work.fact("serving", TASK), await work.kube.list("nodes"));
  const judgements = await Promise.all(
    pending.map(async (request) => ({ request, verdict: await judged(request, namesOf) })),
  );
  return {
    toApprove: lastOfEach(
      all,
      judgements.flatMap(({ request, verdict }) => (verdict.approves ? [{ request, node: verdict.node }] : [])),
    ),
    left: judgements.flatMap(({ request, verdict }) =>
      verdict.approves ? [] : [{ name: request.metadata.name, why: verdict.why }],
    ),
  };
};

/** As it was judged: one that was changed or made anew meanwhile has another resource version, or another uid. */
const approved = ({ metadata, spec, status }: CertificateSigningRequest): object => ({
  apiVersion: "certificates.k8s.io/v1",
  kind: "CertificateSigningRequest",
  metadata: { ...metadata, managedFields: undefined }, // JSON has it not: they stay as they are
  spec,
  status: {
    ...status,
    conditions: [
      { type: "Approved", status: "True", reason: "KubePkiPlanned", message: "The names are those of the stack file." },
    ],
  },
});

/** @returns what was found: what was to be approved, and what is left pending */
const approveAll = async (work: Work): Promise<Look> => {
  const seen = await look(work);
  for (const { request, node } of seen.toApprove) {
    const { name } = request.metadata;
    // another one has seen to it; the next look judges what is there then
    if (!(await work.kube.approve(name, approved(request)))) continue;
    work.report(`approved ${name} ${node}`);
  }
  return seen;
};

const nodesWithout = async ({ kube, job }: Work): Promise<readonly string[]> => {
  const ready = (await kube.list("nodes")).filter(isReady).map(({ metadata }) => metadata.name);
  const names = ready.filter((name) => ready.length <= AT_MOST || Object.hasOwn(job.serving?.nodes ?? {}, name));
  const answers = names.length === 0 ? [] : await kube.kubelets(names);
  return answers.filter(([, says]) => WITHOUT.test(says)).map(([node]) => node);
};

export const kubeletServing = async (work: Work): Promise<void> => {
  const { waits } = work.fact("serving", TASK);
  let seen = await approveAll(work);
  let without: readonly string[] = [];
  const allServe = async (): Promise<boolean> => {
    seen = await approveAll(work);
    without = await nodesWithout(work);
    return without.length === 0;
  };
  if (seen.toApprove.length > 0 || waits)
    await work.waitFor(SERVED_S, "kubelets to get the serving certificates that they ask for", allServe);
  for (const { name, why } of seen.left) work.told("CertificateSigningRequest", name, `is left pending: ${why}`);
  for (const node of without)
    work.told(
      "Node",
      node,
      "has a kubelet without a serving certificate, so logs, exec and metrics fail there: look at what is said of its requests " +
        "here, else at its kubelet",
    );
};
