/** The shape of what concerns the change of authorities: rotation and adoption. */
import { z } from "zod";
import { AT_REST, PHASES } from "../model/phases";
import { choice, duration, flag, like, moment, object, text } from "./fields";

/** Gates that an operator may override, by name. */
export const FORCED = ["scan", "tokens", "restarts"] as const;

/**
 * The CAs of every generation stay in the stack, and a rotation takes a month at the least by the clock: more is a date or a
 * serial number in place of a count.
 */
export const MOST_GENERATIONS = 1000;
export const GENERATION_ALLOWED = `a whole number from 1 to ${String(MOST_GENERATIONS)}`;
export const numberOfGenerations = (allowed: string) =>
  z.int({ error: allowed }).min(1, { error: allowed }).max(MOST_GENERATIONS, { error: allowed });
export const generation = numberOfGenerations(GENERATION_ALLOWED);
const phase = choice(PHASES);
const whatDiffersFor = (what: string) =>
  object({
    generation: generation.optional().describe("Generation of this one; rotation.generation by default."),
    phase: phase.optional().describe("Phase to stop at; rotation.phase by default."),
  })
    .optional()
    .describe(`Overrides for ${what}.`);

export const rotation = object({
  generation: generation
    .default(1)
    .describe(
      "Generation to rotate to: the current one plus 1. 1 is the cluster's first CAs; with adopt, the ones that replace them.",
    ),
  phase: phase.default(AT_REST.phase).describe("Phase to stop at: trust, issue or done."),
  kubernetes: whatDiffersFor("the kubernetes authority"),
  etcd: whatDiffersFor("the etcd authority"),
  frontProxy: whatDiffersFor("the front proxy authority"),
  serviceAccount: whatDiffersFor("the key that signs service account tokens"),
  rotateEvery: duration.optional().describe("Raise the generation by one each time this has passed since `since`."),
  since: moment.optional().describe("When `generation` became current; required with rotateEvery."),
  soak: duration
    .optional()
    .describe(
      "The least time for which a phase has to be reached on all nodes before the next one may begin; none by default. Going back " +
        "a phase never waits.",
    ),
  retiredKeys: choice(["keep", "destroy"])
    .default("keep")
    .describe(
      "What becomes of a CA's key on the nodes once its CA is trusted no more: moved to /var/lib/kube-pki/retired, or destroyed " +
        "together with its copies in backups.",
    ),
  force: z
    .array(choice(FORCED), { error: "a list of scan, tokens and restarts" })
    .default([])
    .describe(
      "Gates to override: what scan and tokens find is reported, does not stop the rotation, and may lose access; " +
        "restarts states that you restarted every service yourself (restart: never).",
    ),
}).optional();

/** What sha256sum says where the command before it has failed. */
const OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const hexOf = (given: string): string | undefined => {
  const hex = given
    .replace(/^sha256(?: Fingerprint=|:)/i, "") // the whole line as openssl prints it, or as kubeadm join takes it
    .replace(/ +-$/, "") // or sha256sum
    .replace(/[: ]/g, "")
    .toLowerCase();
  return /^[0-9a-f]{64}$/.test(hex) && hex !== OF_NOTHING ? hex : undefined;
};

/** What is given in its place, and what to do about it. */
const fingerprintTodo = (given: string): string | undefined => {
  if (given.includes("-----BEGIN ")) return "it is the certificate itself, so give the output of that command";
  return /^(?:sha1 Fingerprint=)?(?:[0-9a-f]{2}:?){20}$/i.test(given)
    ? "40 digits are SHA-1, so give that of -sha256"
    : undefined;
};

/** The example is where kubeadm keeps the certificate. */
export const fingerprint = (what: string, example: string) =>
  text(
    `a SHA-256 fingerprint, 64 hexadecimal digits with or without colons, as ` +
      `\`openssl x509 -noout -fingerprint -sha256 -in ${example}\` shows it`,
    hexOf,
    fingerprintTodo,
  )
    .meta(like(/^(?:[Ss][Hh][Aa]256(?: Fingerprint=|:))?(?:[0-9A-Fa-f]{2}[: ]?){32}(?: *-)?$/))
    .optional()
    .describe(`SHA-256 fingerprint of ${what}.`);

export const TOKEN_KEY_FILE = "/etc/kubernetes/pki/sa.pub";
/** Of a public key or of a certificate, and of nothing else: the sum of what openssl did not print would be one too. */
export const TOKEN_KEY_COMMAND =
  `k=$(openssl x509 -in ${TOKEN_KEY_FILE} -noout -pubkey 2>/dev/null || openssl pkey -pubin -in ${TOKEN_KEY_FILE}) && ` +
  'echo "$k" | openssl pkey -pubin -outform DER | sha256sum';
const TOKEN_KEY_ALLOWED = `true or false, or the SHA-256 fingerprint of its public half, 64 hexadecimal digits, as \`${TOKEN_KEY_COMMAND}\` shows it`;

export const adopt = object({
  kubernetes: fingerprint("the cluster's CA", "/etc/kubernetes/pki/ca.crt"),
  etcd: fingerprint("etcd's CA", "/etc/kubernetes/pki/etcd/ca.crt"),
  frontProxy: fingerprint("the front proxy's CA", "/etc/kubernetes/pki/front-proxy-ca.crt"),
  serviceAccount: z
    .union([flag, text(TOKEN_KEY_ALLOWED, hexOf)], {
      error: ({ input }) =>
        typeof input === "string" && input.startsWith(OF_NOTHING)
          ? `${TOKEN_KEY_ALLOWED}; this is the sum of nothing, since the command before sha256sum failed`
          : TOKEN_KEY_ALLOWED,
    })
    .default(false)
    .describe(
      "Take over the key that signs service account tokens as well: true, or the SHA-256 fingerprint of its public half, " +
        "which every control plane must then have.",
    ),
}).optional();
