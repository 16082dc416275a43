/** The host keys of nodes: compared with the user's known_hosts, or shown to be confirmed. */
import { createHash } from "node:crypto";
import { canonicalHostKey } from "../../core/format/hostKey";
import { Failure } from "../failure";
import { run } from "../run";
import { sshArgs, type SshChoice } from "../sshArgs";
import { typed, type Reached } from "./reach";

/** The types that the stack takes, the best first. */
const TYPES = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"];
const typeOf = (key: string): string => key.split(" ")[0] ?? "";

const bestFirst = (keys: readonly string[]): string[] =>
  TYPES.flatMap((type) => [...new Set(keys)].filter((key) => typeOf(key) === type));

/** As ssh shows it. */
export const fingerprintOf = (key: string): string =>
  `SHA256:${createHash("sha256")
    .update(Buffer.from(key.split(" ")[1] ?? "", "base64"))
    .digest("base64")
    .replace(/=+$/, "")}`;

/** Lines "NAME TYPE KEY" of ssh-keyscan or a known_hosts; of an authority or a revoked key there is none. */
const keysIn = (text: string): string[] =>
  text.split("\n").flatMap((line) => (/^[#@]/.test(line) ? [] : (canonicalHostKey(line.replace(/^\S+\s+/, "")) ?? [])));

const SCAN_SECONDS = 10;

/** Through a jump host it is that host which looks. */
const scanned = async ({ host, port, jump }: Reached, choice: SshChoice): Promise<string[]> => {
  const scan = ["-T", String(SCAN_SECONDS), "-t", "ed25519,ecdsa", "-p", String(port), host];
  const { stdout } =
    jump === undefined
      ? await run("ssh-keyscan", scan)
      : await run(
          "ssh",
          sshArgs({ host: jump, trust: "known" }, ["ssh-keyscan", ...scan].join(" "), { ...choice, jump: undefined }),
        );
  return bestFirst(keysIn(stdout));
};

const known = async ({ knownHosts, aliases }: Reached): Promise<string[]> => {
  const looked = knownHosts.flatMap((file) => aliases.map((alias) => run("ssh-keygen", ["-F", alias, "-f", file])));
  return bestFirst((await Promise.all(looked)).flatMap(({ stdout }) => keysIn(stdout)));
};

interface Trusted {
  readonly host: Reached;
  readonly is: "known";
  readonly key: string;
}
/** Nobody has confirmed its key yet. */
interface Fresh {
  readonly host: Reached;
  readonly is: "new";
  readonly key: string;
}
interface Silent {
  readonly host: Reached;
  readonly is: "silent";
  readonly why: string;
}
type Judged = Trusted | Fresh | Silent;

const judged = async (host: Reached, choice: SshChoice): Promise<Judged> => {
  const [offered, expected] = await Promise.all([scanned(host, choice), known(host)]);
  const same = offered.find((key) => expected.includes(key));
  if (same !== undefined) return { host, is: "known", key: same };
  const changed = offered.find((key) => expected.some((each) => typeOf(each) === typeOf(key)));
  if (changed !== undefined)
    throw new Failure(
      `${typed(host)} has another host key (${fingerprintOf(changed)}) than your known_hosts: somebody may be in between; ` +
        "find out why before you go on",
    );
  const [fresh] = offered;
  if (fresh !== undefined) return { host, is: "new", key: fresh };
  const [only] = expected;
  // behind a ProxyCommand nobody can scan
  return only === undefined
    ? { host, is: "silent", why: "no answer to ssh-keyscan" }
    : { host, is: "known", key: only };
};

export interface Keyed {
  readonly hosts: readonly (Reached & { readonly hostKey: string })[];
  readonly silent: readonly Silent[];
}

const line = ({ host, key }: Fresh): string => `  ${typed(host)}  ${typeOf(key)}  ${fingerprintOf(key)}\n`;

/**
 * @param confirm shows host keys that no known_hosts has; undefined: there is nobody to ask
 * @throws Failure where a key is not the known one, or is not confirmed
 */
export const withHostKeys = async (
  hosts: readonly Reached[],
  choice: SshChoice,
  confirm: ((keys: string) => Promise<boolean>) | undefined,
): Promise<Keyed> => {
  const all = await Promise.all(hosts.map((host) => judged(host, choice)));
  const fresh = all.filter((each) => each.is === "new");
  const shown = fresh.map(line).join("");
  if (fresh.length > 0 && confirm === undefined)
    throw new Failure(
      `no known_hosts has the host keys of\n${shown}compare them on the hosts (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and give --accept-host-keys`,
    );
  if (fresh.length > 0 && (await confirm?.(shown)) !== true) throw new Failure("the host keys were not confirmed");
  return {
    hosts: all.flatMap((each) => (each.is === "silent" ? [] : [{ ...each.host, hostKey: each.key }])),
    silent: all.flatMap((each) => (each.is === "silent" ? [each] : [])),
  };
};
