import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenBao } from "../../lab/openbao";
import { TestStack, type Run } from "../../lab/plugins/testStack";

export const DAY = 86_400;

/** What a role for kubelets says. */
export const kubelet = {
  name: "kubelet",
  allowedDomains: ["system:node:cp1", "cp1"],
  allowBareDomains: true,
  allowLocalhost: false,
  allowWildcardCertificates: false,
  enforceHostnames: false,
  organizations: ["system:nodes"],
  serverFlag: false,
  clientFlag: true,
  keyType: "ec",
  keyBits: 256,
  keyUsages: ["DigitalSignature", "KeyEncipherment"],
  basicConstraintsValidForNonCa: true,
  ttl: String(30 * DAY),
  maxTtl: String(30 * DAY),
};

/** What the tests of a suite have: a server, a stack of each test's own, a signing request of a node. */
export interface AtServer {
  server: OpenBao;
  stack: TestStack;
  csr: string;
}

/** The certificate that the stack puts out. */
export const leafOf = async ({ stack }: AtServer): Promise<X509Certificate> =>
  new X509Certificate(String(await stack.output("leaf")));

/** The steps of a run that were more than "same". */
export const changed = (run: Pick<Run, "steps">) =>
  Object.fromEntries(Object.entries(run.steps).filter(([, ops]) => ops.some((op) => op !== "same")));

/** Starts a server for the suite; the mount pki/it goes after each test. */
export const withServer = (suite: Mocha.Suite): AtServer => {
  suite.timeout(120_000);
  const at = {} as AtServer;
  let folder: string;
  const environment = { ...process.env };

  before(async () => {
    at.server = await OpenBao.start();
    folder = mkdtempSync(join(tmpdir(), "kube-pki-vault-"));
    // prettier-ignore
    execFileSync("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-keyout", join(folder, "key"), "-out", join(folder, "csr"), "-subj", "/O=system:masters/CN=system:node:cp1",
      "-addext", "subjectAltName=DNS:cp1,IP:10.0.0.1"], { stdio: "pipe" });
    at.csr = readFileSync(join(folder, "csr"), "utf8");
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await at.server.stop();
  });
  beforeEach(async () => {
    Object.assign(process.env, at.server.env());
    at.stack = await TestStack.create();
  });
  afterEach(async () => {
    process.env = { ...environment };
    await at.server.unseal();
    await at.server.api("DELETE", "sys/mounts/pki/it");
    at.stack.remove();
  });
  return at;
};
