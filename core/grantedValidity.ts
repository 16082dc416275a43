/** Servers shorten a certificate without a word when a role, a mount or the CA ends earlier than what was asked for. */
import { X509Certificate } from "node:crypto";
import { formatDuration } from "./duration";

/** Clocks differ and servers date back; less than this is not worth a sentence. */
const TOLERANCE = 60;

export interface Granted {
  /** ISO 8601. */
  readonly issued: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** When a certificate was issued and when it ends, as it says itself. */
export const validityIn = (pem: string): Granted => {
  const { validFrom, validTo } = new X509Certificate(pem);
  return { issued: new Date(validFrom).toISOString(), expires: new Date(validTo).toISOString() };
};

/**
 * Reads back how long a certificate is valid.
 *
 * @throws Error when that is shorter than what was asked for
 */
export const grantedValidity = (name: string, pem: string, validitySeconds: number, where: string): Granted => {
  const validity = validityIn(pem);
  const granted = Math.floor((Date.parse(validity.expires) - Date.parse(validity.issued)) / 1000);
  if (granted < validitySeconds - TOLERANCE)
    throw new Error(
      `${name}: asked for ${formatDuration(validitySeconds)}, but the certificate is valid for ` +
        `${formatDuration(granted - (granted % 60))} only: ${where} allows no more; raise that or shorten the validity in the stack file, ` +
        `then run \`pulumi up --replace '**${name}'\``,
    );
  return validity;
};
