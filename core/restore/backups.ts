/** What a node keeps of earlier sets of files: the answer of its verb `backups` (docs/node-protocol.md). */

/** A file as it was. */
export interface Copy {
  /** Names the copy in its backup. */
  readonly n: string;
  readonly path: string;
  /** What it is made of (`cert:apiserver`); empty where the node's last payload has no such file. */
  readonly parts: readonly string[];
}

/**
 * Who has signed a leaf: a CA that the node has in place now, another one, or one in its own file or itself, as kubelets do with
 * their first serving certificate.
 */
export const SIGNERS = ["yes", "no", "own"] as const;
export type Signer = (typeof SIGNERS)[number];

/** The leaf certificate in a copy. */
export interface KeptLeaf {
  readonly n: string;
  readonly profile: string;
  readonly serial: string;
  readonly notAfter: Date;
  /** RFC 2253. */
  readonly issuer: string;
  /** Undefined where that cannot be told. */
  readonly isSigned: Signer | undefined;
}

export interface Backup {
  /** UTC time and the first digits of the payload that replaced these files. */
  readonly name: string;
  readonly at: Date;
  /** Of the files as they were before kube-pki. */
  readonly isFirst: boolean;
  readonly holdsCaKey: boolean;
  /** What replaced them: apply, trust, lay, or `restore <name>`; `-` where an earlier version made it. */
  readonly before: string;
  readonly copies: readonly Copy[];
  /** Files that were not there. */
  readonly absent: readonly string[];
  readonly leaves: readonly KeptLeaf[];
}

export interface Kept {
  /** As the last payload named it; undefined where nothing was applied. */
  readonly node: string | undefined;
  /** Oldest first. */
  readonly backups: readonly Backup[];
}

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/;

const timeOf = (name: string): Date => {
  const [, year, month, day, hour, minute, second] = NAME.exec(name) ?? [];
  return new Date(`${year ?? ""}-${month ?? ""}-${day ?? ""}T${hour ?? ""}:${minute ?? ""}:${second ?? ""}Z`);
};

/** The node's word for nothing. */
const NOTHING = "-";

/** @throws Error where the answer was cut short */
export const parsedBackups = (text: string): Kept => {
  const lines = text.trimEnd().split("\n");
  if (!text.endsWith("\ndone\n")) throw new Error("the answer of the node was cut short: run again");
  const words = lines.map((line) => line.split(" "));
  const of = (kind: string, backup: string) => words.filter(([first, name]) => first === kind && name === backup);
  const node = words.find(([first]) => first === "node")?.[1];
  const backups = words.flatMap(([kind, name = "", first, key, ...before]): Backup[] => {
    if (kind !== "backup" || !NAME.test(name)) return [];
    return [
      {
        name,
        at: timeOf(name),
        isFirst: first === "yes",
        holdsCaKey: key === "yes",
        before: before.join(" "),
        copies: of("copy", name).map(([, , n = "", parts = NOTHING, path = ""]) => ({
          n,
          path,
          parts: parts === NOTHING ? [] : parts.split(","),
        })),
        absent: of("none", name).map(([, , path = ""]) => path),
        leaves: of("leaf", name).map(([, , n = "", profile = "", serial = "", ends = "0", signed = "", by = ""]) => ({
          n,
          profile,
          serial,
          issuer: by.replaceAll("%20", " ").replaceAll("%25", "%"),
          notAfter: new Date(Number(ends) * 1000),
          isSigned: SIGNERS.find((each) => each === signed),
        })),
      },
    ];
  });
  return { node: node === NOTHING ? undefined : node, backups };
};
