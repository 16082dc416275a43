/** Units of systemd, as `systemctl show` tells of several. */

export interface UnitFacts {
  readonly names: readonly string[];
  /** "" where it says nothing. */
  readonly property: (name: string) => string;
  readonly environmentFiles: readonly string[];
}

/** One after another, with an empty line between two. */
export const unitsIn = (text: string | undefined): UnitFacts[] =>
  (text ?? "").split(/\n\n+/).map((lines) => {
    const property = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(lines)?.[1] ?? "";
    return {
      names: property("Names").split(" "),
      property,
      environmentFiles: [...lines.matchAll(/^EnvironmentFiles=(\S+)/gm)].map(([, path = ""]) => path),
    };
  });
