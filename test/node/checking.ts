/** What the tests of a node's check share. */
import { base64, type Pair } from "./pki";
import type { Result } from "./scratch";

export const kubeconfig = (ca: Pair, client: Pair): string => `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: ${base64(ca.cert)}
    server: https://10.0.0.1:6443
  name: c
users:
- name: u
  user:
    client-certificate-data: ${base64(client.cert)}
    client-key-data: ${base64(client.key)}
`;

/** Kind and name of each thing that was found. */
export const found = ({ stdout }: Result): string[] =>
  stdout.split("\n").flatMap((line) => /^found (\S+ \S+)/.exec(line)?.[1] ?? []);
