/** Writes to etcd through any member that answers; what was acknowledged must be there at the end. */
import { Agent } from "node:https";
import { ask, type Identity, type Question } from "./https";
import { Tally, type ClientResult } from "./tally";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const INTERVAL_MS = 200;
const PREFIX = "/kube-pki-writer/";

/** A member that does not answer is left for another. */
const MEMBER_TIMEOUT_MS = 1500;

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const keyOf = (number: number): string => `${PREFIX}${String(number).padStart(8, "0")}`;

export class EtcdWriter {
  private readonly tally = new Tally("etcd writer", INTERVAL_MS, Date.now());
  private readonly acknowledged: number[] = [];
  private member = 0;
  /** Keeps a connection for each identity it was shown. */
  private readonly agent = new Agent({ keepAlive: true });

  public constructor(
    private readonly members: readonly Address[],
    /** As it is now: a new one gets a new connection. */
    private readonly identity: () => Identity,
  ) {}

  /** Writes one key after another until told to stop. */
  public async run(isOver: () => boolean): Promise<void> {
    for (let number = 1; !isOver(); number += 1) {
      const started = Date.now();
      await this.write(number, started);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, started + INTERVAL_MS - Date.now())));
    }
  }

  /** Reads everything back, linearizably, and says what of it is missing. */
  public async result(until: number): Promise<ClientResult> {
    const result = this.tally.result(until);
    const answer = await this.anyMember("/v3/kv/range", {
      key: base64(PREFIX),
      range_end: base64(`${PREFIX.slice(0, -1)}0`),
    });
    const kvs = (answer["kvs"] ?? []) as { key: string; value: string }[];
    const found = new Map(kvs.map(({ key, value }) => [key, value]));
    const lost = this.acknowledged.filter((number) => found.get(base64(keyOf(number))) !== base64(String(number)));
    return { ...result, facts: { ...result.facts, acknowledged: this.acknowledged.length, lost: lost.length } };
  }

  private async write(number: number, started: number): Promise<void> {
    try {
      await this.anyMember("/v3/kv/put", { key: base64(keyOf(number)), value: base64(String(number)) });
      this.acknowledged.push(number);
      this.tally.succeeded(Date.now());
    } catch (error) {
      this.tally.hasFailed(started, error instanceof Error ? error.message : String(error));
    }
  }

  private async anyMember(path: string, body: object): Promise<Record<string, unknown>> {
    const failures: string[] = [];
    while (failures.length < this.members.length) {
      const member = this.members[this.member % this.members.length];
      if (member === undefined) break;
      try {
        return await this.askMember({ ...member, path, method: "POST", body: JSON.stringify(body) });
      } catch (error) {
        failures.push(`${member.host}: ${error instanceof Error ? error.message : String(error)}`);
        this.tally.count("members left for another");
        this.member += 1;
      }
    }
    throw new Error(failures.join("; "));
  }

  private async askMember(question: Question): Promise<Record<string, unknown>> {
    const { status, body } = await ask(question, this.identity(), this.agent, MEMBER_TIMEOUT_MS);
    if (status !== 200) throw new Error(`status ${String(status)} ${body.slice(0, 120)}`);
    return JSON.parse(body) as Record<string, unknown>;
  }
}
