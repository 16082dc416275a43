import { spawnSync } from "node:child_process";
import { TOKEN_KEY_COMMAND, TOKEN_KEY_FILE } from "../../core/schema/rotation";
import { part, payload } from "./payload";
import { authority, base64 } from "./pki";
import type { Result, Scratch } from "./scratch";

export const CA = "/etc/kubernetes/pki/ca.crt";
export const CONF = "/etc/kubernetes/admin.conf";
export const [OLD, NEXT] = [authority(), authority()];
/** A and B are this cluster's, C is another's. */
export const [A, B, C] = [OLD.cert, NEXT.cert, authority().cert];
export const kubeconfig = (ca: string): string =>
  `clusters:\n- cluster:\n    certificate-authority-data: ${base64(ca)}\n`;

/** Sends the CA file and a kubeconfig, with a part that is merged as said. */
export const sendTrust = (node: Scratch, wanted: string, how: string, more = ""): Promise<Result> =>
  node.run(
    "trust",
    payload(
      "trust",
      `node n1\n${part("ca:kubernetes", wanted)}${part("ca:kubernetes:g1", A)}${part("ca:kubernetes:g2", B)}${part("ca:old", A)}${part("ca:both", A + B)}trust ca:kubernetes ${how}
file ${CA} 0644 root root ca:kubernetes\nkubeconfig-ca ${CONF} ca:kubernetes\n${more}`,
    ),
  );

/** The sum that the command of the documentation shows of a token key in this file; undefined: it failed. */
export const shownBy = (path: string): string | undefined => {
  const { status, stdout } = spawnSync("sh", ["-c", TOKEN_KEY_COMMAND.replaceAll(TOKEN_KEY_FILE, path)], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.slice(0, 64) : undefined;
};
