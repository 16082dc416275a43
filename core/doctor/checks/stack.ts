/** What a stack has issued, against what its nodes have. */
import { plainSerial } from "../../format/x509";
import type { Survey } from "../../survey/model";
import type { Cluster, NodeView, StackView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { day } from "../words";

/** By name, or by the address that the stack reaches it at. */
const stackNode = ({ survey: { host } }: NodeView, { nodes }: StackView) =>
  nodes.find(({ name }) => name === host.hostname) ?? nodes.find((node) => host.addresses.includes(node.host));

const serialsOf = ({ files, kubeconfigs }: Survey): ReadonlySet<string> =>
  new Set(
    [
      ...files.flatMap(({ certificates }) => certificates),
      ...kubeconfigs.flatMap(({ users }) => users.flatMap(({ certificates }) => certificates)),
    ].map(({ serial }) => plainSerial(serial)),
  );

type Row = StackView["certificates"][number];

/** What is where a layout has this certificate. */
const inItsPlace = (node: NodeView, { certificate }: Row) => {
  const paths = [...node.known.values()].flatMap(({ path, content }) =>
    "profile" in content && content.profile === certificate ? [path] : [],
  );
  const { files, kubeconfigs } = node.survey;
  return paths
    .flatMap((path) => [
      ...files
        .filter((file) => file.path === path)
        .flatMap(({ certificates: [leaf] }) => (leaf ? [{ path, leaf }] : [])),
      ...kubeconfigs
        .filter((config) => config.path === path)
        .flatMap(({ users }) => users.flatMap(({ certificates: [leaf] }) => (leaf ? [{ path, leaf }] : []))),
    ])
    .at(0);
};

const drift = (node: NodeView, { stack }: Cluster): Issue[] => {
  const own = stack === undefined ? undefined : stackNode(node, stack);
  if (stack === undefined || own === undefined) return [];
  const held = serialsOf(node.survey);
  return stack.certificates
    .filter((row) => row.node === own.name && !held.has(plainSerial(row.serial)))
    .map((row): Issue => {
      const other = inItsPlace(node, row);
      const issued = `the stack issued (serial ${plainSerial(row.serial)}, until ${day(row.notAfter)})`;
      return {
        urgency: "soon",
        subject: other?.path ?? row.certificate,
        text:
          other === undefined
            ? `no file holds the certificate ${row.certificate} that ${issued}`
            : `${other.path} holds another certificate (serial ${other.leaf.serial}, until ${day(other.leaf.notAfter)}) than the one that ${issued}`,
        remedy: `find out who wrote there (kubeadm, a renewal timer, somebody); the stack renews it from ${day(row.nextRenewal)} on`,
      };
    });
};

const unknownNode = (node: NodeView, { stack }: Cluster): Issue[] =>
  stack === undefined || stackNode(node, stack) !== undefined
    ? []
    : [
        {
          urgency: "notice",
          subject: "stack",
          text: "it is no node of the stack, so the stack does not renew what it holds",
          remedy: "add it under nodes of the stack, or have its workers rotated by inCluster.workers",
        },
      ];

export const STACK: readonly Check[] = [
  {
    id: "stack-drift",
    finds: "certificates that the stack has issued and no file of their node holds",
    look: eachNode(drift),
  },
  { id: "stack-node", finds: "nodes that the stack does not have", look: eachNode(unknownNode) },
];
