/** What is changed on nodes behind a stack's back, what is told of each change, and who restarts when it is brought back. */
import assert from "node:assert/strict";
import { dirname } from "node:path/posix";
import type { LeafName } from "../../core/model/profiles";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { aclFor, archived, NOBODY, UNPACK } from "../node/rights";
import { renewByHand, signByHand } from "./byHand";
import { filesOf, pathOf } from "./layoutFiles";

/** What is left in a certificate file. */
export const NOTE = "looked at by hand";

const WORKER = "w1";
const CONTROL_PLANE = "cp1";

/** What somebody changes on a node. */
export interface Change {
  readonly node: string;
  readonly make: () => Promise<unknown>;
  /** What is told of it, each after the node's name. */
  readonly told: readonly RegExp[];
  /** Who has to restart when it is brought back; nobody where it is read anew. */
  readonly restarts?: string;
}

/** The kubelet's client certificate: the link that it follows, and the file of the stack. */
interface Link {
  readonly path: string;
  readonly target: string;
  readonly folder: string;
}

/** None where the kubelet has its credentials in its kubeconfig: it does not rotate those. */
export const linkOf = (lab: Lab, node: string): Link | undefined => {
  const [file] = filesOf(lab, node, "kubelet", "link");
  if (file?.content.kind !== "link") return undefined;
  return { path: file.path, target: file.content.target, folder: dirname(file.path) };
};

export const targetOn = async (lab: Lab, node: string, { path }: Link): Promise<string> =>
  (await lab.must(node, `readlink ${path}`)).trim();

/** The kubelet finds that its certificate ends within the hour, and gets another one from the cluster by itself. */
const letKubeletRotate = async (lab: Lab, node: string, link: Link): Promise<void> => {
  const subject = `-subj /O=system:nodes/CN=system:node:${node} -addext extendedKeyUsage=clientAuth`;
  const request = await lab.must(node, `openssl req -new -key ${link.path} ${subject}`);
  const certificate = await signByHand(lab, request, "1 hour");
  await lab.must(
    node,
    `cd ${link.folder}
umask 077
{ cat && openssl pkey -in ${link.target}; } >new && cat new >${link.target} && rm new
systemctl restart kubelet`,
    { stdin: `${certificate}\n` },
  );
  for (let waited = 0; (await targetOn(lab, node, link)).endsWith(link.target); waited += 1) {
    assert.ok(waited < 60, "the kubelet does not rotate its certificate");
    await lab.must(node, "sleep 2");
  }
};

const quoted = (path: string): string => path.replace(/[.\\{}[\]()*+?^$|]/g, "\\$&");

const RENEWED = "was renewed by another tool, such as `kubeadm certs renew` \\(serial ";

/** What a kubelet does or has done to it: its own rotation where it has one. */
const ofKubelets = (lab: Lab): readonly Change[] => {
  const link = linkOf(lab, WORKER);
  const isNode = lab.clusterNodes.includes(CONTROL_PLANE);
  if (link === undefined) {
    const path = pathOf(lab, WORKER, "kubelet", "kubeconfig");
    const told = [new RegExp(`${quoted(path)}: kubelet ${RENEWED}`)];
    const make = () => renewByHand(lab, WORKER, "kubelet");
    return [{ node: WORKER, make, told, restarts: "kubelet" }];
  }
  const ours = quoted(`${link.folder}/${link.target}`);
  return [
    {
      node: WORKER,
      make: () => letKubeletRotate(lab, WORKER, link),
      told: [
        /\S+: the kubelet has rotated its client certificate by itself: the link leads to \S*kubelet-client-\d{4}-/,
        new RegExp(`${ours}: kubelet was renewed by another tool`),
      ],
      restarts: "kubelet",
    },
    ...(isNode
      ? [
          {
            node: CONTROL_PLANE,
            make: () => lab.must(CONTROL_PLANE, `ln -sfn ${link.folder}/${link.target} ${link.path}`),
            told: [new RegExp(`${quoted(link.path)}: the link leads to ${ours}, and led to ${quoted(link.target)}`)],
            restarts: "kubelet",
          },
        ]
      : []),
  ];
};

/** Lets nobody read a file by an ACL, as setfacl does, which a lab node may not have. */
const letNobodyRead = (lab: Lab, node: string, path: string): Promise<string> =>
  lab.must(
    node,
    `cd "$(mktemp -d)" && base64 -d | tar ${UNPACK.map((word) => `'${word}'`).join(" ")} && cp --attributes-only --preserve=mode like ${path}`,
    { stdin: archived("like", { "system.posix_acl_access": aclFor(NOBODY) }).toString("base64") },
  );

/** As people and their tools do it. */
export const changesOf = (lab: Lab): readonly Change[] => {
  const on = (profile: LeafName, kind: "certificate" | "key" | "kubeconfig", node = CONTROL_PLANE): string =>
    pathOf(lab, node, profile, kind);
  const [member = { name: "" }] = withRole(lab.nodes, "etcd");
  const serving = [on("apiserver", "certificate"), on("apiserver", "key")];
  const etcdKey = on("etcd-server", "key", member.name);
  const kubeletClientKey = on("apiserver-kubelet-client", "key");
  const frontProxyKey = on("front-proxy-client", "key");
  const folder = dirname(on("apiserver", "certificate"));
  return [
    ...ofKubelets(lab),
    {
      node: CONTROL_PLANE,
      make: () => renewByHand(lab, CONTROL_PLANE, "scheduler"),
      told: [new RegExp(`${quoted(on("scheduler", "kubeconfig"))}: scheduler ${RENEWED}`)],
      restarts: "kube-scheduler",
    },
    {
      node: CONTROL_PLANE,
      make: () => renewByHand(lab, CONTROL_PLANE, "apiserver"),
      told: [new RegExp(`${serving.map(quoted).join(", ")}: apiserver ${RENEWED}`)],
    },
    {
      node: CONTROL_PLANE,
      make: () => lab.must(CONTROL_PLANE, `echo '# ${NOTE}' >>${on("front-proxy-client", "certificate")}`),
      told: [/\S+: edited; the certificate of front-proxy-client is still the stack's/],
    },
    {
      node: CONTROL_PLANE,
      make: () => lab.must(CONTROL_PLANE, `chmod 0644 ${kubeletClientKey}`),
      told: [new RegExp(`${quoted(kubeletClientKey)}: mode 0644, and it was left with 0600`)],
    },
    {
      node: CONTROL_PLANE,
      make: () => lab.must(CONTROL_PLANE, `chmod 0775 ${folder}`),
      told: [new RegExp(`${quoted(folder)}: mode 0775, and it was left with 07\\d\\d`)],
    },
    {
      node: CONTROL_PLANE,
      make: () => letNobodyRead(lab, CONTROL_PLANE, frontProxyKey),
      told: [
        new RegExp(`${quoted(frontProxyKey)}: mode 0640, and it was left with 0600`),
        new RegExp(`${quoted(frontProxyKey)}: it has an ACL( \\(\\S+\\))?, and had none`),
      ],
    },
    {
      node: member.name,
      make: () => lab.must(member.name, `chown nobody ${etcdKey}`),
      told: [new RegExp(`${quoted(etcdKey)}: it belongs to nobody:\\S+, and was left to \\S+:`)],
    },
  ];
};
