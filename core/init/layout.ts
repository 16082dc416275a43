/** Which layout a cluster has: the one whose paths its components really read, and where they differ from it. */
import { basename } from "node:path/posix";
import { isRotating } from "../authorities/rotation";
import { leafPolicy } from "../certificates/leafPolicy";
import { kubernetesMinor } from "../format/kubernetesVersion";
import { LAYOUT_NAMES, layoutOf, LAYOUTS, type LayoutName } from "../layouts";
import { profileOf, type ConsumerRow, type FileRow, type Layout } from "../layouts/layout";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import type { ComponentFacts, FileFacts, Survey } from "../survey/model";
import { MANIFESTS } from "../survey/staticPods";
import type { FoundNode } from "./nodes";
import { placesOf } from "./live";
import type { NamedSurvey } from "./places";
import { isAt, NEWEST, pathsOf, readsOf, rowsFor, rowsOn, type Read } from "./reads";
import { together, type Remark } from "./remarks";
import { singleSigners } from "./singleSigners";
import { unique } from "../format/unique";
import { componentOf } from "./visits";

/** How many of the files that components read a layout has, by what they are called alone, or where they are. */
const readsIn = (layout: Layout, nodes: readonly NamedSurvey[], by: "name" | "place"): number => {
  const isThere = (survey: Survey, file: FileFacts, paths: readonly string[]): boolean =>
    by === "place"
      ? isAt(file, survey, paths)
      : paths.some((each) => [file.path, file.real ?? ""].some((given) => basename(given) === basename(each)));
  return nodes.flatMap(({ name, survey }) => {
    const rows = rowsOn(layout, NEWEST, name);
    return readsOf(survey).filter(({ file, use }) =>
      isThere(
        survey,
        file,
        rowsFor(rows, use).flatMap((row) => pathsOf(row, layout)),
      ),
    );
  }).length;
};

const servicesIn = ({ consumers }: Layout, nodes: readonly NamedSurvey[]): number =>
  nodes.flatMap(({ survey: { components } }) =>
    components.filter(({ name, start }) => consumers.some((row) => row.name === name && row.kind === start.by)),
  ).length;

/**
 * The one that most files agree with by their names, since a folder may be elsewhere (`files`); of several alike the one that
 * has most of them in its places, then the one whose services run in the same way.
 */
export const nearestLayout = (nodes: readonly NamedSurvey[]): LayoutName => {
  const agreements = LAYOUT_NAMES.map((name) => {
    const layout = LAYOUTS[name];
    const counts = [readsIn(layout, nodes, "name"), readsIn(layout, nodes, "place"), servicesIn(layout, nodes)];
    return { name, counts };
  });
  const isNearer = (one: readonly number[], other: readonly number[]): boolean => {
    const at = one.findIndex((count, index) => count !== other[index]);
    return at >= 0 && (one[at] ?? 0) > (other[at] ?? 0);
  };
  return agreements.reduce((best, each) => (isNearer(each.counts, best.counts) ? each : best)).name;
};

/** What a kubeconfig names: its own text is told of (changes.ts). */
const NAMED_BY_KUBECONFIG = new Set(["client-certificate", "client-key"]);

/** A file that a component reads in place of others. */
export interface StrayRead {
  readonly read: Read;
  /** Where the rows have it. */
  readonly wanted: readonly string[];
}

/** What components read elsewhere than these rows have it. */
export const strayReads = (survey: Survey, rows: readonly FileRow[], layout: Layout): StrayRead[] => {
  const reads = readsOf(survey);
  const placesFor = ({ use }: Read): string[] => unique(rowsFor(rows, use).flatMap((row) => pathsOf(row, layout)));
  const isThere = (read: Read): boolean => isAt(read.file, survey, placesFor(read));
  // of an option that may be given several times one of the files has to be the layout's
  const isCovered = ({ use: { component, option, secret } }: Read): boolean =>
    reads.some(
      (each) =>
        each.use.component === component && each.use.option === option && each.use.secret === secret && isThere(each),
    );
  return reads.flatMap((read) => {
    const wanted = placesFor(read);
    return wanted.length === 0 || isCovered(read) ? [] : [{ read, wanted }];
  });
};

/** "kube-apiserver reads /etc/x.crt (--tls-cert-file)" */
export const readText = ({ file: { path }, use: { component, option } }: Read): string =>
  `${component} reads ${path} (--${option})`;

interface Said {
  readonly node: string;
  readonly kind: "refused" | "left";
  readonly text: string;
}

/** What a component reads elsewhere than the layout has it, or what no layout knows. */
const readSaid = ({ name: node, visit: { survey } }: FoundNode, config: Config): Said[] => {
  const layout = layoutOf(config);
  const rows = rowsOn(layout, kubernetesMinor(config), node);
  // where the stack does not write it may lie anywhere
  const own = rows.filter((row) => profileOf(row).every((profile) => leafPolicy(config, profile).enabled));
  const unknown = readsOf(survey).flatMap((read): Said[] => {
    const { option, input } = read.use;
    const isKnown = input !== undefined || NAMED_BY_KUBECONFIG.has(option);
    return isKnown || rows.some(({ path }) => path === read.file.path)
      ? []
      : [{ node, kind: "left", text: `${readText(read)}, which no layout has` }];
  });
  return [
    ...strayReads(survey, own, layout).map(({ read, wanted }): Said => ({
      node,
      kind: "refused",
      text: `${readText(read)}, and the stack writes ${wanted.join(" or ")}: start it with that path`,
    })),
    ...unknown,
  ];
};

const HOW = {
  "static-pod": "a static pod",
  systemd: "a systemd unit",
  pod: "a pod",
  other: "a process of its own",
} as const;

export const howText = (by: keyof typeof HOW, unit: string | undefined): string =>
  unit === undefined ? HOW[by] : `${HOW[by]} called ${unit}`;

export const unitOf = ({ start }: ComponentFacts): string | undefined =>
  start.by === "systemd" ? start.unit.replace(/\.service$/, "") : undefined;

/** A static pod whose manifest a node does not find (node/62-flags.sh, 61-manifest.sh); undefined: it does. */
export const manifestTrouble = ({ name, start }: ComponentFacts, { unit }: ConsumerRow): string | undefined => {
  const wanted = `${MANIFESTS}/${unit}.yaml`;
  return start.by !== "static-pod" || start.manifest === wanted
    ? undefined
    : `the manifest of ${name} is ${start.manifest}, and the stack looks for ${wanted}, where a rotation sets flags: move it there ` +
        `(staticPodPath of the kubelet), or make one a link to the other`;
};

/** A service that runs otherwise than the layout has it, or not at all; undefined: it is as it should be. */
const serviceTrouble = (survey: Survey, { name, kind, unit }: ConsumerRow): string | undefined => {
  const wantedUnit = kind === "systemd" ? unit : undefined;
  const wanted = `the stack has it as ${howText(kind, wantedUnit)}`;
  const component = componentOf(survey, name);
  if (component === undefined) return `${name} does not run, and ${wanted}`;
  const { by } = component.start;
  return by === kind && unitOf(component) === wantedUnit
    ? undefined
    : `${name} runs as ${howText(by, unitOf(component))}, and ${wanted}`;
};

const serviceRemarks = (plans: readonly NodePlan[], nodes: readonly FoundNode[]): Remark[] =>
  together(
    "refused",
    placesOf(plans, nodes).flatMap(({ plan: { node, consumers }, survey }) =>
      consumers.flatMap((row) => {
        const text = serviceTrouble(survey, row);
        return text === undefined ? [] : [{ node: node.name, text }];
      }),
    ),
  );

/** What only a rotation stumbles over. */
const rotationRemarks = (plans: readonly NodePlan[], nodes: readonly FoundNode[], config: Config): Remark[] =>
  together(
    isRotating(config) ? "refused" : "left",
    placesOf(plans, nodes).flatMap(({ plan: { node, consumers }, survey }) => {
      const manifests = consumers.map((row) => {
        const component = componentOf(survey, row.name);
        return component === undefined ? undefined : manifestTrouble(component, row);
      });
      return [...manifests, singleSigners(survey)].flatMap((text) =>
        text === undefined ? [] : [{ node: node.name, text }],
      );
    }),
  );

/** What differs from the layout. */
export const layoutRemarks = (plans: readonly NodePlan[], nodes: readonly FoundNode[], config: Config): Remark[] => {
  const said = nodes.flatMap((node) => readSaid(node, config));
  return [
    ...together(
      "refused",
      said.filter(({ kind }) => kind === "refused"),
    ),
    ...serviceRemarks(plans, nodes),
    ...rotationRemarks(plans, nodes, config),
    ...together(
      "left",
      said.filter(({ kind }) => kind === "left"),
    ),
  ];
};
