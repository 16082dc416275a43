/** How hosts let the operator in, and what the stack file says of it. */
import type { Secret } from "./secrets";
import { remark, type Remark } from "./remarks";

/** What was proven at a host's sshd. */
export type Login =
  | { readonly by: "agent" }
  /** `isNamed`: the operator gave it for this, so it may be set as a secret. */
  | { readonly by: "key"; readonly file: string; readonly isNamed: boolean }
  /** By what pulumi does not have: a certificate, a token, Kerberos. */
  | { readonly by: "other"; readonly what: string };

const PRIVATE_KEY = "ssh.privateKey";

const FROM_PATH = / (\S+) SHA256:\S+((?: explicit| token| agent)*)$/;

/**
 * From what `ssh -v` has said (sshconnect2.c: format_identity, input_userauth_pk_ok); undefined where it has not said it, as
 * before OpenSSH 8. Through a jump host its login is told first.
 *
 * @param identity the file that was given for it
 */
export const loginIn = (debug: string, identity: string | undefined): Login | undefined => {
  const lines = debug.split(/\r?\n/);
  const method = lines.flatMap((line) => /Authenticated to .* using "([^"]+)"/.exec(line)?.[1] ?? []).at(-1);
  if (method === undefined) return undefined;
  if (method !== "publickey") return { by: "other", what: method };
  const key = lines.flatMap((line) => /Server accepts key: (.*)$/.exec(line)?.[1] ?? []).at(-1) ?? "";
  const found = FROM_PATH.exec(key);
  if (found === null) return undefined;
  const [rest, type = "", flags = ""] = found;
  const file = key.slice(0, -rest.length);
  if (flags.includes(" agent")) return { by: "agent" };
  if (type.endsWith("-CERT") || file.endsWith("-cert.pub")) return { by: "other", what: "a certificate of ssh" };
  if (flags.includes(" token") || type.includes("-SK")) return { by: "other", what: "a key on a token" };
  return { by: "key", file, isNamed: identity !== undefined };
};

/** The login key, where it has to be a secret of the stack. */
export const loginSecrets = (login: Login | undefined): Secret[] =>
  login?.by === "key" ? [{ at: PRIVATE_KEY, local: login.file, isNamed: login.isNamed }] : [];

/** Fields of the section `ssh`. */
export const loginFields = (login: Login | undefined): { readonly agent?: true } =>
  login?.by === "key" ? {} : { agent: true };

export const loginRemarks = (login: Login | undefined): Remark[] => {
  switch (login?.by) {
    case "key":
      return login.isNamed
        ? []
        : [
            remark(
              "missing",
              `${PRIVATE_KEY}: hosts let you in by ${login.file}, which no agent has: set it as below, or load it into your agent (ssh-add) and write ssh.agent: true`,
            ),
          ];
    case "other":
      return [
        remark(
          "missing",
          `ssh: hosts let you in by ${login.what}, which pulumi cannot do: load a key that they take into your agent, or set ${PRIVATE_KEY} in place of ssh.agent`,
        ),
      ];
    case "agent":
    case undefined:
      return [];
  }
};
