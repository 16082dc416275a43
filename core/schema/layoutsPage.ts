/** The page with the files and services of every layout: docs/layouts.md. */
import { MINORS } from "../model/kubernetesMinors";
import { LAYOUTS, LAYOUT_NAMES, type LayoutName } from "../layouts";
import { modeOf, type ConsumerRow, type Content, type FileRow } from "../layouts/layout";

const HEADING = `<!-- Written by \`npm run schema\` from core/layouts/; the tables there are the ones to change. -->

# Files and services of each layout

What \`kube-pki:layout\` stands for, with Kubernetes 1.${String(MINORS.newest)}. The paths are the keys of \`kube-pki:files\`, and the names of services those of \`kube-pki:services\`: give there what is elsewhere in your cluster ([fields.md](fields.md#files)); \`kube-pki init\` writes both for a running cluster. \`{node}\` is the node's name. Files belong to root if nothing else is said here, and an existing file keeps its owner.
`;

const text = (content: Content): string => {
  switch (content.kind) {
    case "certificate":
      return `certificate of \`${content.profile}\``;
    case "key":
      return `key of \`${content.profile}\``;
    case "pair":
      return `certificate and key of \`${content.profile}\``;
    case "ca":
      return `CA \`${content.authority}\``;
    case "caKey":
      return `key of the CA \`${content.authority}\``;
    case "csrSigner":
      return `certificate of the CA \`${content.authority}\` that signs CSRs`;
    case "csrSignerKey":
      return `key of the CSR signer \`${content.csrSigner}\``;
    case "serviceAccount":
      return `${content.half} key of service account tokens`;
    case "kubeconfig":
      return `kubeconfig of \`${content.profile}\``;
    case "link":
      return `link to \`${content.target}\``;
  }
};

const where = (on: FileRow["on"]): string => [on].flat().join(", ").replace("any", "all nodes");

const fileLine = (row: FileRow): string => {
  const owner = [row.owner, row.group].every((name) => name === undefined)
    ? ""
    : ` ${row.owner ?? "root"}:${row.group ?? "root"}`;
  const readers = [...new Set(row.uses.map((use) => use.split("/")[0]))].join(", ");
  return `- \`${row.path}\`: ${text(row.content)}; ${modeOf(row)}${owner}; on ${where(row.on)}${readers === "" ? "" : `; read by ${readers}`}${row.rotationOnly ? "; only after a rotation" : ""}`;
};

const serviceLine = ({ name, kind, unit, on }: ConsumerRow): string =>
  `- \`${name}\`: ${kind} \`${unit}\`; on ${where(on)}`;

const section = (name: LayoutName): string => {
  const layout = LAYOUTS[name];
  return [
    `## ${name}\n`,
    ...layout.files(MINORS.newest).map(fileLine),
    "\nServices, in the order in which they are restarted on one node:\n",
    ...layout.consumers.map(serviceLine),
  ].join("\n");
};

export const layoutsPage = (): string => [HEADING, ...LAYOUT_NAMES.map((name) => `${section(name)}\n`)].join("\n");
