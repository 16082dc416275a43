/** What concerns several fields at once. Each check looks at the sections that were readable and leaves out the rest. */
import { signerOf } from "../../authorities/rotation";
import { hasPassphrase } from "../../format/pem";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { PROFILE_NAMES } from "../../model/profiles";
import { SECRET_PATHS } from "../../schema/jsonSchema";
import { stateAsOf } from "../generations";
import { exactlyOne, pathText, repeated, valueAt } from "../problems";
import { adoptProblems } from "./adopt";
import { vaultProblems } from "./vault";
import { backendProblems } from "./backends";
import type { Check, CheckInput } from "./check";
import { authorityProblems } from "./givenCa";
import { inClusterProblems } from "./inCluster";
import { lifetimeProblems } from "./lifetimes";
import {
  clockProblems,
  etcdDowntimeProblems,
  phaseProblems,
  restartProblems,
  serviceAccountProblems,
} from "./rotation";
import { signedProblems } from "./signed";
import { userProblems } from "./users";
import { workersProblems } from "./workers";

/** A key that once was plain in a stack file is in its history for ever, so this is refused, not fixed up. */
const plainSecrets: Check = ({ raw, secretKeys }) =>
  SECRET_PATHS.filter(
    (path) => typeof valueAt(raw, path) === "string" && secretKeys?.has(String(path[0])) === false,
  ).map((path) => {
    const at = pathText(path);
    return (
      `${at}: a private key in plain text; run ` +
      `\`pulumi config set --secret --path 'kube-pki:${at}' < FILE\` with a new key`
    );
  });

const distinctNodes: Check = ({ sections: { nodes = [] } }) =>
  (["name", "address"] as const).flatMap((field) =>
    repeated(
      nodes.map((node) => node[field]),
      (index, first) =>
        `nodes[${String(index)}].${field}: ${JSON.stringify(nodes[index]?.[field])} is nodes[${String(first)}].${field} too; ` +
        `allowed is each ${field} once`,
    ),
  );

/** Two nodes behind one sshd would get each other's keys. */
const distinctHosts: Check = ({ sections: { nodes = [], ssh } }) => {
  if (!nodes.some((node) => node.ssh?.host !== undefined)) return [];
  const target = (node: (typeof nodes)[number]) =>
    `${node.ssh?.host ?? node.address} port ${String(node.ssh?.port ?? ssh?.port ?? 22)}`;
  return repeated(nodes.map(target), (index, first) => {
    const node = nodes[index];
    return `nodes[${String(index)}].ssh.host: ${node === undefined ? "" : target(node)} is nodes[${String(first)}] too; allowed is each host and port once`;
  });
};

const controlPlane: Check = ({ sections: { nodes } }) =>
  nodes === undefined || nodes.some(({ roles }) => roles.includes("control-plane"))
    ? []
    : ["nodes: none has the role control-plane; allowed is at least one that has"];

const hostKeys: Check = ({ sections: { nodes = [], ssh } }) => {
  if (ssh === undefined || ssh.insecureIgnoreHostKeys) return [];
  const missing = (at: string, host: string, port: number) => {
    const scan = port === 22 ? `ssh-keyscan -t ed25519 ${host}` : `ssh-keyscan -t ed25519 -p ${String(port)} ${host}`;
    return (
      `${at}.hostKey: missing; give the host's public key as \`${scan}\` shows it and compare it on the host, ` +
      "or set ssh.insecureIgnoreHostKeys: true in a lab"
    );
  };
  const onNodes = nodes.flatMap((node, index) =>
    node.ssh?.hostKey === undefined
      ? [missing(`nodes[${String(index)}].ssh`, node.ssh?.host ?? node.address, node.ssh?.port ?? ssh.port)]
      : [],
  );
  const { bastion } = ssh;
  if (bastion === undefined) return onNodes;
  return bastion.hostKey === undefined ? [...onNodes, missing("ssh.bastion", bastion.host, bastion.port)] : onNodes;
};

const oneLogin: Check = ({ sections: { ssh } }) => {
  if (ssh === undefined) return [];
  return exactlyOne("ssh", ["privateKey", "agent: true"], [ssh.privateKey !== undefined, ssh.agent]);
};

const usableSshKeys: Check = ({ sections: { ssh } }) =>
  (
    [
      ["ssh.privateKey", ssh?.privateKey],
      ["ssh.bastion.privateKey", ssh?.bastion?.privateKey],
    ] as const
  )
    .filter(([, key]) => key !== undefined && hasPassphrase(key))
    .map(([at]) => `${at}: protected by a passphrase; allowed is a key without one, or ssh.agent: true instead`);

/** The tls provider writes one organization into a request, and would leave the others out without a word. */
const organizationsInState: Check = ({ sections: { certificates, nodes = [] } }) => {
  if (certificates === undefined) return [];
  const inState = nodes.find(({ custody }) => (custody ?? certificates.custody) === "state");
  return PROFILE_NAMES.flatMap((name) => {
    const count = certificates.profiles[name]?.organizations?.length ?? 0;
    if (count <= 1) return [];
    const at = `${pathText(["certificates", "profiles", name, "organizations"])}: ${String(count)} of them; allowed is one`;
    if (inState !== undefined) return [`${at} while a node, ${inState.name}, has custody state`];
    return name === "admin" ? [`${at}: the key of the stack's own administrator is in its state`] : [];
  });
};

/** The authorities whose given CA signs now. One that was rotated away from may end. */
const givenSigners = ({ sections: { authority, rotation, adopt }, now }: CheckInput): AuthorityName[] =>
  AUTHORITIES.filter(
    (name) =>
      authority?.[name] !== undefined &&
      (rotation === undefined || signerOf(stateAsOf(name, { authority, rotation, adopt }, now)) === 1),
  );

const givenCas: Check = (input) => {
  const { authority } = input.sections;
  return authority === undefined ? [] : authorityProblems(authority, givenSigners(input), input.now);
};

const lifetimes: Check = (input) => {
  const { authority, certificates, users } = input.sections;
  if (certificates === undefined) return [];
  const isReadable = authority !== undefined && "rotation" in input.sections && "adopt" in input.sections;
  const signers = new Set(givenSigners(input));
  const given = AUTHORITIES.flatMap((name) => (signers.has(name) ? [[name, authority?.[name]] as const] : []));
  const limits = isReadable ? { validity: authority.validity, ...Object.fromEntries(given) } : undefined;
  return lifetimeProblems(certificates, limits, input.now, users);
};

const CHECKS: readonly Check[] = [
  plainSecrets,
  distinctNodes,
  distinctHosts,
  controlPlane,
  oneLogin,
  usableSshKeys,
  hostKeys,
  givenCas,
  backendProblems,
  vaultProblems,
  signedProblems,
  lifetimes,
  organizationsInState,
  clockProblems,
  phaseProblems,
  serviceAccountProblems,
  etcdDowntimeProblems,
  restartProblems,
  adoptProblems,
  inClusterProblems,
  userProblems,
  workersProblems,
];

export const crossProblems: Check = (input) => CHECKS.flatMap((check) => check(input));
