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

/**
 * Reads back how long a certificate is valid.
 *
 * @throws Error when that is shorter than what was asked for
 */
export const grantedValidity = (name: string, pem: string, validitySeconds: number, where: string): Granted => {
  const { validFrom, validTo } = new X509Certificate(pem);
  const [begins, ends] = [Date.parse(validFrom), Date.parse(validTo)];
  const granted = Math.floor((ends - begins) / 1000);
  if (granted < validitySeconds - TOLERANCE)
    throw new Error(
      `${name}: asked for ${formatDuration(validitySeconds)}, but the certificate is valid for ` +
        `${formatDuration(granted - (granted % 60))} only: ${where} allows no more; raise that or shorten the validity in the stack file, ` +
        `then run \`pulumi up --replace '**${name}'\``,
    );
  return { issued: new Date(begins).toISOString(), expires: new Date(ends).toISOString() };
};
