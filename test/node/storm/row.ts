/** A kind of oddity: how often it comes, what it says, and what it does to a node. */
import type fc from "fast-check";
import type { StormNode } from "./node";

export interface Row<T extends object> {
  readonly weight: number;
  readonly fields: { readonly [F in keyof T]: fc.Arbitrary<T[F]> };
  /** To what files hold, before any of them is written. */
  readonly fill?: (files: Map<string, string>, oddity: T) => void;
  /** To the files themselves. What is not to be had on this machine is left out. */
  readonly bend?: (node: StormNode, oddity: T) => void;
}

/** For the types alone. */
export const row = <T extends object>(of: Row<T>): Row<T> => of;

export type FieldsOf<R> = R extends Row<infer T> ? T : never;
