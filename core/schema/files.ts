/** Where the files of this cluster are, and how its services run, where that differs from the layout. */
import { z } from "zod";
import { isField } from "../format/protocolFields";
import { NODE_NAME } from "../layouts/layout";
import type { ConsumerName } from "../model/reload";
import { choice, fieldText, matching, object, unitName } from "./fields";

const PLACE_ALLOWED = `an absolute path below /etc, /var/lib, /opt, /usr/local or /srv; ${NODE_NAME} in it stands for the node's name`;
const isPlace = (given: string): boolean => isField("path", given.replaceAll(NODE_NAME, "n").replace(/\/$/, ""));

/** One place of a file, not of a folder. */
export const filePath = matching(PLACE_ALLOWED, (given) => isPlace(given) && !given.endsWith("/"));

export const owner = fieldText("the name of a user or group, in lower-case letters, digits, - and _", "owner");

export const mode = fieldText('four octal digits such as "0640", in quotes', "mode");

const file = object({
  path: matching(PLACE_ALLOWED, isPlace).optional().describe("Where it is instead; a folder ends with a slash."),
  owner: owner.optional().describe("Whose it is, if the stack creates it; an existing file keeps its owner."),
  group: owner.optional().describe("Its group, if the stack creates it; an existing file keeps its group."),
  mode: mode.optional().describe("Its mode; of a file only."),
});

/** Keys are checked in config/checks/files.ts: the layout says which there are. */
export const files = z
  .record(z.string(), file, { error: "a map from paths of the layout to what is different" })
  .default({});

const service = object({
  kind: choice(["static-pod", "systemd"]).optional().describe("How it runs."),
  unit: unitName("unit")
    .optional()
    .describe("Name of the unit; of a static pod the name of its manifest without .yaml."),
}).optional();

const SERVICES = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
] as const satisfies readonly ConsumerName[];

type Services = Record<(typeof SERVICES)[number], typeof service>;
export const services = object(Object.fromEntries(SERVICES.map((name) => [name, service])) as Services).prefault({});
