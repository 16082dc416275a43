/** Whom the node lets in: by its CA files and token keys, at any moment. */
import { wantedBy, type Sending } from "./body";
import { CA, CA_FILES, CA_PATHS, SIGNER, TOKENS, type CaFile } from "./layout";
import { EVER, first, type Invariant, type Moment } from "./moment";
import { blocksIn, ca, casIn, TOKEN_KEYS, type CaName } from "./pool";
import type { Snapshot } from "./snapshot";

const textOf = (of: Snapshot, path: string): string => of.get(path)?.text ?? "";
const letterOf = (path: CaFile): "k" | "e" => (CA_FILES[path] === "ca:etcd" ? "e" : "k");
const wanted = (sending: Sending, path: CaFile): CaName[] => [
  ...wantedBy(sending).map((generation): CaName => `${letterOf(path)}${generation}`),
  ...casIn(sending.copies.get(path) ?? ""),
];

/** Of this cluster, and let in by a file of the same part: may be let in by the others of it. */
const spreads = (before: Snapshot, path: CaFile): CaName[] =>
  CA_PATHS.filter((other) => CA_FILES[other] === CA_FILES[path])
    .flatMap((other) => casIn(textOf(before, other)))
    .filter((name) => name.startsWith(letterOf(path)));

const nobodyNew = ({ before, after, sending }: Moment): string | undefined =>
  first(CA_PATHS, (path) => {
    const may = new Set([...casIn(textOf(before, path)), ...wanted(sending, path), ...spreads(before, path)]);
    const got = casIn(textOf(after, path)).find((name) => !may.has(name));
    return got === undefined ? undefined : `${path} lets ${got} in`;
  });

const noNewSigner = ({ before, after, sending: { copies } }: Moment): string | undefined => {
  if (copies.has(SIGNER.cert)) return undefined;
  const [had, has] = [casIn(textOf(before, SIGNER.cert)), casIn(textOf(after, SIGNER.cert))];
  const may = new Set<CaName>([...had, ...casIn(textOf(before, CA)), "k1", "k2"]);
  const got = has.find((name) => !may.has(name));
  if (got !== undefined) return `${SIGNER.cert} holds ${got}`;
  return has.length > 1 && had.length <= 1 ? `${SIGNER.cert} holds ${String(has.length)} certificates` : undefined;
};

const keysIn = (text: string): number[] =>
  TOKEN_KEYS.flatMap((key, index) => (blocksIn(text).some((block) => blocksIn(key)[0] === block) ? [index] : []));
const noNewToken = ({ before, after, sending }: Moment): string | undefined => {
  const may = [
    ...keysIn(textOf(before, TOKENS)),
    ...keysIn(sending.copies.get(TOKENS) ?? ""),
    ...wantedBy(sending).map((generation) => Number(generation) - 1),
  ];
  const got = keysIn(textOf(after, TOKENS)).find((index) => !may.includes(index));
  return got === undefined ? undefined : `${TOKENS} takes tokens of key ${String(got)}`;
};

/** Blocks that no payload has, in any file that the payload writes. */
const foreignStay = ({ before, after, sending: { send, copies } }: Moment): string | undefined =>
  first<string>([...CA_PATHS, TOKENS], (path) => {
    const entry = before.get(path);
    if (entry?.kind !== "file" || copies.has(path)) return undefined;
    const known = new Set([...ofCluster(path === TOKENS ? undefined : letterOf(path as CaFile))]);
    const lost = blocksIn(entry.text).find(
      (block) => !known.has(block) && !blocksIn(textOf(after, path)).includes(block),
    );
    return lost === undefined
      ? undefined
      : `${path} has lost ${casIn(pemOf(lost)).join() || lost.slice(0, 40)} (${send})`;
  });

const pemOf = (block: string): string => block.replace(/^(\S+) (.*)$/, "-----BEGIN $1-----\n$2\n-----END $1-----\n");
const ofCluster = (letter: "k" | "e" | undefined): string[] =>
  letter === undefined
    ? TOKEN_KEYS.slice(0, 2).flatMap(blocksIn)
    : [1, 2].flatMap((n) => OURS.get(`${letter}${String(n)}`) ?? []);
const OURS = new Map(
  (["k1", "k2", "e1", "e2"] as const).map((name) => [name as string, blocksIn(ca(name).cert)] as const),
);

/** After a success: who is to be let in is, who is retired is not. */
const asWanted = ({ after, sending }: Moment): string | undefined =>
  first(CA_PATHS, (path) => {
    const has = casIn(textOf(after, path));
    const missing = wanted(sending, path).find((name) => !has.includes(name));
    if (missing !== undefined) return `${path} lacks ${missing}`;
    const gone: CaName | undefined =
      sending.send === "close" ? `${letterOf(path)}1` : sending.send === "back" ? `${letterOf(path)}2` : undefined;
    return gone !== undefined && has.includes(gone) ? `${path} still holds ${gone}` : undefined;
  });

/** Somebody else's file is not taken over: one of those in it is of a generation that this step leads on from. */
const guarded = ({ before, sending }: Moment): string | undefined =>
  first<string>(sending.send === "restore" || sending.send === "ask" ? [] : [...CA_PATHS, TOKENS], (path) => {
    const entry = before.get(path);
    if (entry?.kind !== "file") return undefined;
    const may =
      path === TOKENS
        ? wantedBy(sending).flatMap((generation) => blocksIn(TOKEN_KEYS[Number(generation) - 1] ?? ""))
        : wanted(sending, path as CaFile).flatMap((name) => blocksIn(ca(name).cert));
    return blocksIn(entry.text).some((block) => may.includes(block)) ? undefined : `${path} was somebody else's`;
  });

/** Lines that end otherwise, or stand around the blocks, are no change. */
const keepsForm = ({ before, after }: Moment): string | undefined =>
  first<string>([...CA_PATHS, TOKENS], (path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was?.kind !== "file" || is?.kind !== "file" || was.mode !== is.mode) return undefined;
    const isSame = blocksIn(was.text).join() === blocksIn(is.text).join();
    return isSame && was.text !== is.text ? `${path} was written anew` : undefined;
  });

export const TRUST_INVARIANTS: readonly Invariant[] = [
  { name: "nobody new is let in", at: EVER, check: nobodyNew },
  { name: "nobody new is let in: signer", at: EVER, check: noNewSigner },
  { name: "nobody new is let in: tokens", at: EVER, check: noNewToken },
  { name: "nothing unknown is gone: PEM blocks", at: EVER, check: foreignStay },
  { name: "a foreign file is not taken over", at: ["done"], check: guarded },
  { name: "what holds the same stays as it is written", at: ["done"], check: keepsForm },
  { name: "trust is as the payload wants it", at: ["done"], check: asWanted },
];
