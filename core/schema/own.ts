/** The shape of `certificates.own`: certificates of the user's own, on nodes or in the cluster. */
import { z } from "zod";
import { canonicalSan } from "../format/addresses";
import { isField } from "../format/protocolFields";
import { NODE_NAME } from "../layouts/layout";
import { AUTHORITIES } from "../model/authorities";
import { ROLES } from "../model/roles";
import { choice, dnsLabel, dnsName, fieldText, flag, matching, object, patterned, port, text } from "./fields";
import { filePath, mode, owner } from "./files";
import { workloads } from "./inCluster";
import { leafPolicyFields } from "./leafPolicy";
import { programName } from "./readers";

/** Stands for the node's address in `sans`. */
export const NODE_ADDRESS = "{address}";

const named = (given: string): string => given.replaceAll(NODE_NAME, "n");

/** Of a subject. */
export const commonName = matching(
  `at most 64 letters, digits, :, ., _ and -; ${NODE_NAME} stands for the node's name`,
  (given) => isField("subject", named(given)),
);

const san = text(
  `a DNS name (may begin with "*."), an IP address, or ${NODE_ADDRESS}; ${NODE_NAME} stands for the node's name`,
  (given) => {
    if (given === NODE_ADDRESS) return given;
    if (!given.includes(NODE_NAME)) return canonicalSan(given);
    return canonicalSan(named(given)) === undefined ? undefined : given.toLowerCase();
  },
);

const program = object({
  kind: choice(["static-pod", "systemd"]).describe("How it runs."),
  name: programName,
  listener: object({
    port: port.describe("Its port."),
    on: choice(["node", "loopback"]).default("node").describe("node: the node's address; loopback: only 127.0.0.1."),
  })
    .optional()
    .describe("Where it serves this certificate, which is then asked for there; left out: it is only seen to run."),
});

const place = filePath.describe("Where it is on each node.");

const files = object({
  certificate: place,
  key: place,
  ca: filePath
    .optional()
    .describe("CA file of the authority, which follows its rotation; not needed where a file of the layout is read."),
  owner: owner.prefault("root").describe("Whose they are, if the stack creates them."),
  group: owner.prefault("root").describe("Their group, if the stack creates them."),
  mode: mode.prefault("0600").describe("Mode of the key."),
})
  .optional()
  .describe("Files of the certificate on nodes; the key is made there.");

const dataKey = patterned("a key of its data: letters, digits, ., _ and -", /^[A-Za-z0-9._-]+$/);
const objectName = {
  namespace: dnsLabel().describe("Its namespace."),
  name: dnsName().describe("Its name."),
};

const secret = object({
  ...objectName,
  certificate: dataKey.prefault("tls.crt").describe("Key of its data with the certificate."),
  key: dataKey.prefault("tls.key").describe("Key of its data with the private key."),
  ca: dataKey.prefault("ca.crt").describe("Key of its data with the CA, which follows the rotation of the authority."),
})
  .optional()
  .describe("Secret in the cluster that holds certificate, key and CA. The key is in the stack's state, as a secret.");

const configMap = object({
  ...objectName,
  certificate: dataKey.optional().describe("Key of its data with the certificate; none by default."),
  ca: dataKey.prefault("ca.crt").describe("Key of its data with the CA, which follows the rotation of the authority."),
})
  .optional()
  .describe("ConfigMap in the cluster that holds the public parts, beside the Secret.");

const own = object({
  authority: choice(AUTHORITIES).describe("Who signs it."),
  commonName: commonName.optional().describe("Common name of its subject; the name of the entry by default."),
  organizations: z
    .array(fieldText("at most 64 letters, digits, :, ., _ and -", "subject"), { error: "a list of organizations" })
    .default([])
    .describe("Organizations (groups) in its subject."),
  sans: z
    .array(san, { error: "a list of DNS names and IP addresses" })
    .default([])
    .describe("Its names and addresses."),
  usages: z
    .array(choice(["server", "client"]), { error: "a list of server and client" })
    .min(1, { error: "at least one of server, client" })
    .describe("What it is for."),
  privileged: flag
    .default(false)
    .describe("Allow names and groups of Kubernetes itself, and clients of etcd and of the front proxy's CA."),
  ...leafPolicyFields,
  roles: z
    .array(choice(ROLES), { error: "a list of control-plane, etcd and worker" })
    .min(1, { error: "at least one of control-plane, etcd, worker" })
    .optional()
    .describe("Nodes with one of these roles hold it; every node by default."),
  nodes: z
    .array(z.string(), { error: "a list of names of nodes" })
    .min(1, { error: "a list of at least one name of a node" })
    .optional()
    .describe("Names of the nodes that hold it, in place of roles."),
  files,
  readers: z
    .array(program, { error: "a list of programs, each with kind and name" })
    .default([])
    .describe("Programs on the nodes that read the files at their start: restarted after one has changed."),
  secret,
  configMap,
  restart: workloads.default([]).describe("Workloads in the cluster that are restarted after the Secret has changed."),
});

/** At most 40 characters: the names of resources and of roles in Vault are made with it. */
const OWN_NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

export const ownCertificates = z
  .record(patterned("at most 40 of a-z, 0-9 and -, the first no -", OWN_NAME), own, {
    error: "a map from a name to a certificate",
  })
  .default({})
  .describe("Certificates of your own beside the layout's: on nodes, or in a Secret of the cluster.");
