/** What an operator chooses when a stack file is made for a running cluster. */
import type { Login } from "./login";
import type { SshTarget } from "./visits";

interface CaRow {
  /** One line for the question. */
  readonly text: string;
  /** The stack gets the keys of the CAs. */
  readonly usesKeys: boolean;
  /** Of a server. */
  readonly needsAddress: boolean;
  /** What the section `authority` begins with. */
  readonly section: (choices: Pick<Choices, "vaultAddress">) => Readonly<Record<string, unknown>>;
}

/** What becomes of the cluster's CAs. */
export const CA_CHOICES = {
  existing: {
    text: "keep the cluster's CAs: their keys are read from a control plane and set as secrets of the stack",
    usesKeys: true,
    needsAddress: false,
    section: () => ({}),
  },
  adopt: {
    text: "replace the CAs by new ones of the stack, phase by phase: needs no key",
    usesKeys: false,
    needsAddress: false,
    section: () => ({}),
  },
  vault: {
    text: "replace the CAs by new ones in Vault or OpenBao, phase by phase: needs no key",
    usesKeys: false,
    needsAddress: true,
    section: ({ vaultAddress }) => ({ kind: "vault", vault: { address: vaultAddress ?? "" } }),
  },
} as const satisfies Readonly<Record<string, CaRow>>;

export type CaChoice = keyof typeof CA_CHOICES;
export const CA_CHOICE_NAMES = Object.keys(CA_CHOICES) as [CaChoice, ...CaChoice[]];

export interface Choices {
  readonly ca: CaChoice;
  readonly vaultAddress?: string | undefined;
  readonly now: Date;
  /** A host that every connection went through. */
  readonly bastion?: SshTarget | undefined;
  /** How hosts were logged in to; undefined: not known, as of surveys that were saved. */
  readonly login?: Login | undefined;
  /** Hosts that could not be read, and why. */
  readonly unreachable?: ReadonlyMap<string, string> | undefined;
}
