/**
 * Checks of `certificates.own`: each is in one place and says all that belongs to it. What it may say is in ownNames.ts, where
 * its files may be in ownFiles.ts.
 */
import { mustBe } from "../../format/problem";
import { NODE_NAME } from "../../layouts/layout";
import type { Sections } from "../../schema/sections";
import { NODE_ADDRESS } from "../../schema/own";
import { exactlyOne, pathText, repeated } from "../problems";
import type { Check } from "./check";

type Own = Sections["certificates"]["own"][string];

export const ownField = (name: string, ...field: readonly (string | number)[]): string =>
  pathText(["certificates", "own", name, ...field]);

/** Fields that say something of nodes, and of the cluster; empty where they are left out. */
const OF_NODES = ["roles", "nodes", "readers"] as const;
const OF_CLUSTER = ["configMap", "restart"] as const;

const isGiven = (value: unknown): boolean => value !== undefined && (!Array.isArray(value) || value.length > 0);

const placed = (name: string, own: Own): string[] => {
  const { files, secret } = own;
  const both = exactlyOne(ownField(name), ["files", "secret"], [files !== undefined, secret !== undefined]);
  if (both.length > 0) return both;
  const [foreign, needs] = files === undefined ? ([OF_NODES, "files"] as const) : ([OF_CLUSTER, "secret"] as const);
  const stray = foreign
    .filter((field) => isGiven(own[field]))
    .map((field) => mustBe(ownField(name, field), `given without ${needs}`, `left out, or given with ${needs}`));
  const inBoth =
    own.roles === undefined || own.nodes === undefined
      ? []
      : [mustBe(ownField(name), "both roles and nodes", "one of the two")];
  return [...stray, ...inBoth];
};

/** What depends on a node has no meaning in the cluster. */
const ofNoNode = (name: string, { secret, commonName = "", sans }: Own): string[] =>
  secret === undefined
    ? []
    : [commonName, ...sans]
        .filter((text) => text.includes(NODE_NAME) || text === NODE_ADDRESS)
        .map((text) =>
          mustBe(ownField(name), `${text} in a certificate of no node`, "a name that is the same everywhere"),
        );

const named = (name: string, { usages, sans }: Own): string[] =>
  usages.includes("server") && sans.length === 0
    ? [mustBe(ownField(name, "sans"), "an empty list", "a list of at least one", "clients ask a server for its name")]
    : [];

/** A signing request of the tls provider carries no more. */
const oneOrganization = (name: string, own: Own, sections: Partial<Sections>): string[] => {
  const count = own.organizations.length;
  const inState = sections.nodes?.some(
    ({ keyLocation }) => (keyLocation ?? sections.certificates?.keyLocation) === "state",
  );
  return count > 1 && (own.secret !== undefined || inState === true)
    ? [
        mustBe(
          ownField(name, "organizations"),
          `a list of ${String(count)}`,
          "a list of one where the key is in the state",
        ),
      ]
    : [];
};

const knownNodes = (name: string, { nodes: given = [] }: Own, { nodes }: Partial<Sections>): string[] =>
  given.flatMap((each, index) =>
    nodes === undefined || nodes.some((node) => node.name === each)
      ? []
      : [mustBe(ownField(name, "nodes", index), JSON.stringify(each), "the name of a node under `nodes`")],
  );

const keysApart = (name: string, { secret }: Own): string[] => {
  if (secret === undefined) return [];
  const keys = [secret.certificate, secret.key, secret.ca];
  return repeated(keys, (index) =>
    mustBe(ownField(name, "secret"), `${keys[index] ?? ""} twice`, "three keys of its data, each another one"),
  );
};

const inCluster = (name: string, { secret }: Own, sections: Partial<Sections>): string[] =>
  secret === undefined || sections.inCluster?.enabled !== false
    ? []
    : [
        mustBe(
          ownField(name, "secret"),
          "given with inCluster.enabled: false",
          "used with inCluster.enabled: true, because it is written in the cluster",
        ),
      ];

/** Two that write one object would undo each other. */
const objectsApart = (all: readonly (readonly [string, Own])[]): string[] => {
  const objects = all.flatMap(([name, { secret, configMap }]) => [
    ...(secret === undefined
      ? []
      : [{ at: ownField(name, "secret"), what: `Secret ${secret.namespace}/${secret.name}` }]),
    ...(configMap === undefined
      ? []
      : [{ at: ownField(name, "configMap"), what: `ConfigMap ${configMap.namespace}/${configMap.name}` }]),
  ]);
  const texts = objects.map(({ what }) => what);
  return repeated(texts, (index, first) =>
    mustBe(
      objects[index]?.at ?? "",
      `${texts[index] ?? ""} is that of ${objects[first]?.at ?? ""} too`,
      "one of its own",
    ),
  );
};

export const ownProblems: Check = ({ sections }) => {
  const all = Object.entries(sections.certificates?.own ?? {});
  return [
    ...all.flatMap(([name, own]) => [
      ...placed(name, own),
      ...ofNoNode(name, own),
      ...named(name, own),
      ...oneOrganization(name, own, sections),
      ...knownNodes(name, own, sections),
      ...keysApart(name, own),
      ...inCluster(name, own, sections),
    ]),
    ...objectsApart(all),
  ];
};
