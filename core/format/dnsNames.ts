/** DNS names as Kubernetes wants them. */
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
export const DNS_LABEL = new RegExp(`^${LABEL}$`);
export const DNS_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

/** RFC 1123 label: lower case, at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** RFC 1123 subdomain in lower case, as Kubernetes wants node names. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && DNS_NAME.test(text);
}
