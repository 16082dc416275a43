/** Whether a node can come to the generation that the stack file asks for: one after another, each to its end, and back by phases. */
import { generationNamed } from "../../authorities/names";
import { isAdopted, stateOf } from "../../authorities/rotation";
import { unique } from "../../format/unique";
import { TITLES } from "../../init/cas";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { AT_REST } from "../../model/phases";
import type { Config } from "../../schema/config";
import { refused, type Check, type Compared, type Mismatch } from "../world";
import { accepted, caInPlace } from "./cluster";

/** Of a CA that the stack has made, by its subject. */
const generationOf = (name: AuthorityName, subject: string, { cluster }: Pick<Config, "cluster">) =>
  generationNamed(cluster.name, name, /^CN=(.*)$/.exec(subject)?.[1] ?? "");

/** In the files of a CA, by generation; one that the stack was given or takes over may be called like any. */
interface Held {
  readonly generations: readonly number[];
  /** Subjects of those that were given or are taken over. */
  readonly others: readonly string[];
}

const heldIn = (node: Compared, name: AuthorityName, config: Config): Held => {
  const others = accepted(name, config);
  if (others === undefined) return { generations: [], others: [] };
  const all = caInPlace(node, name).map((ca) => ({ ...ca, isOther: others.includes(ca.fingerprint) }));
  return {
    generations: all.flatMap(({ isOther, subject }) => {
      if (!isOther) return generationOf(name, subject, config) ?? [];
      return isAdopted(config, name) ? [] : AT_REST.generation;
    }),
    others: all.filter(({ isOther }) => isOther).map(({ subject }) => subject),
  };
};

/** The newest generation that has signed a certificate of the layout here; 0: none that is known. */
const newestIssuer = ({ plan, survey }: Compared, name: AuthorityName, config: Config, { others }: Held): number => {
  const paths = new Set(plan.known.map(({ path }) => path));
  const issuers = survey.files
    .filter(({ path }) => paths.has(path))
    .flatMap(({ certificates }) => certificates.flatMap(({ issuer, isCa }) => (isCa ? [] : issuer)))
    .filter((issuer) => !others.includes(issuer));
  return Math.max(0, ...issuers.flatMap((issuer) => generationOf(name, issuer, config) ?? []));
};

const text = (generation: number): string => String(generation);

const mismatch = (node: Compared, name: AuthorityName, config: Config): Mismatch | undefined => {
  const { generation } = stateOf(config, name);
  const held = heldIn(node, name, config);
  if (held.generations.length === 0) return undefined;
  const [oldest, newest] = [Math.min(...held.generations), Math.max(...held.generations)];
  const asks = `and the stack file asks for generation ${text(generation)}`;
  const what = `${TITLES[name]} there is of generation ${unique(held.generations)
    .sort((a, b) => a - b)
    .join(" and ")}`;
  if (newest < generation - 1)
    return refused(
      `${what}, ${asks}`,
      `rotation.generation: ${text(newest + 1)}, since each is rotated to its end before the next; where the node alone is behind, remove its files and run again`,
    );
  if (oldest < generation - 1)
    return refused(
      `${what}, so that rotation has not ended, ${asks}`,
      `rotation: { generation: ${text(newest)} }, first`,
    );
  if (oldest > generation)
    return refused(
      `${what}, ${asks}`,
      `rotation: { generation: ${text(oldest)}, phase: issue }, to go back phase by phase`,
    );
  const issuer = newestIssuer(node, name, config, held);
  return issuer > generation
    ? refused(
        `certificates there are of generation ${text(issuer)} of ${TITLES[name]}, ${asks}`,
        `rotation: { generation: ${text(issuer)}, phase: trust }, first`,
      )
    : undefined;
};

/** By the clock a run may have missed some. */
export const generations: Check = (node, { config }) =>
  config.rotation?.byClock === true ? [] : AUTHORITIES.flatMap((name) => mismatch(node, name, config) ?? []);
