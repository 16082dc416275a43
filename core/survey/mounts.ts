/** Which mount a path is on. */
const isUnder = (path: string, mount: string): boolean =>
  mount === "/" || path === mount || path.startsWith(`${mount}/`);

/** The deepest mount that is known of a path. */
export const mountOf = (path: string, mounts: readonly string[]): string | undefined =>
  mounts.filter((mount) => isUnder(path, mount)).sort((a, b) => b.length - a.length)[0];
