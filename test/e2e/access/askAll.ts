/** Asks each API server whether it takes each identity: a process in the lab's network, questions on stdin, answers on stdout. */
import { readFileSync } from "node:fs";
import { ask, type Identity } from "../clients/https";

export interface AccessQuestion {
  readonly host: string;
  readonly port: number;
  readonly identity: Identity;
}

export const ANSWERS = ["accepted", "refused", "server not trusted", "not reached"] as const;
export type AccessAnswer = (typeof ANSWERS)[number];

/** Anyone whom the API server knows may ask who he is; nobody else gets an answer. */
const WHO_AM_I = {
  path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  method: "POST",
  contentType: "application/json",
  body: JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }),
} as const;

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT_)/;

const answerTo = async ({ host, port, identity }: AccessQuestion): Promise<AccessAnswer> => {
  try {
    const { status } = await ask({ ...WHO_AM_I, host, port }, identity);
    return status === 201 ? "accepted" : status === 401 || status === 403 ? "refused" : "not reached";
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    return UNTRUSTED.test(code) ? "server not trusted" : "not reached";
  }
};

const main = async (): Promise<void> => {
  const questions = JSON.parse(readFileSync(0, "utf8")) as AccessQuestion[];
  const answers: AccessAnswer[] = [];
  // one after another: a hundred handshakes at once would only measure this machine
  for (const question of questions) answers.push(await answerTo(question));
  console.log(JSON.stringify(answers));
};

if (require.main === module) void main();
