/** Where a node of a lab has its files, as the layout in its stack file says. */
import { fileOn, type Content, type FileRow } from "../../core/layouts/layout";
import type { Lab } from "../lab/lab";
import { labLayout } from "./labConfig";

const isOn = ({ on }: FileRow, roles: readonly string[]): boolean =>
  [on]
    .flat()
    .some((where) => where === "any" || roles.includes(where === "first-control-plane" ? "control-plane" : where));

/** Those of a node, rotation or not. */
export const filesOn = (lab: Lab, nodeName: string): readonly FileRow[] => {
  const roles = lab.nodes.find(({ name }) => name === nodeName)?.roles ?? [];
  const minor = Number(lab.kubernetesVersion.split(".")[1]);
  return labLayout(lab)
    .files(minor)
    .filter((row) => isOn(row, roles))
    .map((row) => fileOn(row, nodeName));
};

/** What holds a leaf there, and nothing of others: certificate and key, a kubeconfig, a pair or a link to one. */
export const filesOf = (lab: Lab, nodeName: string, profile: string, kind?: Content["kind"]): readonly FileRow[] =>
  filesOn(lab, nodeName).filter(
    ({ content }) =>
      "profile" in content && content.profile === profile && (kind === undefined || content.kind === kind),
  );

/** The path of the one file of that kind. */
export const pathOf = (lab: Lab, nodeName: string, profile: string, kind: Content["kind"]): string => {
  const [file] = filesOf(lab, nodeName, profile, kind);
  if (file === undefined) throw new Error(`${nodeName}: its layout has no ${kind} of ${profile}`);
  return file.path;
};
