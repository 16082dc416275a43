// Version numbers as programs print them: v1.36.3, go1.26.8, 3.6.8, 1.32.4-dispatcher.

export type Version = readonly [major: number, minor: number, patch: number];

/** The first version in a text, or undefined where there is none. */
export function findVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

export function atLeast(found: Version, minimum: Version): boolean {
  for (const [index, wanted] of minimum.entries()) {
    const has = found[index] ?? 0;
    if (has !== wanted) return has > wanted;
  }
  return true;
}
