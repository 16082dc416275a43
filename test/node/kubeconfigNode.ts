import { stringify } from "yaml";
import { kubeconfigText } from "../../core/certificates/kubeconfig";
import { part, payload } from "./payload";
import { authority, base64, leaf, type Pair } from "./pki";
import type { Result, Scratch } from "./scratch";

export const CA = "/etc/kubernetes/pki/ca.crt";
export const CONF = "/etc/kubernetes/admin.conf";
export const KUBELET = "/etc/kubernetes/kubelet.conf";
export const CURRENT = "/var/lib/kubelet/pki/kubelet-client-current.pem";
export const [OURS, NEXT, THEIRS] = [authority(), authority(), authority()];
export const [OLD_ADMIN, ADMIN, GUEST] = [leaf(OURS, "old-admin"), leaf(NEXT, "admin"), leaf(THEIRS, "guest")];

export type Fields = Readonly<Record<string, unknown>>;

/** A kubeconfig of this cluster as kubeadm writes it, with more in it, as people's files have. */
export const live = ({
  cluster = {},
  user = {},
  current = "kubernetes-admin@kubernetes",
  staging = true,
}: Live = {}) => ({
  apiVersion: "v1",
  clusters: [
    {
      cluster: { "certificate-authority-data": base64(OURS.cert), server: "https://10.0.0.1:6443", ...cluster },
      name: "kubernetes",
    },
    ...(staging
      ? [
          {
            cluster: { "certificate-authority-data": base64(THEIRS.cert), server: "https://staging:6443" },
            name: "staging",
          },
        ]
      : []),
  ],
  contexts: [
    ...(staging ? [{ context: { cluster: "staging", user: "guest", namespace: "team" }, name: "staging" }] : []),
    { context: { cluster: "kubernetes", user: "kubernetes-admin" }, name: "kubernetes-admin@kubernetes" },
  ],
  "current-context": current,
  kind: "Config",
  preferences: {},
  users: [
    ...(staging ? [{ name: "guest", user: inline(GUEST) }] : []),
    { name: "kubernetes-admin", user: { ...inline(OLD_ADMIN), ...user } },
  ],
});

export interface Live {
  readonly cluster?: Fields;
  readonly user?: Fields;
  readonly current?: string;
  readonly staging?: boolean;
}

export const inline = ({ cert, key }: Pair): Fields => ({
  "client-certificate-data": base64(cert),
  "client-key-data": base64(key),
});

export const text = (value: unknown): string => stringify(value, { lineWidth: 0, indentSeq: false });

/** As the stack would write it on a node that has none. */
export const made = (credentials: "inline" | "file"): string =>
  kubeconfigText({
    cluster: "prod",
    user: "kubernetes-admin",
    server: "10.0.0.1:6443",
    caData: "@b64:ca:kubernetes@",
    credentials:
      credentials === "file" ? { file: CURRENT } : { certificateData: "@b64:cert:admin@", keyData: "@b64:key:admin@" },
  });

export const BOTH = base64(OURS.cert + NEXT.cert);

/** Sends a certificate of the new CA, and the kubeconfig it goes into. */
export const applyKubeconfig = (node: Scratch, credentials: "inline" | "file" = "inline"): Promise<Result> => {
  const now = Math.floor(Date.now() / 1000);
  const lines = [
    `leaf admin e1 ${String(now - 60)} ${String(now + 86_400)} ca:kubernetes`,
    "trust ca:kubernetes append",
    "server ca:kubernetes 10.0.0.1:6443",
    `guard ${CA} ca:kubernetes,ca:kubernetes:g1`,
    `file ${CA} 0644 root root ca:kubernetes`,
    `file ${CONF} 0600 root root kubeconfig:admin`,
    `keep ${CONF} ca:kubernetes`,
    `have ${CONF} cert:admin,key:admin ca:kubernetes`,
  ];
  const parts = [
    part("ca:kubernetes", NEXT.cert),
    part("ca:kubernetes:g1", OURS.cert),
    part("cert:admin", ADMIN.cert),
    part("key:admin", ADMIN.key),
    part("kubeconfig:admin", made(credentials)),
  ];
  return node.run("apply", payload("apply", `node n1\n${parts.join("")}${lines.join("\n")}\n`));
};
