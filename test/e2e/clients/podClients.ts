/** Pods that ask the API who they are once a second, by their own token and the CA they were given. */
import type { Lab } from "../../lab/lab";
import { Tally, type ClientResult } from "./tally";
import { deploy, sandboxImageOf, workload } from "./userland";

/** Written on the node, so that neither a rolled pod nor a kubelet that is away loses a line. */
const LOGS = "/var/log/lab-clients";

const SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Each defines `ask`: any authenticated user may ask, and a refused token is 401. */
interface Kind {
  /** Run once. */
  readonly begin?: string;
  /** One question: its status says whether it was answered, its output why not. */
  readonly ask: string;
}

/** An IPv6 address stands in brackets before a port. */
const HOST = `case $KUBERNETES_SERVICE_HOST in *:*) host="[$KUBERNETES_SERVICE_HOST]" ;; *) host=$KUBERNETES_SERVICE_HOST ;; esac`;

const WHOAMI = "kubectl auth whoami 2>&1 >/dev/null";

/** Without a flag or a file kubectl takes the pod's own and reads token and CA each time, as clients of client-go 0.36 and later do while they run. */
const RELOADING: Kind = { ask: WHOAMI };

/** What clients of earlier releases do: the CA is read once, the token every time. */
const READING_ONCE: Kind = {
  begin: `
cp ${SECRETS}/ca.crt /tmp/ca.crt
${HOST}
cat >/tmp/kubeconfig <<END
apiVersion: v1
kind: Config
current-context: pod
contexts: [{name: pod, context: {cluster: pod, user: pod}}]
clusters:
- name: pod
  cluster: {server: "https://$host:$KUBERNETES_SERVICE_PORT", certificate-authority: /tmp/ca.crt}
users: [{name: pod, user: {tokenFile: ${SECRETS}/token}}]
END
export KUBECONFIG=/tmp/kubeconfig`,
  ask: WHOAMI,
};

/** Not written in Go: OpenSSL follows rules of its own in building a chain to one of several CAs. It reads token and CA each time. */
const OPENSSL: Kind = {
  ask: `
printf 'GET /api HTTP/1.0\\r\\nHost: kubernetes.default.svc\\r\\nAuthorization: Bearer %s\\r\\n\\r\\n' "$(cat ${SECRETS}/token)" |
  openssl s_client -quiet -verify_return_error -verify_hostname kubernetes.default.svc -CAfile ${SECRETS}/ca.crt \
    -connect "$host:$KUBERNETES_SERVICE_PORT" >/tmp/answer 2>&1
grep -q '^HTTP/1.[01] 200' /tmp/answer || { grep -m 1 -E 'error|errno|^HTTP' /tmp/answer; false; }`,
  begin: `${HOST}\nexport host`,
};

/** Lines: unix ms, then `ok` or what the client said. */
const scriptOf = ({ begin = "", ask }: Kind): string => `${begin}
cat >/tmp/ask <<'END'
${ask}
END
while :; do
  if said=$(timeout 3 sh /tmp/ask); then said=ok; fi
  [ -n "$said" ] || said='no answer in time'
  printf '%s %s\\n' "$(date +%s%3N)" "$(printf %s "$said" | tr '\\n' ' ')" >>"${LOGS}/$0"
  sleep 1
done`;

type PodClient = "client-reloading" | "client-reading-once" | "client-openssl";

/** Deployments in the default namespace, so that a stack file can name them. */
export const POD_CLIENTS: Readonly<Record<PodClient, Kind>> = {
  "client-reloading": RELOADING,
  "client-reading-once": READING_ONCE,
  "client-openssl": OPENSSL,
};

const inDefault = (name: PodClient) => ({ kind: "Deployment", namespace: "default", name });

/** What the stack file says of them. */
export const CLIENT_WORKLOADS = {
  restart: [inDefault("client-reading-once")],
  reload: [inDefault("client-reloading"), inDefault("client-openssl")],
};

const NAMES = Object.keys(POD_CLIENTS) as PodClient[];

/** A question and a second of sleep, on a busy machine. */
const INTERVAL_MS = 2000;

/** What clients say where trust is missing, as opposed to a server that was not reached. */
const KINDS: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["server not trusted", /x509|certificate/i],
  ["token refused", /unauthorized|must be logged in|must provide credentials/i],
];
const REFUSALS = KINDS.map(([kind]) => kind);

const kindOf = (said: string): string => KINDS.find(([, pattern]) => pattern.test(said))?.[0] ?? "not reached";

/**
 * An API server that has just begun to listen knows no pods and refuses their tokens for a second; the service's address
 * leads there all the same. Refused twice running is refused.
 */
export const REFUSED_AGAIN = "refused twice running";

export const readLog = (name: string, text: string, since: number, until: number): ClientResult => {
  const tally = new Tally(name, INTERVAL_MS, since);
  let before = "";
  for (const line of text.split("\n").filter(Boolean)) {
    const [stamp = "", ...words] = line.split(" ");
    const at = Number(stamp);
    if (at < since || at > until) continue;
    const said = words.join(" ").trim();
    const kind = said === "ok" ? "" : kindOf(said);
    if (kind === "") tally.succeeded(at);
    else {
      tally.hasFailed(at, said);
      tally.count(kind);
      if (kind === before && REFUSALS.includes(kind)) tally.count(REFUSED_AGAIN);
    }
    before = kind;
  }
  return tally.result(until);
};

export class PodClients {
  private constructor(
    private readonly lab: Lab,
    private readonly node: string,
    private readonly since: number,
  ) {}

  public static async start(lab: Lab): Promise<PodClients> {
    const image = await sandboxImageOf(lab);
    const node = lab.clusterNodes.at(-1) ?? "";
    const pods = NAMES.map((name) =>
      workload(
        "Deployment",
        { name, image, script: scriptOf(POD_CLIENTS[name]), writes: [LOGS], token: true },
        { nodeName: node },
      ),
    );
    await deploy(lab, pods);
    return new PodClients(lab, node, Date.now());
  }

  public async results(): Promise<ClientResult[]> {
    const until = Date.now();
    return Promise.all(
      NAMES.map(async (name) => {
        const text = await this.lab.must(this.node, `cat ${LOGS}/${name}`);
        return readLog(name, text, this.since, until);
      }),
    );
  }
}
