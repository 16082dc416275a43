/**
 * The kinds of values in a stack file: each turns a text into what the planner uses (canonical addresses, seconds,
 * timestamps) and says in its `error` what it must be, for a message.
 */
import { z } from "zod";
import {
  anAddress,
  canonicalIp,
  canonicalSan,
  canonicalServiceCidr,
  serviceCidrTodo,
  specialAddress,
  type SpecialAddress,
} from "../format/addresses";
import { DNS_LABEL, DNS_NAME, isDnsName } from "../format/dnsNames";
import { DURATION, DURATION_ALLOWED, parseDuration, parsePercent, PERCENT, type Span } from "../format/duration";
import { canonicalHostKey, hostKeyTodo } from "../format/hostKey";
import { LOGIN, LOGIN_ALLOWED } from "../format/login";
import { MOMENT, readMoment } from "../format/moment";
import { canonicalPem, pemTodo } from "../format/pem";
import { fieldRow, isField, type FieldKind } from "../format/protocolFields";
import { isStandIn } from "../format/standIn";
import { ALGORITHMS } from "../model/algorithms";

/**
 * A text that is read by a function; `read` returns undefined for what is not allowed, and `todo` what to do about that, if
 * it can be told.
 */
export const text = <T>(
  allowed: string,
  read: (given: string) => T | undefined,
  todo: (given: string) => string | undefined = () => undefined,
) =>
  z
    .string({ error: allowed })
    .transform((given, context): T => {
      const value = read(given);
      if (value !== undefined) return value;
      context.addIssue({ code: "custom", message: [allowed, todo(given) ?? []].flat().join("; ") });
      return z.NEVER;
    })
    .meta({ patternErrorMessage: `must be ${allowed}` });

/** What an editor marks red: no less than what is refused anyway, so it may be wider. */
export const like = (pattern: RegExp): { readonly pattern: string } => ({ pattern: pattern.source });

export const matching = (allowed: string, test: (given: string) => boolean) =>
  text(allowed, (given) => (test(given) ? given : undefined));

/** The same by a pattern that says all, to editors too. */
export const patterned = (allowed: string, pattern: RegExp) =>
  matching(allowed, (given) => pattern.test(given)).meta(like(pattern));

/** A text that a node is sent as this kind of field. */
export const fieldText = (allowed: string, kind: FieldKind) => {
  const { pattern, longest } = fieldRow(kind);
  return matching(allowed, (given) => isField(kind, given)).meta({
    pattern,
    ...(longest === undefined ? {} : { maxLength: longest }),
  });
};

/** The name of a unit or of a static pod's manifest, with or without the ending that its file has. */
export const unitName = (...kinds: readonly FieldKind[]) =>
  text("a name of lower-case letters, digits, -, . and @", (given) => {
    const name = given.replace(/\.(?:service|ya?ml)$/, "");
    return kinds.every((kind) => isField(kind, name)) ? name : undefined;
  }).meta({ pattern: fieldRow("unit").pattern });

/** A text that no resource follows from, so that a program may know it only while it runs. */
const input = (
  allowed: string,
  read: (given: string) => string | undefined,
  todo?: (given: string) => string | undefined,
) => text(allowed, (given) => (isStandIn(given) ? given : read(given)), todo).meta({ input: true });

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `one of ${values.join(", ")}` });

export const flag = z.boolean({ error: "true or false, without quotes" });
export const object = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape);

const PORT_ALLOWED = "a port number from 1 to 65535";
const PORT_OR_NONE = "a port number from 1 to 65535, or 0 for none";
export const portOrNone = z
  .int({ error: PORT_OR_NONE })
  .min(0, { error: PORT_OR_NONE })
  .max(65_535, { error: PORT_OR_NONE });
export const port = z.int({ error: PORT_ALLOWED }).min(1, { error: PORT_ALLOWED }).max(65_535, { error: PORT_ALLOWED });

const NODES_ALLOWED = 'a number of nodes from 1, or a share from "1%" to "100%"';
export const nodesAtOnce = z.union(
  [z.int().min(1, { error: NODES_ALLOWED }), z.string().regex(/^(?:[1-9]\d?|100)%$/, { error: NODES_ALLOWED })],
  { error: NODES_ALLOWED },
);

const BACKUPS_ALLOWED = "a number of backups from 1 to 1000";
export const backupCount = z
  .int({ error: BACKUPS_ALLOWED })
  .min(1, { error: BACKUPS_ALLOWED })
  .max(1000, { error: BACKUPS_ALLOWED });

const special = (given: string): SpecialAddress | undefined => specialAddress(canonicalIp(given) ?? "");

/** As kubelet wants a node's (pkg/kubelet/kubelet_node_status.go, `validateNodeIP`). */
export const ip = input(
  "an IPv4 or IPv6 address without a prefix or zone",
  (given) => (special(given) === undefined ? canonicalIp(given) : undefined),
  (given) => {
    const kind = special(given);
    return kind && `it is ${anAddress(kind)}, at which no other node reaches this one`;
  },
).meta(like(/^[0-9A-Fa-f.:]+$/));
export const host = input("a DNS name or an IP address", (given) => {
  const name = canonicalSan(given);
  return name?.startsWith("*") === true ? undefined : name;
});
/** OpenSSL, on the nodes, takes 100 kB of certificates in a handshake (SSL_MAX_CERT_LIST_DEFAULT); a name may have 253 bytes. */
const MOST_SANS = 500;
export const sans = z
  .array(text('a DNS name (may begin with "*.") or an IP address', canonicalSan), {
    error: "a list of DNS names and IP addresses",
  })
  .max(MOST_SANS, { error: `a list of at most ${String(MOST_SANS)}, because a TLS handshake has room for no more` });
/** As the node tells it (node/48-losses.sh). */
const canonicalLoss = (given: string): string | undefined => {
  const [, kind = "", name = ""] = /^([^:]*):(.*)$/.exec(given) ?? [];
  const canonical = kind === "IP" ? canonicalIp(name) : kind === "DNS" ? name.toLowerCase() : name;
  const loss = `${kind}:${canonical ?? ""}`;
  return isField("loss", loss) ? loss : undefined;
};
export const loss = text(
  'a name or usage such as "DNS:api.example.com", "IP:10.0.0.100", "usage:clientAuth"',
  canonicalLoss,
);
export const dnsLabel = (allowed = "a DNS label") => patterned(allowed, DNS_LABEL);
export const dnsName = (allowed = "a DNS name in lower case", longest = 253) =>
  matching(allowed, (given) => isDnsName(given) && given.length <= longest).meta({
    ...like(DNS_NAME),
    maxLength: longest,
  });
export const user = patterned(LOGIN_ALLOWED, LOGIN);
export const vaultAddress = patterned(
  'an address without a path, such as "https://vault.example.com:8200"',
  /^https:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$/,
);
export const mountPath = patterned(
  'the path of a mount without slashes around it, such as "pki/kubernetes"',
  // no mount can be below these, which the API has before the path of one or uses itself
  /^(?!(?:v1|auth|sys|audit|identity|cubbyhole)(?:\/|$))[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_-]+)*$/,
);
export const hostKey = input(
  'a public host key as `ssh-keyscan` prints it without the host, such as "ssh-ed25519 AAAA..."',
  canonicalHostKey,
  hostKeyTodo,
).meta(like(/^\s*(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521))\s+AAAA[A-Za-z0-9+/]+={0,2}(?:\s.*)?\s*$/));
export const duration = text(DURATION_ALLOWED, parseDuration).meta(like(DURATION));
export const span = text(
  `${DURATION_ALLOWED}, or a share of the validity such as "33%"`,
  (given): Span | undefined => parsePercent(given) ?? parseDuration(given),
).meta(like(new RegExp(`${PERCENT.source}|${DURATION.source}`)));
// The certificate resources count validity in hours.
export const validity = text('a whole number of hours or days from 1h to 36500d, such as "720h" or "30d"', (given) => {
  const seconds = parseDuration(given);
  return seconds !== undefined && seconds % 3600 === 0 ? seconds : undefined;
}).meta(like(DURATION));
export const CIDR_ALLOWED = 'a network such as "10.96.0.0/12" or "fd00:1::/108", with no bits set after the prefix';
const CIDR = /^[0-9A-Fa-f.:]+\/\d{1,3}$/;
/** Before it is read. */
export const cidrAsGiven = z
  .string({ error: CIDR_ALLOWED })
  .meta({ ...like(CIDR), patternErrorMessage: `must be ${CIDR_ALLOWED}` });
export const cidr = text(CIDR_ALLOWED, canonicalServiceCidr, serviceCidrTodo).meta(like(CIDR));

export const moment = text('a timestamp such as "2026-12-31T00:00:00Z"', readMoment).meta(like(MOMENT));

/** What is in a PEM is checked in existingCa.ts. The mark keeps a key from being echoed or written plain. */
const pem = (allowed: string, wanted: "CERTIFICATE" | "PRIVATE KEY") =>
  input(
    allowed,
    (given) => canonicalPem(given, wanted),
    (given) => pemTodo(given, wanted),
  );
export const secretPem = pem("a private key in PEM", "PRIVATE KEY").meta({ secret: true });
export const certificatePem = pem("a certificate in PEM", "CERTIFICATE");

export const algorithm = choice(ALGORITHMS);
export const ofEach = <T extends z.ZodType>(one: T) =>
  object({ kubernetes: one.optional(), etcd: one.optional(), frontProxy: one.optional() });
export const keyLocation = choice(["node", "state"]);
