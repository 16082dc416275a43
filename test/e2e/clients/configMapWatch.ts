/** One client changes a ConfigMap through the endpoint, another watches it; no change may be missed. */
import { Agent, request } from "node:https";
import { ask, type Identity, type Question } from "./https";
import { Tally, type ClientResult } from "./tally";
import type { Address } from "./etcdWriter";

const INTERVAL_MS = 500;
const NAME = "kube-pki-watched";
const COLLECTION = "/api/v1/namespaces/default/configmaps";
const MERGE_PATCH = "application/merge-patch+json";

/** Long enough to be cut by what happens to the servers and not by itself. */
const WATCH_SECONDS = 3600;

/** Through kept connections silence cannot be told from death: a watch without an event for so long is opened anew. */
const SILENCE_MS = 10_000;

interface ConfigMap {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: { readonly number?: string };
}

const numberOf = (map: ConfigMap): number => Number(map.data?.number ?? 0);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export class ConfigMapWriter {
  private readonly tally = new Tally("API writer", INTERVAL_MS, Date.now());
  public readonly acknowledged: number[] = [];
  private readonly agent = new Agent({ keepAlive: true });

  public constructor(
    private readonly endpoint: Address,
    private readonly identity: () => Identity,
  ) {}

  public async run(isOver: () => boolean): Promise<void> {
    for (let number = 1; !isOver(); number += 1) {
      const started = Date.now();
      try {
        await this.changeAgain(number);
        this.acknowledged.push(number);
        this.tally.succeeded(Date.now());
      } catch (error) {
        this.tally.hasFailed(started, reasonOf(error));
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + INTERVAL_MS - Date.now())));
    }
  }

  /** Makes the ConfigMap, or begins anew at 0. */
  public async prepare(): Promise<void> {
    const body = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: NAME },
      data: { number: "0" },
    });
    const question: Question = {
      ...this.endpoint,
      path: COLLECTION,
      method: "POST",
      contentType: "application/json",
      body,
    };
    const { status } = await ask(question, this.identity());
    if (status !== 201 && (await this.change("0")).status !== 200)
      throw new Error(`the ConfigMap to be watched cannot be made: status ${String(status)}`);
  }

  public result(until: number): ClientResult {
    const result = this.tally.result(until);
    return { ...result, facts: { ...result.facts, acknowledged: this.acknowledged.length } };
  }

  /**
   * As client-go does, asks a second time when the kept connection ends under the request or when a server that is going
   * says so (Retry-After); both are counted, and a second failure is one.
   */
  private async changeAgain(number: number): Promise<void> {
    const first = await this.change(String(number)).catch(() => undefined);
    if (first?.status === 200) return;
    if (first !== undefined && !first.again)
      throw new Error(`status ${String(first.status)} ${first.body.slice(0, 120)}`);
    this.tally.count("asked again");
    const { status, body } = await this.change(String(number));
    if (status !== 200) throw new Error(`status ${String(status)} ${body.slice(0, 120)}`);
  }

  private change(number: string): ReturnType<typeof ask> {
    const body = JSON.stringify({ data: { number } });
    const path = `${COLLECTION}/${NAME}`;
    return ask(
      { ...this.endpoint, path, method: "PATCH", contentType: MERGE_PATCH, body },
      this.identity(),
      this.agent,
    );
  }
}

export class ConfigMapWatch {
  private readonly tally = new Tally("watch", INTERVAL_MS, Date.now());
  private readonly seen = new Set<number>();
  /** Up to here the changes were not all told one by one, but their outcome was read. */
  private listed = 0;
  private version: string | undefined;

  public constructor(
    private readonly endpoint: Address,
    private readonly identity: () => Identity,
  ) {}

  public async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        if (this.version === undefined) await this.list();
        await this.hold(isOver);
      } catch (error) {
        this.tally.hasFailed(Date.now(), reasonOf(error));
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Every acknowledged change must have been seen, itself or in what was listed after a server had forgotten it. */
  public result(until: number, acknowledged: readonly number[]): ClientResult {
    const result = this.tally.result(until);
    const lost = acknowledged.filter((number) => !this.seen.has(number) && number > this.listed);
    return {
      ...result,
      facts: { relists: 0, ...result.facts, seen: this.seen.size, lost: lost.length },
    };
  }

  private async list(): Promise<void> {
    const { status, body } = await ask({ ...this.endpoint, path: `${COLLECTION}/${NAME}` }, this.identity());
    if (status !== 200) throw new Error(`status ${String(status)} ${body.slice(0, 120)}`);
    const map = JSON.parse(body) as ConfigMap;
    if (this.listed > 0 || this.seen.size > 0) this.tally.count("relists");
    this.listed = Math.max(this.listed, numberOf(map));
    this.version = map.metadata.resourceVersion;
  }

  /** Resolves when the server ends the watch, rejects when it is cut. */
  private hold(isOver: () => boolean): Promise<void> {
    const query = `watch=1&fieldSelector=metadata.name%3D${NAME}&resourceVersion=${this.version ?? ""}&timeoutSeconds=${String(WATCH_SECONDS)}`;
    return new Promise((resolve, reject) => {
      const { ca, cert, key } = this.identity();
      const agent = new Agent();
      const options = { ...this.endpoint, path: `${COLLECTION}?${query}`, ca, cert, key, agent };
      let last = Date.now();
      const sent = request(options, (response) => {
        let rest = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          last = Date.now();
          const lines = (rest + chunk).split("\n");
          rest = lines.pop() ?? "";
          try {
            for (const line of lines) this.event(line);
          } catch (error) {
            sent.destroy(error instanceof Error ? error : new Error(String(error)));
          }
        });
        if (response.statusCode !== 200) sent.destroy(new Error(`status ${String(response.statusCode)}`));
        else this.tally.count("connections");
        response.on("end", resolve);
        response.on("error", reject);
      });
      const guard = setInterval(() => {
        if (isOver()) sent.destroy();
        else if (Date.now() - last > SILENCE_MS) sent.destroy(new Error(`no event for ${String(SILENCE_MS)} ms`));
      }, 200);
      sent.on("error", reject);
      sent.on("close", () => {
        clearInterval(guard);
        resolve();
      });
      sent.end();
    });
  }

  private event(line: string): void {
    const { type, object } = JSON.parse(line) as {
      type: string;
      object: ConfigMap & { code?: number; message?: string };
    };
    if (type === "ERROR") {
      // 410: this server began after that version and cannot tell what was in between
      if (object.code === 410) this.version = undefined;
      throw new Error(`watch ended: ${String(object.code)} ${object.message ?? ""}`);
    }
    this.version = object.metadata.resourceVersion;
    this.seen.add(numberOf(object));
    this.tally.succeeded(Date.now());
  }
}
