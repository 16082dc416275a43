/** Programs on the nodes, beside the layout's own, that read files of the stack: kube-vip, keepalived's checks, agents. */
import { z } from "zod";
import { ROLES } from "../model/roles";
import { choice, fieldText, object, unitName } from "./fields";

export const programName = unitName("unit", "name").describe(
  "Name of the unit; of a static pod the name of its manifest without .yaml, which is also the name of its program.",
);

const reader = object({
  kind: choice(["static-pod", "systemd"]).describe("How it runs."),
  name: programName,
  reads: z
    .array(fieldText("an absolute path below /etc, /var/lib, /opt, /usr/local or /srv", "path"), {
      error: "a list of paths",
    })
    .min(1, { error: "a list of at least one path" })
    .describe("Files of the stack that it reads at its start: it is restarted after one of them has changed."),
  roles: z
    .array(choice(ROLES), { error: "a list of control-plane, etcd and worker" })
    .min(1, { error: "at least one of control-plane, etcd, worker" })
    .default(["control-plane"])
    .describe("The nodes that it runs on."),
});

export const readers = z.array(reader, { error: "a list of programs, each with kind, name and reads" }).default([]);
