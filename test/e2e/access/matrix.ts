/** Who is let in when: credentials made in each moment of a rotation, shown in each later one to each API server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { issuerOf, trustedOf } from "../../../core/authorities/rotation";
import type { RotationState } from "../../../core/model/phases";
import type { Lab } from "../../lab/lab";
import { withRole } from "../../lab/topology";
import { identityOf } from "../clients/credentials";
import type { AccessAnswer, AccessQuestion } from "./askAll";
import { CREDENTIALS, makeCredentials, type Credential, type GivenOut } from "./credentials";

/** A named point of a scenario, and what signs and is trusted then. */
export interface Moment {
  readonly name: string;
  readonly kubernetes: RotationState;
  readonly serviceAccount: RotationState;
}

export interface AccessRow {
  readonly credential: Credential["kind"];
  readonly madeIn: string;
  readonly askedIn: string;
  /** The CAs the client believes: those it got with the credential, or those of now. */
  readonly trust: "own" | "current";
  readonly apiServer: string;
  readonly answer: AccessAnswer;
  readonly expected: AccessAnswer;
}

/**
 * What the rules of a rotation say, whatever the product does.
 *
 * @param between the moments from one to the other. A Secret has one token at a time, so a legacy token whose key was retired
 * once stays refused when its key is trusted again.
 */
export const expectedAnswer = (
  kind: Credential["kind"],
  made: Moment,
  now: Moment,
  trust: AccessRow["trust"],
  between: readonly Moment[] = [],
): AccessAnswer => {
  const believed = trustedOf((trust === "own" ? made : now).kubernetes);
  if (!believed.includes(issuerOf(now.kubernetes))) return "server not trusted";
  const by = CREDENTIALS[kind];
  const counts = kind === "legacy token" ? [...between, now] : [now];
  return counts.every((moment) => trustedOf(moment[by]).includes(issuerOf(made[by]))) ? "accepted" : "refused";
};

export class AccessMatrix {
  private readonly moments = new Map<string, Moment>();
  private readonly credentials: Credential[] = [];

  public constructor(
    private readonly lab: Lab,
    /** Where the answers go. */
    private readonly rows: AccessRow[],
    /** The kubeconfigs that the stack gives out now. */
    private readonly givenOut: () => Promise<GivenOut>,
  ) {}

  /** Makes one credential of each kind, then shows all made so far to every API server; throws what is not as it must be. */
  public async at(moment: Moment): Promise<void> {
    this.moments.set(moment.name, moment);
    this.credentials.push(...(await makeCredentials(this.lab, moment.name, await this.givenOut())));
    const { ca } = identityOf(readFileSync(await this.lab.kubeconfig(), "utf8"));
    const asked = this.questions(moment, ca);
    const answers = await this.answers(asked.map(({ question }) => question));
    const rows = asked.map(({ row }, index) => ({ ...row, answer: answers[index] ?? "not reached" }));
    this.rows.push(...rows);
    assert.deepEqual(rows.filter(({ answer, expected }) => answer !== expected).map(sentence), [], "access");
  }

  private questions(now: Moment, current: string): { question: AccessQuestion; row: Omit<AccessRow, "answer"> }[] {
    const servers = withRole(this.lab.nodes, "control-plane");
    return this.credentials.flatMap(({ kind, madeIn, identity }) => {
      const made = this.moments.get(madeIn) ?? now;
      const all = [...this.moments.values()];
      const between = all.slice(all.indexOf(made));
      return (["own", "current"] as const).flatMap((trust) =>
        servers.map(({ name, address }) => ({
          question: { host: address, port: 6443, identity: trust === "own" ? identity : { ...identity, ca: current } },
          row: {
            credential: kind,
            madeIn,
            askedIn: now.name,
            trust,
            apiServer: name,
            expected: expectedAnswer(kind, made, now, trust, between),
          },
        })),
      );
    });
  }

  private async answers(questions: readonly AccessQuestion[]): Promise<AccessAnswer[]> {
    const argv = [process.execPath, "--import", "tsx", join(__dirname, "askAll.ts")];
    const { code, stdout, stderr } = await this.lab.exec(argv, {
      stdin: JSON.stringify(questions),
      timeoutMs: 120_000,
    });
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as AccessAnswer[];
  }
}

const sentence = ({ credential, madeIn, askedIn, trust, apiServer, answer, expected }: AccessRow): string =>
  `${credential} made in ${madeIn}, shown to ${apiServer} in ${askedIn} with the ${trust} trust: ${answer}, should be ${expected}`;
