/** The text of a kubeconfig, field for field as kubeadm and `kubectl config` write it. */
import { stringify } from "yaml";
import type { Config } from "../schema/config";

export interface KubeconfigInput {
  readonly cluster: string;
  readonly user: string;
  /** `host:port` of the API server. */
  readonly server: string;
  /** Base64 of the trusted CA certificates, or a placeholder a node replaces by it. */
  readonly caData: string;
  readonly credentials:
    | { readonly certificateData: string; readonly keyData: string }
    | { readonly file: string }
    | { readonly user: NonNullable<Config["inCluster"]["user"]> };
}

/** The fields of a user in a kubeconfig (client-go, `clientcmd/api/v1`, AuthInfo). */
const userOf = (credentials: KubeconfigInput["credentials"]): Record<string, unknown> => {
  if ("file" in credentials) return { "client-certificate": credentials.file, "client-key": credentials.file };
  if ("certificateData" in credentials)
    return { "client-certificate-data": credentials.certificateData, "client-key-data": credentials.keyData };
  const { tokenFile, exec } = credentials.user;
  if (exec === undefined) return { tokenFile };
  const env = Object.entries(exec.env).map(([name, value]) => ({ name, value }));
  const plugin = { apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never" };
  return { exec: { ...plugin, command: exec.command, args: exec.args, env } };
};

export const kubeconfigText = ({ cluster, user, server, caData, credentials }: KubeconfigInput): string => {
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: "v1",
      clusters: [{ cluster: { "certificate-authority-data": caData, server: `https://${server}` }, name: cluster }],
      contexts: [{ context: { cluster, user }, name: context }],
      "current-context": context,
      kind: "Config",
      users: [{ name: user, user: userOf(credentials) }],
    },
    // a placeholder must stay on one line, unquoted or not
    { lineWidth: 0, indentSeq: false },
  );
};
