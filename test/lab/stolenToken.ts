/** What somebody tries with a token of the policy to renew, and must not get. */
import assert from "node:assert/strict";
import { webcrypto, X509Certificate } from "node:crypto";
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";
import type { OpenBao } from "./openbao";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** What a request asks for. */
export interface Asked {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** `DNS:name` or `IP:address`. */
  readonly sans?: readonly string[];
}

/** A signing request of a key that is thrown away; PEM. */
export const requestOf = async ({ commonName, organizations = [], sans = [] }: Asked): Promise<string> => {
  const names = sans.map((san) => {
    const value = san.slice(san.indexOf(":") + 1);
    return san.startsWith("IP:") ? ({ type: "ip", value } as const) : ({ type: "dns", value } as const);
  });
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }, ...organizations.map((organization) => ({ O: [organization] }))],
    keys: await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]),
    signingAlgorithm: ALGORITHM,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  return request.toString("pem");
};

/** A year and a day: the longest that the lab's plans ask for, and something. */
const LONGEST_SECONDS = 366 * 86_400;

/**
 * Whether a token gets what one node's kubelet gets, and no other name, group, usage, time, issuer or right.
 *
 * @param cluster its name: the mounts are under `kube-pki/CLUSTER`, and generation 1 signs
 * @returns how many attempts were refused
 */
export const assertMayOnlySign = async (
  server: OpenBao,
  token: string,
  { cluster, node }: { readonly cluster: string; readonly node: string },
): Promise<number> => {
  const mounts = `kube-pki/${cluster}`;
  const kubelet: Asked = { commonName: `system:node:${node}` };
  const sign = async (path: string, asked: Asked, more: Record<string, unknown> = {}) =>
    server.api("POST", `${mounts}/${path}`, { csr: await requestOf(asked), ...more }, token);
  const good = await sign("kubernetes/sign/kubelet-g1", { ...kubelet, organizations: ["system:masters"] });
  assert.equal(good.status, 200, JSON.stringify(good.body));
  const { certificate } = good.body["data"] as { certificate: string };
  assert.equal(new X509Certificate(certificate).subject, `O=system:nodes\nCN=${kubelet.commonName}`);
  const attempts: readonly (readonly [path: string, asked: Asked, more?: Record<string, unknown>])[] = [
    ["kubernetes/sign/kubelet-g1", { commonName: "system:node:other" }],
    ["kubernetes/sign/kubelet-g1", { ...kubelet, sans: ["DNS:kubernetes.default.svc"] }],
    ["kubernetes/sign/kubelet-g1", { ...kubelet, sans: ["IP:10.0.0.9"] }],
    ["kubernetes/sign/apiserver-g1", { commonName: "kube-apiserver", sans: ["DNS:evil.example.com"] }],
    ["kubernetes/sign/apiserver-g1", { commonName: "kubernetes-admin" }],
    ["kubernetes/sign/kubelet-g2", kubelet],
    ["kubernetes/sign-verbatim", kubelet],
    ["kubernetes/root/sign-intermediate", { commonName: "ca" }, { common_name: "ca" }],
    ["kubernetes/issuer/default/sign/kubelet-g1", kubelet],
    ["kubernetes/issue/kubelet-g1", kubelet, { common_name: kubelet.commonName }],
  ];
  for (const [path, asked, more] of attempts) {
    const { status } = await sign(path, asked, more);
    assert.ok(status === 400 || status === 403, `${path} ${JSON.stringify(asked)}: ${String(status)}`);
  }
  const long = await sign("kubernetes/sign/kubelet-g1", kubelet, { ttl: "90000h" });
  const ends = long.status === 200 ? (long.body["data"] as { expiration: number }).expiration : 0;
  assert.ok(ends < Date.now() / 1000 + LONGEST_SECONDS, "the role's limit holds");
  const rights = [
    ["GET", `${mounts}/kubernetes/roles/kubelet-g1`],
    ["POST", `${mounts}/kubernetes/roles/kubelet-g1`],
    ["GET", `sys/policies/acl/kube-pki-${cluster}-renew`],
    ["POST", "auth/token/create"],
  ] as const;
  for (const [method, path] of rights)
    assert.equal((await server.api(method, path, method === "POST" ? {} : undefined, token)).status, 403, path);
  return attempts.length + 1 + rights.length;
};

/** A token as a pipeline gets it. */
export const approleLogin = async (server: OpenBao, mount: string, name: string): Promise<string> => {
  const { role_id } = await server.must("GET", `auth/${mount}/role/${name}/role-id`);
  const { secret_id } = await server.must("POST", `auth/${mount}/role/${name}/secret-id`);
  const { body } = await server.api("POST", `auth/${mount}/login`, { role_id, secret_id }, "");
  return (body["auth"] as { client_token: string }).client_token;
};
