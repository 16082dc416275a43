/** Pods that ask the API who they are once a second, by their own token and the CA they were given. */
import type { Lab } from "../../lab/lab";
import { Tally, type ClientResult } from "./tally";
import { deploy, sandboxImageOf, workload } from "./userland";

/** Written on the node, so that neither a rolled pod nor a kubelet that is away loses a line. */
const LOGS = "/var/log/lab-clients";

const SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Without a flag or a file kubectl takes the pod's own and reads token and CA each time, as clients of client-go 0.36 and later do while they run. */
const RELOADING = "";

/** What clients of earlier releases do: the CA is read once, the token every time. */
const READING_ONCE = `
cp ${SECRETS}/ca.crt /tmp/ca.crt
cat >/tmp/kubeconfig <<END
apiVersion: v1
kind: Config
current-context: pod
contexts: [{name: pod, context: {cluster: pod, user: pod}}]
clusters:
- name: pod
  cluster: {server: "https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT", certificate-authority: /tmp/ca.crt}
users: [{name: pod, user: {tokenFile: ${SECRETS}/token}}]
END
export KUBECONFIG=/tmp/kubeconfig`;

/** Any authenticated user may ask; a refused token is 401. Lines: unix ms, then `ok` or what kubectl said. */
const ASK = `
while :; do
  if said=$(timeout 3 kubectl auth whoami 2>&1 >/dev/null); then said=ok; fi
  [ -n "$said" ] || said='no answer in time'
  printf '%s %s\\n' "$(date +%s%3N)" "$(printf %s "$said" | tr '\\n' ' ')" >>"${LOGS}/$0"
  sleep 1
done`;

/** Deployments in the default namespace, so that a stack file can name them. */
export const POD_CLIENTS = {
  "client-reloading": RELOADING,
  "client-reading-once": READING_ONCE,
} as const;

export type PodClient = keyof typeof POD_CLIENTS;

const inDefault = (name: PodClient) => ({ kind: "Deployment", namespace: "default", name });

/** What the stack file says of them. */
export const CLIENT_WORKLOADS = {
  restart: [inDefault("client-reading-once")],
  reload: [inDefault("client-reloading")],
};

const NAMES = Object.keys(POD_CLIENTS) as PodClient[];

/** A kubectl and a second of sleep, on a busy machine. */
const INTERVAL_MS = 2000;

/** What kubectl says where trust is missing, as opposed to a server that was not reached. */
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
        { name, image, script: POD_CLIENTS[name] + ASK, writes: [LOGS], token: true },
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
