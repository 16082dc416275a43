const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A token as the API server signs it for a service account, with this key id. The issuer is such that the text has a letter
 * that only base64url knows.
 */
export const tokenOf = (kid: string, claims: object = { "kubernetes.io": { namespace: "app" } }): string =>
  [
    { alg: "RS256", kid },
    { iss: "https://issuer/?q=???", ...claims },
  ]
    .map(base64url)
    .join(".") + ".c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
