/** Words as they are compared with those of other tools. */
import type { Path } from "../schema/jsonSchema";

/** Letter case, blanks, "-", "_" and "." count for nothing: kubeadm's `certSANs` is Ansible's `cert_sans`. */
export const plain = (name: string): string => name.toLowerCase().replace(/[-_. ]/g, "");

/** What a key stands in, as tables of other names have it: `cluster`, `nodes[]`, empty at the top. */
export const placeName = (place: Path): string => {
  const last = place.at(-1);
  return typeof last === "number" ? `${String(place.at(-2) ?? "")}[]` : String(last ?? "");
};
