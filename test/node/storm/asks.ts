/** The verb `issue` with an API server that answers, and what may become of a kubelet's certificate by it. */
import { Api } from "../api";
import { leaf } from "../pki";
import type { Signing } from "./case";
import { API, CURRENT, LEAFS } from "./layout";
import { ENDED, isOurs, type Invariant, type Moment } from "./moment";
import type { StormNode } from "./node";
import { ca, fits, isSignedByOne, type Generation } from "./pool";
import { differences, reads } from "./snapshot";

const serving = new Map<Generation, { cert: string; key: string }>();
const servingOf = (generation: Generation): { cert: string; key: string } => {
  const [host] = API.split(":");
  const made = serving.get(generation) ?? leaf(ca(`k${generation}`), "api", { names: `IP:${host ?? ""}` });
  serving.set(generation, made);
  return made;
};

/**
 * Runs with an API server where the node's kubeconfigs say that one is.
 *
 * @param served - of the CA that has signed its own certificate
 * @param signing - of the CA that signs
 */
export const withApi = async <T>(
  node: StormNode,
  served: Generation,
  signing: Generation,
  how: Signing,
  run: () => Promise<T>,
): Promise<T> => {
  const other = ca(signing === "1" ? "k2" : "k1");
  const signers = how === "late" ? [other, ca(`k${signing}`)] : [ca(`k${signing}`)];
  const api = await Api.start(servingOf(served), [ca("k1"), ca("k2")], ...signers);
  if (how === "denied") api.condition = "Denied";
  if (how === "refused") api.postCode = 403;
  node.redirect(API, api.port);
  try {
    return await run();
  } finally {
    node.redirect(API, undefined);
    api.stop();
  }
};

const isAsk = ({ sending }: Moment): boolean => sending.send === "ask";

const issued = (moment: Moment): string | undefined => {
  const { after, node, run, sending } = moment;
  if (!isAsk(moment) || !/^issued kubelet changed$/m.test(run.stdout)) return undefined;
  const text = reads(after, node.root, LEAFS.kubelet.cert)?.text ?? "";
  if (!fits(text, text)) return `${LEAFS.kubelet.cert} is no pair`;
  if (!isSignedByOne(text, [`k${sending.generation}`])) return `${LEAFS.kubelet.cert} is of another CA`;
  const link = after.get(CURRENT);
  return link?.kind === "link" && link.text === LEAFS.kubelet.cert.replace(/.*\//, "")
    ? undefined
    : `${CURRENT} leads elsewhere`;
};

const notSigned = (moment: Moment): string | undefined =>
  isAsk(moment) &&
  ["denied", "refused"].includes(moment.sending.signing) &&
  /^issued kubelet changed$/m.test(moment.run.stdout)
    ? "a certificate came of a request that nobody has signed"
    : undefined;

const onlyKubelet = (moment: Moment): string | undefined => {
  if (!isAsk(moment)) return undefined;
  const mine: readonly string[] = [LEAFS.kubelet.cert, CURRENT];
  const other = differences(moment.before, moment.after).find((path) => isOurs(path) && !mine.includes(path));
  return other === undefined ? undefined : `${other} was changed as well`;
};

const keepsKey = (moment: Moment): string | undefined =>
  isAsk(moment) && `${moment.run.stdout}${moment.run.stderr}`.includes("PRIVATE KEY")
    ? "a private key left the node"
    : undefined;

export const ASK_INVARIANTS: readonly Invariant[] = [
  { name: "what was not signed is not put in place", at: ["done"], check: notSigned },
  { name: "pairs always fit: the kubelet's that it has asked for", at: ["done", "again"], check: issued },
  { name: "a request touches nothing else", at: ENDED, check: onlyKubelet },
  { name: "a request keeps its key", at: ENDED, check: keepsKey },
];
