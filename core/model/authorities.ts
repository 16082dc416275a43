/** The three certificate authorities of a cluster. */
export const AUTHORITIES = ["kubernetes", "etcd", "frontProxy"] as const;

/** One of the three authorities; also the field name in the stack file. */
export type AuthorityName = (typeof AUTHORITIES)[number];

/** One thing for each authority. */
export const mapAuthorities = <T>(make: (name: AuthorityName) => T): Record<AuthorityName, T> =>
  Object.fromEntries(AUTHORITIES.map((name) => [name, make(name)])) as Record<AuthorityName, T>;
