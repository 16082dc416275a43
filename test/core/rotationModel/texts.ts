/** Stands for PEM: one line each, so that a payload of the product can carry it and the model can tell who signed what. */
import { createHash } from "node:crypto";
import type { AuthorityName } from "../../../core/model/authorities";

/** Generation 0 is what a cluster had before adoption. */
export const caText = (authority: AuthorityName, generation: number): string =>
  `ca/${authority.toLowerCase()}/${String(generation)}`;
export const caKeyText = (authority: AuthorityName, generation: number): string =>
  `cakey/${authority.toLowerCase()}/${String(generation)}`;
export const leafText = (authority: AuthorityName, generation: number, profile: string, id: string): string =>
  `leaf/${authority.toLowerCase()}/${String(generation)}/${profile}/${id}`;
export const tokenKeyText = (half: "private" | "public", generation: number): string =>
  `sa${half}/x/${String(generation)}`;

/** Where another file is meant: a symbolic link, or the credentials of a kubeconfig. */
export const fileText = (path: string): string => `file=${path}`;
export const fileIn = (text: string): string | undefined => (text.startsWith("file=") ? text.slice(5) : undefined);

const kindOf = (text: string): string => text.slice(0, text.indexOf("/"));
export const isTrust = (text: string): boolean => kindOf(text) === "ca" || kindOf(text) === "sapublic";
export const isLeaf = (text: string): boolean => kindOf(text) === "leaf";
export const isCa = (text: string): boolean => kindOf(text) === "ca";

export const generationIn = (text: string): number => Number(text.split("/")[2]);
/** The CA that signed a leaf, or whose key this is; the public half of a token key. */
export const issuerOf = (text: string): string => {
  const [kind = "", authority = "", generation = ""] = text.split("/");
  return kind === "saprivate" ? `sapublic/x/${generation}` : `ca/${authority}/${generation}`;
};

/** What `adopt` names it by. */
export const pinOf = (text: string): string => createHash("sha256").update(text).digest("hex");
