/**
 * Whether a kubelet's request for a serving certificate (serverTLSBootstrap) is what the stack plans for that node. Nobody in
 * Kubernetes approves kubernetes.io/kubelet-serving: only who knows the machine can say which names are its own
 * (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/). What the signer itself asks of such a
 * request is in kubernetes/kubernetes pkg/apis/certificates/helpers.go; this asks for more.
 */
import { requestProblem } from "../certificates/signingRequests";
import type { San } from "../format/addresses";
import type { CertificateSigningRequest } from "./kube";

export const KUBELET_SERVING = "kubernetes.io/kubelet-serving";

const NODE_USER = /^system:node:([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)$/;
const GROUPS = ["system:authenticated", "system:nodes"];
/** A key of elliptic curves enciphers no other, so kubelets ask for the second since 1.27. */
const USAGES = [
  ["digital signature", "key encipherment", "server auth"],
  ["digital signature", "server auth"],
];
/** One request and nothing beside it: of two, whoever signs may read the other. */
const ONE_REQUEST = /^-----BEGIN CERTIFICATE REQUEST-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE REQUEST-----\n*$/;

/** The names that a node's certificate may have, of which a kubelet asks for some; or why there are none, and what to do. */
export type NamesOf = (node: string) => { readonly names: readonly San[] } | { readonly why: string };

export type Verdict =
  | { readonly approves: true; readonly node: string }
  /** One sentence: what is wrong, and what to do. */
  | { readonly approves: false; readonly why: string };

const isPlain = (given: readonly string[], wanted: readonly string[]): boolean =>
  JSON.stringify([...given].sort()) === JSON.stringify(wanted);

const quoted = (given: readonly string[]): string => (given.length === 0 ? "none" : given.join(", "));

/** Neither approved, denied nor failed, and nothing issued. */
export const isPending = ({ status }: CertificateSigningRequest): boolean =>
  (status?.conditions ?? []).length === 0 && (status?.certificate ?? "") === "";

/** The text of the request; undefined where it is something else. */
const pemIn = (base64: string): string | undefined => {
  const text = Buffer.from(base64, "base64").toString("latin1");
  return ONE_REQUEST.test(text) ? text : undefined;
};

/** @returns what is wrong with the text itself, which the API server does not compare with who sent it */
const textProblem = async (base64: string, node: string, planned: readonly San[]): Promise<string | undefined> => {
  const pem = pemIn(base64);
  if (pem === undefined) return `it holds something else than one signing request; ${STOLEN}`;
  let names: readonly string[] = [];
  let stray: readonly string[] = [];
  const problem = await requestProblem(
    pem,
    { commonName: `system:node:${node}`, organizations: ["system:nodes"], sans: planned },
    (given, wanted) => {
      names = given;
      stray = given.filter((name) => !wanted.includes(name));
      return names.length > 0 && stray.length === 0;
    },
  ).catch(() => "it cannot be read");
  if (problem === undefined) return undefined;
  return stray.length > 0
    ? `it asks for ${quoted(stray)}, and ${node} has ${quoted(planned)}; if that is a name of this machine, add it to extraSans of the node, else deny it`
    : `${problem}; ${STOLEN}`;
};

const STOLEN = "no kubelet asks so: deny it, and look for who has that node's credentials";

/** Decided by the request alone and by what is planned: nothing is asked of the node. */
export const judged = async ({ spec }: Pick<CertificateSigningRequest, "spec">, namesOf: NamesOf): Promise<Verdict> => {
  const no = (why: string): Verdict => ({ approves: false, why });
  const { signerName, username, groups = [], usages = [], request } = spec;
  if (signerName !== KUBELET_SERVING) return no(`its signer is ${signerName}; that one is approved by others`);
  const node = NODE_USER.exec(username)?.[1];
  if (node === undefined) return no(`it comes from ${username}, which is no node; deny it`);
  if (!isPlain(groups, GROUPS)) return no(`its groups are ${quoted(groups)}, and not ${quoted(GROUPS)}; ${STOLEN}`);
  if (!USAGES.some((wanted) => isPlain(usages, wanted))) return no(`its usages are ${quoted(usages)}; ${STOLEN}`);
  const planned = namesOf(node);
  if ("why" in planned) return no(planned.why);
  const why = await textProblem(request, node, planned.names);
  return why === undefined ? { approves: true, node } : no(why);
};
