/** The key that signs service account tokens. */
import { AUTHORITIES, type AuthorityName } from "../model/authorities";

/** Whether the stack manages the key that signs service account tokens: it generated it, was given it, or takes it over. */
export const managesServiceAccount = ({
  authority,
  adopt,
}: {
  readonly authority: Readonly<Partial<Record<AuthorityName, unknown>>> & {
    readonly serviceAccount?: { readonly enabled: boolean } | undefined;
  };
  readonly adopt?: { readonly serviceAccount: boolean | string } | undefined;
}): boolean =>
  authority.serviceAccount?.enabled ??
  (adopt === undefined ? AUTHORITIES.every((name) => authority[name] === undefined) : adopt.serviceAccount !== false);
