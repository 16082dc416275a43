// What is checked, as data: pure functions over the resources that kube-pki asks the engine for. Change it as you like.

/** As the engine hands it to a policy. */
export interface Resource {
  readonly type: string;
  readonly urn: string;
  readonly name: string;
  /** Inputs; for a rule over the whole stack, outputs. Reading one that a preview does not know throws, so the rule waits for the run. */
  readonly props: Readonly<Record<string, unknown>>;
}

/** What --policy-pack-config may change. */
export interface Limits {
  readonly allowed: readonly string[];
  readonly leafAtLeastDays: number;
  readonly leafAtMostDays: number;
  readonly caAtMostDays: number;
  readonly atOnce: number;
}

const days = (byDefault: number, description: string) => ({
  type: "number" as const,
  minimum: 1,
  default: byDefault,
  description,
});

export const LIMITS = {
  allowed: {
    type: "array" as const,
    items: { type: "string" as const },
    default: [] as string[],
    description: "keys that may be there: kubernetes, etcd, frontProxy, csrSigner, root, or the name of a resource",
  },
  leafAtLeastDays: days(14, "so that two weekly runs may fail"),
  leafAtMostDays: days(366, "a year, as kubeadm issues them"),
  caAtMostDays: days(3653, "ten years, as kubeadm issues them"),
  atOnce: {
    type: "number" as const,
    minimum: 1,
    default: 1,
    description: "how many of the three CAs and the token key may be between two generations",
  },
};

export interface Rule<Subject> {
  readonly name: string;
  readonly description: string;
  readonly limits: readonly (keyof Limits)[];
  /** A sentence for each violation, with what to do. */
  readonly check: (subject: Subject, limits: Limits) => string[];
}

const EMBEDDED = "kube-pki:index:EmbeddedAuthority";
const PRIVATE_KEY = "tls:index/privateKey:PrivateKey";
const SELF_SIGNED = "tls:index/selfSignedCert:SelfSignedCert";

/** The types of a resource's parents and its own, the outermost first. */
const typesOf = ({ urn }: Resource): string[] => (urn.split("::")[2] ?? "").split("$");
const isIn = (resource: Resource, type: string): boolean => typesOf(resource).slice(0, -1).includes(type);
/** Between the cluster's component and the resource there is no other one. */
const isOfCluster = (resource: Resource): boolean => typesOf(resource).slice(-2)[0] === "kube-pki:index:ClusterPki";

/** Where a CA whose key is in the state is moved. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  csrSigner: "set authority.csrSigner: node, or none",
  root: "set authority.signedBy to a mount or an offline CA",
};

/** The CA whose key this resource brings into the state. */
const caKeyIn = (resource: Resource): string | undefined => {
  const { type, name, props } = resource;
  if (type === EMBEDDED) return /-(kubernetes|etcd|frontProxy)-ca(?:-g\d+)?$/.exec(name)?.[1] ?? name;
  if (type === PRIVATE_KEY && isIn(resource, "kube-pki:index:VaultAuthority")) return "csrSigner";
  if (type === SELF_SIGNED && props["isCaCertificate"] === true && !isIn(resource, EMBEDDED))
    return isOfCluster(resource) ? "root" : name;
  return undefined;
};

const caKeys: Rule<Resource> = {
  name: "ca-keys-outside-the-state",
  description: "The stack's state has no key of a CA.",
  limits: ["allowed"],
  check: (resource, { allowed }) => {
    const key = caKeyIn(resource);
    if (key === undefined || allowed.includes(key) || allowed.includes(resource.name)) return [];
    const remedy = ELSEWHERE[key] ?? "set authority.kind: vault";
    return [
      `${resource.name}: the key of this CA is in the state; ${remedy}, or name ${key} in \`allowed\` of this policy`,
    ];
  },
};

interface Connection {
  readonly hostKey?: string;
  readonly proxy?: { readonly hostKey?: string };
}

/** How a resource reaches a machine: of a node, only its first step is asked, so that each node is told once. */
const connectionOf = (resource: Resource): Connection | undefined => {
  const { type, name, props } = resource;
  const isOfNode = isIn(resource, "kube-pki:index:NodePki");
  if (type === "command:remote:Command") return isOfNode ? undefined : (props["connection"] as Connection);
  if (type !== "command:local:Command" || !isOfNode || !name.endsWith("-install")) return undefined;
  const { KUBE_PKI_SSH } = props["environment"] as { readonly KUBE_PKI_SSH: string };
  return JSON.parse(KUBE_PKI_SSH) as Connection;
};

const hostKeys: Rule<Resource> = {
  name: "host-keys-pinned",
  description: "Each ssh connection knows the host key it has to find.",
  limits: [],
  check: (resource) => {
    const connection = connectionOf(resource);
    if (connection === undefined) return [];
    const what = `${resource.name}: any machine that answers at this address is taken for the`;
    const remedy = "to the key that `ssh-keygen -lf` shows on its console, and remove ssh.insecureIgnoreHostKeys";
    const { hostKey, proxy } = connection;
    return [
      ...(hostKey ? [] : [`${what} node; set ssh.hostKey of this node in kube-pki:nodes ${remedy}`]),
      ...(proxy === undefined || proxy.hostKey ? [] : [`${what} bastion; set ssh.bastion.hostKey ${remedy}`]),
    ];
  },
};

const HOURS_A_DAY = 24;
const SECONDS_A_DAY = 86_400;

const byHours = (props: Resource["props"]): number => (props["validityPeriodHours"] as number) / HOURS_A_DAY;
/** NaN where the certificate ends with its CA. */
const bySeconds = (props: Resource["props"]): number => Number.parseInt(String(props["ttl"])) / SECONDS_A_DAY;

/** How many days each kind of certificate is valid, and whether it is a CA. */
const CERTIFICATES: Readonly<
  Record<string, { readonly daysOf: (props: Resource["props"]) => number; readonly isCa?: true }>
> = {
  [SELF_SIGNED]: { daysOf: byHours },
  "tls:index/locallySignedCert:LocallySignedCert": { daysOf: byHours },
  "vault:pkiSecret/secretBackendSign:SecretBackendSign": { daysOf: bySeconds },
  "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": { daysOf: bySeconds, isCa: true },
  "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": {
    daysOf: bySeconds,
    isCa: true,
  },
};

const lifetimes: Rule<Resource> = {
  name: "lifetimes",
  description: "Certificates live neither too long nor too short.",
  limits: ["leafAtLeastDays", "leafAtMostDays", "caAtMostDays"],
  check: (resource, { leafAtLeastDays, leafAtMostDays, caAtMostDays }) => {
    const { type, name, props } = resource;
    const kind = CERTIFICATES[type];
    // no node trusts a root that signs CAs in Vault, and it has to outlive them
    if (kind === undefined || (type === SELF_SIGNED && isOfCluster(resource))) return [];
    const valid = kind.daysOf(props);
    const is = `${name}: is valid for ${String(Math.round(valid * 100) / 100)} days, and`;
    if (kind.isCa === true || props["isCaCertificate"] === true)
      return valid > caAtMostDays
        ? [`${is} a CA may be for ${String(caAtMostDays)} at most; lower authority.validity`]
        : [];
    const field = "certificates.validity, or the validity that its profile or user has";
    if (valid > leafAtMostDays)
      return [`${is} a certificate may be for ${String(leafAtMostDays)} at most; lower ${field}`];
    return valid < leafAtLeastDays
      ? [`${is} a certificate has to be for ${String(leafAtLeastDays)} at least; raise ${field}`]
      : [];
  },
};

/** A note in the state about a rotation: `prod-etcd-g2-done-begun`. */
const NOTE = /-(kubernetes|etcd|frontProxy|serviceAccount)-g(\d+)-(\w+)-(?:reached|begun)$/;

interface Note {
  readonly what: string;
  readonly generation: number;
  readonly ends: boolean;
  /** It was there before this run. */
  readonly isKept: boolean;
}

/** What a preview shows of a value that only the run will know. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const notesIn = (resources: readonly Resource[]): Note[] =>
  resources.flatMap((resource) => {
    const [, what, generation, phase] = NOTE.exec(resource.name) ?? [];
    if (what === undefined || !isIn(resource, "kube-pki:index:Phases")) return [];
    // reading it would throw where it is not known
    const answer: unknown = Object.getOwnPropertyDescriptor(resource.props, "stdout")?.value;
    const isKept = typeof answer === "string" && answer !== UNKNOWN;
    return [{ what, generation: Number(generation), ends: phase === "done", isKept }];
  });

/** Those between two generations, or taken through a phase by this run. */
const rotating = (notes: readonly Note[]): string[] =>
  [...new Set(notes.map(({ what }) => what))].filter((what) => {
    const own = notes.filter((note) => note.what === what);
    const newest = Math.max(...own.map(({ generation }) => generation));
    const last = own.filter(({ generation }) => generation === newest);
    return !last.some(({ ends }) => ends) || last.some(({ isKept }) => !isKept);
  });

const oneRotation: Rule<readonly Resource[]> = {
  name: "one-rotation-at-a-time",
  description: "CAs and the token key are rotated one after another.",
  limits: ["atOnce"],
  check: (resources, { atOnce }) => {
    const names = rotating(notesIn(resources)).sort();
    const [first] = names;
    if (first === undefined || names.length <= atOnce) return [];
    return [
      `${names.join(", ")}: ${String(names.length)} rotations at once, and ${String(atOnce)} may be; begin with ` +
        `rotation: { ${first}: { generation: ... } } alone, or raise \`atOnce\` of this policy`,
    ];
  },
};

export const RESOURCE_RULES = [caKeys, hostKeys, lifetimes];
export const STACK_RULES = [oneRotation];
