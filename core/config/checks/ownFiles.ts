/** Checks of where certificates of the user's own are on nodes, and of the programs that read them. */
import { kubernetesMinor } from "../../format/kubernetesVersion";
import { mustBe } from "../../format/problem";
import { layoutOf } from "../../layouts";
import { fileOn } from "../../layouts/layout";
import { ownOn, type OwnOnNode } from "../../nodes/ownFiles";
import type { Config, NodeConfig } from "../../schema/config";
import type { Check } from "./check";
import { ownField } from "./own";
import { withoutRotation } from "./plannedSans";

const FILES = ["certificate", "key", "ca"] as const;

const nameOf = ({ leaf }: OwnOnNode): string => leaf.slice("own.".length);

/** By path: what is there already. */
const layoutPlaces = (node: NodeConfig, config: Config): Map<string, string> =>
  new Map(
    layoutOf(config)
      .files(kubernetesMinor(config))
      .map((row) => [fileOn(row, node.name).path, `a file of layout ${config.layout}`]),
  );

const collisions = (node: NodeConfig, config: Config): string[] => {
  const places = layoutPlaces(node, config);
  return ownOn(node, config).flatMap((each) =>
    FILES.flatMap((file) => {
      const path = each.files[file];
      if (path === undefined) return [];
      const at = ownField(nameOf(each), "files", file);
      const there = places.get(path);
      places.set(path, at);
      const todo = file === "ca" ? ["if that holds the same CA leave ca out: it follows each rotation"] : [];
      return there === undefined
        ? []
        : [mustBe(at, `${path} on ${node.name} is ${there}`, "a place of its own", ...todo)];
    }),
  );
};

const keyModes = (config: Config): string[] =>
  Object.entries(config.certificates.own).flatMap(([name, { files }]) =>
    files === undefined || /^0[46][04]0$/.test(files.mode)
      ? []
      : [
          mustBe(
            ownField(name, "files", "mode"),
            files.mode,
            "0600, 0640, 0400 or 0440",
            "the key is secret: nobody but its owner and group may read it",
          ),
        ],
  );

const programs = (config: Config): string[] => {
  const services = new Set<string>(layoutOf(config).consumers.flatMap(({ name, unit }) => [name, unit]));
  const kinds = new Map(config.rollout.readers.map(({ name, kind }) => [name, kind]));
  return Object.entries(config.certificates.own).flatMap(([own, { readers }]) =>
    readers.flatMap(({ name, kind }, index) => {
      const at = ownField(own, "readers", index, "name");
      const other = kinds.get(name) ?? kind;
      kinds.set(name, other);
      return [
        ...(services.has(name) ? [mustBe(at, name, "a program beside the layout's services")] : []),
        ...(other === kind ? [] : [mustBe(at, `${name} is a ${other} elsewhere in the stack file`, `of one kind`)]),
      ];
    }),
  );
};

export const ownFilesProblems: Check = ({ sections, now }) => {
  const config = withoutRotation(sections, now);
  if (config === undefined) return [];
  return [
    ...new Set(config.nodes.flatMap((node) => collisions(node, config))),
    ...keyModes(config),
    ...programs(config),
  ];
};
