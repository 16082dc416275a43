import * as pulumi from "@pulumi/pulumi";
import { ownCas } from "../core/authorities/oneCa";
import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import { authorityRow, endingCa, listedGenerations, type AuthorityRow } from "../core/report/authorityRows";
import type { Config } from "../core/schema/config";
import type { AuthorityGenerations } from "./authority/generations";
import { warnOn } from "./warnOn";

/** The stack's CAs that nodes trust, in the phase the stack file names. */
export const authorityRows = (
  config: Config,
  generations: Readonly<Record<AuthorityName, AuthorityGenerations>>,
): pulumi.Output<AuthorityRow[]> =>
  pulumi.all(
    ownCas(config).flatMap((name) =>
      listedGenerations(config, name).flatMap((generation) => {
        const made = generations[name].all[generation - 1];
        return made === undefined
          ? []
          : [made.trustPem.apply((trustPem) => authorityRow(config, name, generation, trustPem))];
      }),
    ),
  );

/** Beside them, from when their next phase is allowed, which a run knows only at its end. */
export const withNextPhases = (
  rows: pulumi.Output<AuthorityRow[]>,
  nextFrom: (authority: AuthorityName) => pulumi.Output<string | undefined>,
): pulumi.Output<AuthorityRow[]> =>
  pulumi.all([rows, pulumi.all(mapAuthorities(nextFrom))]).apply(([known, from]) =>
    known.map((row) => {
      const nextPhaseFrom = from[row.authority];
      return nextPhaseFrom === undefined ? row : { ...row, nextPhaseFrom };
    }),
  );

/** Warns of each CA that has to be replaced; not of those that the clock replaces (rotation.rotateEvery). */
export const warnOfEndingCas = (
  rows: pulumi.Output<AuthorityRow[]>,
  config: Config,
  resource: pulumi.Resource,
): void => {
  if (config.rotation?.byClock === true) return;
  rows.apply((known) => {
    for (const row of known) {
      const text = endingCa(row, config.asOf);
      if (text !== undefined) warnOn(resource, text);
    }
  });
};
