/** Writes the payload of the verb `request` (docs/node-protocol.md). */
import type { CsrSignerPlan } from "../authorities/nodeCsrSigners";
import { as, framed } from "./lines";

type Requested = Omit<CsrSignerPlan, "generation">;

/** What makes a node create keys and signing requests for these leaves and CSR signers. */
export const requestPayload = (node: string, leaves: readonly Requested[]): string =>
  framed("request", [
    `node ${as.name(node)}`,
    ...leaves.flatMap(({ profile, id, algorithm, commonName, organizations, sans }) => [
      `leaf ${profile} ${as.name(id)} ${algorithm}`,
      `cn ${profile} ${as.subject(commonName)}`,
      ...organizations.map((organization) => `o ${profile} ${as.subject(organization)}`),
      ...sans.map((san) => `san ${profile} ${as.san(san)}`),
    ]),
  ]);
