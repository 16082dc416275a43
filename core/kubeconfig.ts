/** The text of a kubeconfig, field for field as kubeadm and `kubectl config` write it. */
import { stringify } from "yaml";

export interface KubeconfigInput {
  readonly cluster: string;
  readonly user: string;
  /** `host:port` of the API server. */
  readonly server: string;
  /** Base64 of the trusted CA certificates, or a placeholder a node replaces by it. */
  readonly caData: string;
  readonly credentials: { readonly certificateData: string; readonly keyData: string } | { readonly file: string };
}

export const kubeconfigText = ({ cluster, user, server, caData, credentials }: KubeconfigInput): string => {
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: "v1",
      clusters: [{ cluster: { "certificate-authority-data": caData, server: `https://${server}` }, name: cluster }],
      contexts: [{ context: { cluster, user }, name: context }],
      "current-context": context,
      kind: "Config",
      users: [
        {
          name: user,
          user:
            "file" in credentials
              ? { "client-certificate": credentials.file, "client-key": credentials.file }
              : { "client-certificate-data": credentials.certificateData, "client-key-data": credentials.keyData },
        },
      ],
    },
    // a placeholder must stay on one line, unquoted or not
    { lineWidth: 0, indentSeq: false },
  );
};
