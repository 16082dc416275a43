/** Tokens in Secrets (kubernetes.io/service-account-token) live until somebody drops them. */
import type { TokenHeader } from "../kube";
import type { Work } from "../work";

/** By a controller that is there. */
const WRITTEN_S = 60;

/** Whether a JWT's header names this key (RFC 7515 section 4.1.4). */
const isOf = (keyId: string, header: string): boolean => {
  try {
    return (JSON.parse(Buffer.from(header, "base64url").toString()) as { kid?: unknown } | null)?.kid === keyId;
  } catch {
    return false;
  }
};

/**
 * A token Secret of a key that goes loses its token, and kube-controller-manager writes a new one. The API server compares such a
 * token with its Secret, so the old one is refused from then on.
 */
export const tokens = async (work: Work): Promise<void> => {
  const keyId = work.fact("tokenKid", "tokens");
  const stale = async (): Promise<readonly TokenHeader[]> =>
    (await work.kube.tokenHeaders()).filter(({ header }) => !isOf(keyId, header));
  for (const { namespace, name, header } of await stale()) {
    if (header === "") continue; // dropped already, not yet written
    await work.kube.patch("secrets", { namespace, name }, "json", [{ op: "remove", path: "/data/token" }]);
    work.say(`Secret ${namespace}/${name} gets a new token; pods that mount it have it within 95 s`);
  }
  let left: readonly TokenHeader[] = [];
  const allNew = async (): Promise<boolean> => {
    left = await stale();
    return left.length === 0;
  };
  if (await work.waitFor(WRITTEN_S, "kube-controller-manager to write new tokens into Secrets", allNew)) return;
  for (const { namespace, name } of left)
    work.found(
      "tokens",
      "Secret",
      `${namespace}/${name}`,
      "has no token of the new service account key: check kube-controller-manager, and that the service account is there",
    );
};
