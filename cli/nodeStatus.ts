/** Which certificates of a stack its nodes hold and serve: each is surveyed over the user's own ssh. */
import { plainSerial } from "../core/format/x509";
import type { CertificateRow } from "../core/report/report";
import type { CertificateFacts, Survey } from "../core/survey/model";
import { NOTED } from "../core/survey/read";
import { withPinnedHosts } from "./pinnedHosts";
import type { SshChoice } from "./sshArgs";
import type { NodeAddress } from "./stackOutputs";
import { isRead, surveyHosts, type Surveyed } from "./surveyHosts";

export interface NodeFacts {
  /** Serials of the certificates in the files that were installed. */
  readonly held: ReadonlySet<string>;
  /** What answers where they should be served; absent: without openssl a node cannot look. */
  readonly served?: readonly { readonly component: string; readonly at: string; readonly serial?: string }[];
}

/** Facts, or the sentence that says why there are none. */
export type Answer = { readonly facts: NodeFacts } | { readonly unreachable: string };

const certificatesOf = ({ files, kubeconfigs }: Survey, path: string): CertificateFacts[] => [
  ...files.filter((file) => file.path === path).flatMap(({ certificates }) => certificates),
  ...kubeconfigs
    .filter((kubeconfig) => kubeconfig.path === path)
    .flatMap(({ clusters, users }) => [
      ...clusters.flatMap(({ authorities }) => authorities),
      ...users.flatMap(({ certificates }) => certificates),
    ]),
];

export const answerOf = (surveyed: Surveyed): Answer => {
  if (!isRead(surveyed)) return surveyed;
  const { host, record, unread } = surveyed;
  if (host.uid !== 0) return { unreachable: unread[0] ?? "it was not read as root" };
  const serials = (record?.files ?? []).flatMap((path) => certificatesOf(surveyed, path)).map(({ serial }) => serial);
  const served = host.openssl === undefined ? {} : { served: record?.served ?? [] };
  return { facts: { held: new Set(serials.map(plainSerial)), ...served } };
};

export type OnNode = "same" | "differs" | "unreachable";

/** Whether a node uses the stack's certificate: one whose proof is `served` must be served now, any other be in its files. */
export function comparison(row: CertificateRow, answer: Answer | undefined): OnNode {
  if (answer === undefined || "unreachable" in answer) return "unreachable";
  const serial = plainSerial(row.serial);
  const { held, served } = answer.facts;
  const isServed = row.proof === "served" && served !== undefined;
  const present = isServed ? served.some((each) => plainSerial(each.serial ?? "") === serial) : held.has(serial);
  return present ? "same" : "differs";
}

/** Certificates that a node serves and the stack does not have, one sentence each. */
export function unknownCertificates(node: string, answer: Answer, rows: readonly CertificateRow[]): string[] {
  if ("unreachable" in answer) return [`${node}: ${answer.unreachable}`];
  const known = new Set(rows.filter((row) => row.node === node).map((row) => plainSerial(row.serial)));
  return (answer.facts.served ?? []).flatMap(({ component, at, serial }) =>
    serial === undefined || known.has(plainSerial(serial))
      ? []
      : [`${node}: ${component} at ${at} serves a certificate with serial ${serial}, which is not in the stack`],
  );
}

/** Asks every node, some at a time. */
export const queryNodes = (nodes: readonly NodeAddress[], choice: SshChoice): Promise<Map<string, Answer>> =>
  withPinnedHosts(nodes, async (targetOf) => {
    const hosts = nodes.map((node) => ({ name: node.name, target: targetOf(node), sudo: node.sudo }));
    const answers = await surveyHosts(hosts, choice, NOTED);
    return new Map([...answers].map(([{ name }, surveyed]) => [name, answerOf(surveyed)]));
  });
