/** What concerns several fields at once. Each check looks at the sections that were readable and leaves out the rest. */
import { issuerOf } from "../../authorities/rotation";
import { missing, mustBe } from "../../format/problem";
import { sshKeyProblems } from "../../format/sshKey";
import { isStandIn } from "../../format/standIn";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { PROFILE_NAMES } from "../../model/profiles";
import { SECRET_PATHS } from "../../schema/jsonSchema";
import { stateAsOf } from "../generations";
import { exactlyOne, pathText, repeated, valueAt } from "../problems";
import { addressProblems } from "./addresses";
import { adoptProblems } from "./adopt";
import { asOfProblems } from "./asOf";
import { vaultProblems } from "./vault";
import { backendProblems } from "./backends";
import type { Check, CheckInput } from "./check";
import { etcdProblems } from "./etcd";
import { authorityProblems } from "./existingCa";
import { inClusterProblems } from "./inCluster";
import { listenerProblems } from "./listeners";
import { filesProblems } from "./files";
import { readerProblems } from "./readers";
import { renewAtProblems } from "./renewAt";
import { ownProblems } from "./own";
import { ownFilesProblems } from "./ownFiles";
import { ownNamesProblems } from "./ownNames";
import { lifetimeProblems } from "./lifetimes";
import {
  clockProblems,
  etcdDowntimeProblems,
  phaseProblems,
  restartProblems,
  serviceAccountProblems,
  soakProblems,
} from "./rotation";
import { plannedSans } from "./plannedSans";
import { signedProblems } from "./signed";
import { subjectProblems } from "./subjects";
import { unusable } from "../../certificates/unusable";
import { userProblems } from "./users";
import { kubeletServingProblems } from "./kubeletServing";
import { workersProblems } from "./workers";

/** A key that was once plain in a stack file stays in its history, so this is refused and not repaired. */
const plainSecrets: Check = ({ raw, secretKeys }) =>
  SECRET_PATHS.filter(
    (path) => typeof valueAt(raw, path) === "string" && secretKeys?.has(String(path[0])) === false,
  ).map((path) => {
    const at = pathText(path);
    return mustBe(
      at,
      "a private key in plain text",
      "a secret",
      `create a new key and run \`pulumi config set --secret --path 'kube-pki:${at}' < FILE\``,
    );
  });

const distinctNodes: Check = ({ sections: { nodes = [] } }) =>
  (["name", "address"] as const).flatMap((field) =>
    repeated(
      nodes.map((node) => node[field]),
      (index, first) =>
        mustBe(
          `nodes[${String(index)}].${field}`,
          `${JSON.stringify(nodes[index]?.[field])} is nodes[${String(first)}].${field} too`,
          "unique",
        ),
    ),
  );

/** Two nodes behind one sshd would get each other's keys. */
const distinctHosts: Check = ({ sections: { nodes = [], ssh } }) => {
  if (!nodes.some((node) => node.ssh?.host !== undefined)) return [];
  const target = (node: (typeof nodes)[number]) =>
    `${node.ssh?.host ?? node.address} port ${String(node.ssh?.port ?? ssh?.port ?? 22)}`;
  return repeated(nodes.map(target), (index, first) => {
    const node = nodes[index];
    const given = `${node === undefined ? "" : target(node)} is nodes[${String(first)}] too`;
    return mustBe(`nodes[${String(index)}].ssh.host`, given, "unique together with the port");
  });
};

const controlPlane: Check = ({ sections: { nodes } }) =>
  nodes === undefined || nodes.some(({ roles }) => roles.includes("control-plane"))
    ? []
    : [mustBe("nodes", "none has the role control-plane", "a list with at least one control plane")];

const usableHostKeys: Check = ({ sections: { nodes = [], ssh } }) =>
  [
    ...nodes.map((node, index) => [`nodes[${String(index)}].ssh.hostKey`, node.ssh?.hostKey] as const),
    ["ssh.bastion.hostKey", ssh?.bastion?.hostKey] as const,
  ].flatMap(([at, key]) => (key === undefined ? [] : unusable("hostKey", at, key)));

/** With both types, as a host under FIPS 140 has no Ed25519. */
const SCAN = "ssh-keyscan -t ed25519,ecdsa";

const hostKeys: Check = ({ sections: { nodes = [], ssh } }) => {
  if (ssh === undefined || ssh.insecureIgnoreHostKeys) return [];
  const noKey = (at: string, host: string, port: number) => {
    const scan = port === 22 ? `${SCAN} ${host}` : `${SCAN} -p ${String(port)} ${host}`;
    return missing(
      `${at}.hostKey`,
      `give the host's public key as \`${scan}\` shows it and compare it on the host, or set ` +
        "ssh.insecureIgnoreHostKeys: true in a lab",
    );
  };
  const onNodes = nodes.flatMap((node, index) =>
    node.ssh?.hostKey === undefined
      ? [noKey(`nodes[${String(index)}].ssh`, node.ssh?.host ?? node.address, node.ssh?.port ?? ssh.port)]
      : [],
  );
  const { bastion } = ssh;
  if (bastion === undefined) return onNodes;
  return bastion.hostKey === undefined ? [...onNodes, noKey("ssh.bastion", bastion.host, bastion.port)] : onNodes;
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
  ).flatMap(([at, key]) => (key === undefined || isStandIn(key) ? [] : sshKeyProblems(at, key)));

/** The tls provider writes one organization into a request, and would drop the others silently. */
const organizationsInState: Check = ({ sections: { certificates, nodes = [] } }) => {
  if (certificates === undefined) return [];
  const inState = nodes.find(({ keyLocation }) => (keyLocation ?? certificates.keyLocation) === "state");
  return PROFILE_NAMES.flatMap((name) => {
    const count = certificates.profiles[name]?.organizations?.length ?? 0;
    if (count <= 1) return [];
    const problem = (where: string) =>
      mustBe(
        pathText(["certificates", "profiles", name, "organizations"]),
        `a list of ${String(count)}`,
        `a list of one where the key is in the state, as ${where}`,
      );
    if (inState !== undefined) return [problem(`on ${inState.name}`)];
    return name === "admin" ? [problem("that of the stack's own administrator is")] : [];
  });
};

/** The authorities whose existing CA signs now. A CA that was replaced by a rotation may expire. */
const existingIssuers = ({ sections: { authority, rotation, adopt }, now }: CheckInput): AuthorityName[] =>
  AUTHORITIES.filter(
    (name) =>
      authority?.[name] !== undefined &&
      (rotation === undefined || issuerOf(stateAsOf(name, { authority, rotation, adopt }, now)) === 1),
  );

const existingCas: Check = (input) => {
  const { sections, now } = input;
  if (sections.authority === undefined) return [];
  const issuers = existingIssuers(input);
  return authorityProblems(sections.authority, (name) => ({
    authority: name,
    signs: issuers.includes(name),
    sans: () => plannedSans(sections, name, now),
    now,
  }));
};

const lifetimes: Check = (input) => {
  const { authority, certificates, users } = input.sections;
  if (certificates === undefined) return [];
  const isReadable = authority !== undefined && "rotation" in input.sections && "adopt" in input.sections;
  const issuers = new Set(existingIssuers(input));
  const given = AUTHORITIES.flatMap((name) => (issuers.has(name) ? [[name, authority?.[name]] as const] : []));
  const rotatesByClock = input.sections.rotation?.rotateEvery !== undefined;
  const limits = isReadable
    ? { validity: authority.validity, rotatesByClock, ...Object.fromEntries(given) }
    : undefined;
  return lifetimeProblems(certificates, limits, input.now, users);
};

const CHECKS: readonly Check[] = [
  plainSecrets,
  asOfProblems,
  distinctNodes,
  distinctHosts,
  addressProblems,
  listenerProblems,
  controlPlane,
  etcdProblems,
  oneLogin,
  usableSshKeys,
  hostKeys,
  usableHostKeys,
  existingCas,
  backendProblems,
  vaultProblems,
  signedProblems,
  lifetimes,
  organizationsInState,
  subjectProblems,
  ownProblems,
  ownNamesProblems,
  ownFilesProblems,
  renewAtProblems,
  clockProblems,
  soakProblems,
  phaseProblems,
  serviceAccountProblems,
  etcdDowntimeProblems,
  restartProblems,
  adoptProblems,
  inClusterProblems,
  readerProblems,
  filesProblems,
  userProblems,
  workersProblems,
  kubeletServingProblems,
];

export const crossProblems: Check = (input) => CHECKS.flatMap((check) => check(input));
