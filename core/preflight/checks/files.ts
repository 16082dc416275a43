/** Where files are, whose, and who else reads or writes them. */
import { pathText } from "../../config/problems";
import { readText, strayReads } from "../../init/layout";
import { asksCluster } from "../../init/presence";
import { readerFields } from "../../init/readers";
import { rowsFor } from "../../init/reads";
import { fileAt } from "../../init/visits";
import { layoutOf } from "../../layouts";
import { modeOf } from "../../layouts/layout";
import { fieldsOf } from "../../model/profiles";
import type { GivenFiles } from "../../layouts/adjusted";
import { refused, told, type Check } from "../world";

/** What the layout calls a path, as `files` takes it. */
const keyOf = (path: string, files: GivenFiles): string => {
  const entries = Object.entries(files).flatMap(([key, given]) =>
    given.path === undefined ? [] : [[key, given.path] as const],
  );
  return entries.find(([, given]) => given === path || (given.endsWith("/") && path.startsWith(given)))?.[0] ?? path;
};

const SERVING = { profile: "kubelet-server", input: "kubelet/serving" } as const;

/** It would never read the stack's. */
export const bootstraps: Check = ({ survey, due }) =>
  due.has(SERVING.profile) && asksCluster({ survey })
    ? [
        refused(
          "the kubelet gets its serving certificate from the cluster (serverTLSBootstrap), and does not read the stack's",
          `${pathText([...fieldsOf(SERVING.profile), "enabled"])}: false (inCluster.approveKubeletServing: true has the stack approve what it asks for), or serverTLSBootstrap: false in the kubelet's configuration`,
        ),
      ]
    : [];

/** A service that reads another file would go on with that. */
export const reads: Check = ({ plan, survey, written }, { config }) =>
  strayReads(survey, plan.files, layoutOf(config))
    .filter(({ read: { use } }) => use.input !== SERVING.input || !asksCluster({ survey }))
    .filter(({ read }) => rowsFor(written, read.use).length > 0)
    .map(({ read, wanted }) =>
      refused(
        `${readText(read)}, and the stack writes ${wanted.join(" or ")}`,
        `files[${JSON.stringify(keyOf(wanted[0] ?? "", config.files))}].path: ${read.file.path}`,
      ),
    );

/** Its group may read more than the row says; a file keeps that (docs/node-protocol.md). */
const GROUP_READS = 0o040;

export const modes: Check = ({ survey, written }, { config }) =>
  written.flatMap((row) => {
    const file = fileAt(survey, row.path);
    if (file?.state !== "file" || row.content.kind === "link") return [];
    const wider = parseInt(file.mode, 8) & 0o777 & ~(parseInt(modeOf(row), 8) | GROUP_READS);
    return wider === 0
      ? []
      : [
          told(
            `${row.path} (${file.owner}:${file.group}) has mode ${file.mode}, and becomes ${modeOf(row)}`,
            `files[${JSON.stringify(keyOf(row.path, config.files))}].mode: "${file.mode}"`,
          ),
        ];
  });

const asFound = ({ plan, survey }: Parameters<Check>[0]) => ({
  name: plan.node.name,
  address: plan.node.address,
  otherAddresses: [],
  roles: plan.node.roles,
  visit: { survey },
});

/** Programs that are not restarted, as nobody has said that they read these files. */
export const readers: Check = (node, world) =>
  node.isTouched
    ? readerFields([asFound(node)], [node.plan])
        .value.filter(({ name }) => world.config.rollout.readers.every((reader) => reader.name !== name))
        .map(({ name, reads: paths }) =>
          told(
            `the static pod ${name} reads ${paths.join(", ")}, and is not restarted`,
            `rollout.readers: {kind: static-pod, name: ${name}, reads: [${paths.join(", ")}]}`,
          ),
        )
    : [];

export const renewers: Check = (node) =>
  node.isTouched
    ? node.survey.renewers.map((unit) =>
        told(`${unit} renews certificates too, and writes over those of the stack`, "disable it there"),
      )
    : [];
