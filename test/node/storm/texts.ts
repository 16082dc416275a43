/** Oddities of what files hold. */
import fc from "fast-check";
import { CONF_CHANGES, USUAL_CHANGES } from "./confs";
import { CA_PATHS, CONFS, LEAF_NAMES, LEAFS, PATHS, TOKENS } from "./layout";
import { CA_NAMES, ca, leafOf, pem, PROFILES, signerOf, TOKEN_KEYS } from "./pool";
import { row } from "./row";

const path = fc.constantFrom(...PATHS);
const caFile = fc.constantFrom(...CA_PATHS);
const leafName = fc.constantFrom(...LEAF_NAMES);

const change = (files: Map<string, string>, at: string, how: (was: string) => string): void => {
  const was = files.get(at);
  if (was !== undefined) files.set(at, how(was));
};

const layPair = (files: Map<string, string>, of: keyof typeof LEAFS, cert: string, key: string): void => {
  const at = LEAFS[of];
  if (!files.has(at.cert)) return;
  if (at.cert === at.key) files.set(at.cert, cert + key);
  else files.set(at.cert, cert).set(at.key, key);
};

const FORMS = {
  crlf: (was: string) => was.replaceAll("\n", "\r\n"),
  comments: (was: string) =>
    `Bag Attributes\n    friendlyName: x\n${was.replaceAll("-----BEGIN", "# next\n-----BEGIN")}the end\n`,
  noEol: (was: string) => was.replace(/\n$/, ""),
  bom: (was: string) => `\ufeff${was}`,
  indented: (was: string) => was.replace(/^/gm, "  "),
  blanks: (was: string) => was.replaceAll("\n", "  \n"),
  wide: (was: string) => was.replace(/(?<=[A-Za-z0-9+/]{64})\n(?=[A-Za-z0-9+/=]+\n)/g, ""),
};
type Form = keyof typeof FORMS;

const KEYS = {
  other: () => leafOf("web", "f2", 0).key,
  garbage: () => "no key\n",
  // no such key: the label lies
  sec1: (own: string) => own.replaceAll("PRIVATE KEY", "EC PRIVATE KEY"),
};

export const TEXTS = {
  absent: row({ weight: 8, fields: { path }, fill: (files, odd) => void files.delete(odd.path) }),
  empty: row({
    weight: 2,
    fields: { path },
    fill: (files, odd) => {
      change(files, odd.path, () => "");
    },
  }),
  text: row({
    weight: 5,
    fields: { path, form: fc.constantFrom(...(Object.keys(FORMS) as Form[])) },
    fill: (files, odd) => {
      change(files, odd.path, FORMS[odd.form]);
    },
  }),
  cas: row({
    weight: 4,
    fields: { path: caFile, cas: fc.uniqueArray(fc.constantFrom(...CA_NAMES), { minLength: 1, maxLength: 4 }) },
    fill: (files, odd) => void files.set(odd.path, pem(odd.cas)),
  }),
  moreCas: row({
    weight: 12,
    fields: { path: caFile, cas: fc.uniqueArray(fc.constantFrom(...CA_NAMES), { minLength: 1, maxLength: 2 }) },
    fill: (files, odd) => {
      change(files, odd.path, (was) => was + pem(odd.cas));
    },
  }),
  tokens: row({
    weight: 2,
    fields: { keys: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }) },
    fill: (files, odd) => void files.set(TOKENS, odd.keys.map((index) => TOKEN_KEYS[index] ?? "").join("")),
  }),
  strangeBlock: row({
    weight: 1,
    fields: { path: caFile },
    fill: (files, odd) => {
      change(files, odd.path, (was) => `${was}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n`);
    },
  }),
  key: row({
    weight: 4,
    fields: { of: leafName, is: fc.constantFrom(...(Object.keys(KEYS) as (keyof typeof KEYS)[])) },
    fill: (files, { of, is }) => {
      const own = leafOf(of, signerOf(of, "1"), 0);
      layPair(files, of, own.cert, KEYS[is](own.key));
    },
  }),
  leaf: row({
    weight: 4,
    fields: { of: leafName, is: fc.constantFrom("ended" as const, "named" as const, "good" as const) },
    fill: (files, { of, is }) => {
      const made = leafOf(of, signerOf(of, "1"), 0, is);
      layPair(files, of, made.cert, made.key);
    },
  }),
  foreignLeaf: row({
    weight: 2,
    fields: { of: leafName },
    fill: (files, { of }) => {
      const made = leafOf(of, "f1", 0);
      layPair(files, of, made.cert, made.key);
    },
  }),
  chain: row({
    weight: 1,
    fields: { of: leafName },
    fill: (files, { of }) => {
      const made = leafOf(of, signerOf(of, "1"), 0);
      layPair(files, of, made.cert + ca(`${PROFILES[of]}1`).cert, made.key);
    },
  }),
  conf: row({
    weight: 24,
    fields: { path: fc.constantFrom(...CONFS), change: fc.constantFrom(...CONF_CHANGES, ...USUAL_CHANGES) },
  }),
};
