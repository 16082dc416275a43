/** Which layout a cluster has: the one whose paths its components really read, and where they differ from it. */
import { leafPolicy } from "../certificates/leafPolicy";
import { kubernetesMinor } from "../format/kubernetesVersion";
import { LAYOUT_NAMES, LAYOUTS, type LayoutName } from "../layouts";
import { fileOn, isSecret, profileOf, type ConsumerRow, type FileRow } from "../layouts/layout";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import type { ComponentFacts, FileFacts, Survey, Use } from "../survey/model";
import type { FoundNode } from "./nodes";
import { placesOf } from "./live";
import { together, unique, type Remark } from "./remarks";
import { componentOf } from "./visits";

interface Read {
  readonly file: FileFacts;
  readonly use: Use;
}

const readsOf = ({ files }: Survey): Read[] =>
  files.filter(({ state }) => state !== "missing").flatMap((file) => file.uses.map((use) => ({ file, use })));

/** A certificate and its key are read by two options, or both from one file. */
const isHalf = ({ content }: FileRow, secret: boolean): boolean =>
  content.kind === "kubeconfig" || content.kind === "pair" || content.kind === "link" || isSecret(content) === secret;

/** Where a row's file is; until a rotation the controller manager signs with the CA's own. */
const pathsOf = ({ path, content }: FileRow, layout: LayoutName): string[] => {
  const { from } = LAYOUTS[layout].signing;
  const before = content.kind === "csrSigner" ? [from.certificate] : content.kind === "caKey" ? [from.key] : [];
  return [path, ...before];
};

/** By name, or by where links lead. */
const isAt = ({ path, real }: FileFacts, { files }: Survey, paths: readonly string[]): boolean =>
  paths.some(
    (each) =>
      each === path ||
      (real !== undefined && (each === real || files.some((file) => file.path === each && file.real === real))),
  );

/** Where the layout has what is read as this. */
const pathsFor = (rows: readonly FileRow[], { input, secret }: Use, layout: LayoutName): string[] =>
  rows
    .filter((row) => input !== undefined && row.uses.includes(input) && isHalf(row, secret))
    .flatMap((row) => pathsOf(row, layout));

const rowsOf = (layout: LayoutName, minor: number, nodeName: string): FileRow[] =>
  LAYOUTS[layout].files(minor).map((row) => fileOn(row, nodeName));

/** By where it leads: paths differ between versions no more than between nodes. */
const NEWEST = 99;

const agreement = (layout: LayoutName, surveys: readonly Survey[]): number => {
  const rows = rowsOf(layout, NEWEST, "");
  const agreeing = surveys.flatMap((survey) =>
    readsOf(survey).filter(({ file, use }) => isAt(file, survey, pathsFor(rows, use, layout))),
  );
  const kinds = surveys.flatMap(({ components }) =>
    components.filter(({ name, start }) =>
      LAYOUTS[layout].consumers.some((row) => row.name === name && row.kind === start.by),
    ),
  );
  return agreeing.length + kinds.length;
};

/** The one that most files and services agree with. */
export const nearestLayout = (surveys: readonly Survey[]): LayoutName =>
  LAYOUT_NAMES.reduce((best, each) => (agreement(each, surveys) > agreement(best, surveys) ? each : best));

/** What a kubeconfig names: its own text is told of (changes.ts). */
const NAMED_BY_KUBECONFIG = new Set(["client-certificate", "client-key"]);

interface Said {
  readonly node: string;
  readonly kind: "refused" | "left";
  readonly text: string;
}

/** What a component reads elsewhere than the layout has it, or what no layout knows. */
const readSaid = ({ name: node, visit: { survey } }: FoundNode, config: Config): Said[] => {
  const { layout } = config;
  const rows = rowsOf(layout, kubernetesMinor(config), node);
  // where the stack does not write it may lie anywhere
  const own = rows.filter((row) => profileOf(row).every((profile) => leafPolicy(config, profile).enabled));
  const reads = readsOf(survey);
  const isThere = ({ file, use }: Read): boolean => isAt(file, survey, pathsFor(own, use, layout));
  // of an option that may be given several times one of the files has to be the layout's
  const isCovered = ({ use }: Read): boolean =>
    reads.some((each) => each.use.input === use.input && each.use.secret === use.secret && isThere(each));
  return reads.flatMap((read): Said[] => {
    const { component, option, input } = read.use;
    const text = `${component} reads ${read.file.path} (--${option})`;
    if (input === undefined)
      return NAMED_BY_KUBECONFIG.has(option) || rows.some(({ path }) => path === read.file.path)
        ? []
        : [{ node, kind: "left", text: `${text}, which no layout has` }];
    const wanted = unique(pathsFor(own, read.use, layout));
    if (wanted.length === 0 || isCovered(read)) return [];
    return [
      {
        node,
        kind: "refused",
        text: `${text}, and the layout ${layout} has ${wanted.join(" or ")}: start it with that path`,
      },
    ];
  });
};

const HOW = {
  "static-pod": "a static pod",
  systemd: "a systemd unit",
  pod: "a pod",
  other: "a process of its own",
} as const;

const howText = (by: keyof typeof HOW, unit: string | undefined): string =>
  unit === undefined ? HOW[by] : `${HOW[by]} called ${unit}`;

const unitOf = ({ start }: ComponentFacts): string | undefined =>
  start.by === "systemd" ? start.unit.replace(/\.service$/, "") : undefined;

/** A service that runs otherwise than the layout has it, or not at all; undefined: it is as it should be. */
const serviceTrouble = (survey: Survey, { name, kind, unit }: ConsumerRow, layout: LayoutName): string | undefined => {
  const wantedUnit = kind === "systemd" ? unit : undefined;
  const wanted = `the layout ${layout} has it as ${howText(kind, wantedUnit)}`;
  const component = componentOf(survey, name);
  if (component === undefined) return `${name} does not run, and ${wanted}`;
  const { by } = component.start;
  return by === kind && unitOf(component) === wantedUnit
    ? undefined
    : `${name} runs as ${howText(by, unitOf(component))}, and ${wanted}`;
};

const serviceRemarks = (plans: readonly NodePlan[], nodes: readonly FoundNode[], { layout }: Config): Remark[] =>
  together(
    "refused",
    placesOf(plans, nodes).flatMap(({ plan: { node, consumers }, survey }) =>
      consumers.flatMap((row) => {
        const text = serviceTrouble(survey, row, layout);
        return text === undefined ? [] : [{ node: node.name, text }];
      }),
    ),
  );

/** What differs from the layout. */
export const layoutRemarks = (plans: readonly NodePlan[], nodes: readonly FoundNode[], config: Config): Remark[] => {
  const said = nodes.flatMap((node) => readSaid(node, config));
  return [
    ...together(
      "refused",
      said.filter(({ kind }) => kind === "refused"),
    ),
    ...serviceRemarks(plans, nodes, config),
    ...together(
      "left",
      said.filter(({ kind }) => kind === "left"),
    ),
  ];
};
