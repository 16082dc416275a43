/** Minor versions of Kubernetes (36 of 1.36.3) whose certificate tree, and what reloads a file, are known here. */
export const MINORS = { oldest: 30, newest: 36 } as const;

/** Nobody has looked at it: what is known of the newest may not hold. */
export const isUnknownMinor = (minor: number): boolean => minor > MINORS.newest;
