/** Who needs the neighbours: each asks once a second, through the endpoint that all clients of the cluster use. */
import { Resolver } from "node:dns/promises";
import { isReady } from "../../../core/cluster/isReady";
import type { Pod } from "../../../core/cluster/kube";
import { ask, type Answer, type Identity, type Question } from "../clients/https";
import type { Address } from "../clients/etcdWriter";
import { Tally, type ClientResult } from "../clients/tally";
import { CONVERTED } from "./conversion";
import { API_NAME, DNS_ADDRESS } from "./coreDns";
import { NAMESPACE } from "./namespace";
import { ASKED, DENIAL, DENIED } from "./webhook";

/** What a client counts where the API server itself was not there, which is nobody's fault here. */
export const NOT_REACHED = "API not reached";

/** Somebody did not believe somebody's certificate. */
export const NOT_TRUSTED = "not trusted";

/** An object was let in that the webhook denies. */
export const LET_IN = "let in against the webhook";

/** Fewer pods of a workload were ready than its PodDisruptionBudget wants. */
export const BELOW_BUDGET = "below the budget";

const INTERVAL_MS = 1000;

/** One question, asked of an API server as the administrator. */
type Api = (question: Omit<Question, "host" | "port">) => Promise<Answer>;

interface Client {
  /** Throws where the answer is not what it should be; counts what of it is worth a figure. */
  readonly once: (api: Api, count: (fact: string) => void) => Promise<void>;
}

const expect = ({ status, body }: Answer, wanted: number): string => {
  if (status !== wanted) throw new Error(`status ${String(status)} ${body.slice(0, 200)}`);
  return body;
};

const configMap = (labels: readonly string[]): Omit<Question, "host" | "port"> => ({
  // a webhook is called for a dry run as well, and nothing is left behind
  path: `/api/v1/namespaces/${NAMESPACE}/configmaps?dryRun=All`,
  method: "POST",
  contentType: "application/json",
  body: JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { generateName: "asked-", labels: Object.fromEntries(labels.map((label) => [label, ""])) },
  }),
});

/** As the disruption controller counts them: one that is about to go is none. */
const isHealthy = (pod: Pod): boolean => pod.metadata.deletionTimestamp === undefined && isReady(pod);

/** The fewest pods of each workload that its budget wants. */
const FEWEST = { webhook: 1, ledger: 1 } as const;

/** A program that asks by resolv.conf waits for 5 s, and asks again. */
const resolver = new Resolver({ timeout: 2000, tries: 1 });
resolver.setServers([DNS_ADDRESS]);

/** By the name in the report. */
export const NEIGHBOUR_CLIENTS = {
  /** What `kubectl top nodes` asks; an API server asks metrics-server, as the front proxy. */
  "kubectl top": {
    once: async (api, count) => {
      const body = expect(await api({ path: "/apis/metrics.k8s.io/v1beta1/nodes" }), 200);
      const { items } = JSON.parse(body) as { items: readonly unknown[] };
      if (items.length === 0) count("answers without any node");
    },
  },
  "webhook that allows": {
    once: async (api) => {
      expect(await api(configMap([ASKED])), 201);
    },
  },
  "webhook that denies": {
    once: async (api, count) => {
      const answer = await api(configMap([ASKED, DENIED]));
      if (answer.status === 201) count(LET_IN);
      const body = expect(answer, 400);
      if (!body.includes(DENIAL)) throw new Error(`denied by another: ${body.slice(0, 200)}`);
    },
  },
  /** Of a version that is not stored: an API server asks the webhook each time. */
  "conversion webhook": {
    once: async (api) => {
      const body = expect(await api({ path: CONVERTED.path }), 200);
      const { items } = JSON.parse(body) as { items: readonly { readonly apiVersion: string }[] };
      const [first] = items;
      if (first?.apiVersion !== CONVERTED.apiVersion) throw new Error(`not converted: ${body.slice(0, 200)}`);
    },
  },
  PodDisruptionBudgets: {
    once: async (api, count) => {
      const body = expect(await api({ path: `/api/v1/namespaces/${NAMESPACE}/pods` }), 200);
      const { items } = JSON.parse(body) as { items: readonly Pod[] };
      for (const [app, fewest] of Object.entries(FEWEST)) {
        const healthy = items.filter((pod) => pod.metadata.labels?.["app"] === app && isHealthy(pod)).length;
        if (healthy >= fewest) continue;
        count(BELOW_BUDGET);
        throw new Error(`${app}: ${String(healthy)} pods ready, at least ${String(fewest)} wanted`);
      }
    },
  },
  /** Through the service's address, as pods ask; no API server is asked. */
  DNS: {
    once: async () => {
      const addresses = await resolver.resolve(API_NAME);
      if (addresses.length === 0) throw new Error(`${API_NAME}: no address`);
    },
  },
} as const satisfies Readonly<Record<string, Client>>;

export const isNeighbour = (name: string): boolean => Object.hasOwn(NEIGHBOUR_CLIENTS, name);

/** An answer of whatever kind is one of an API server; without one it was not reached. */
class Silence extends Error {}

/** The kinds of what an API server said instead. */
const kindsOf = (failure: string): readonly string[] => [
  ...(/status \d+/.exec(failure) ?? []),
  ...(/x509|certificate/i.test(failure) ? [NOT_TRUSTED] : []),
];

export class NeighbourClient {
  private readonly tally: Tally;

  private constructor(
    name: string,
    private readonly client: Client,
    private readonly api: Api,
  ) {
    this.tally = new Tally(name, INTERVAL_MS, Date.now());
  }

  public static all(endpoint: Address, identity: () => Identity): NeighbourClient[] {
    const api: Api = (question) =>
      ask({ ...endpoint, ...question }, identity()).catch((error: unknown) => {
        throw new Silence(error instanceof Error ? error.message : String(error));
      });
    return Object.entries(NEIGHBOUR_CLIENTS).map(([name, client]) => new NeighbourClient(name, client, api));
  }

  public async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const started = Date.now();
      await this.once(started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + INTERVAL_MS - Date.now())));
    }
  }

  public result(until: number): ClientResult {
    return this.tally.result(until);
  }

  private async once(started: number): Promise<void> {
    try {
      await this.client.once(this.api, (fact) => {
        this.tally.count(fact);
      });
      this.tally.succeeded(Date.now());
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (!(error instanceof Silence)) {
        this.tally.hasFailed(started, failure);
        for (const kind of kindsOf(failure)) this.tally.count(kind);
        return;
      }
      // what is kept of failures is for those that are not the API server's
      this.tally.count("failures");
      this.tally.count(NOT_REACHED);
    }
  }
}
