/** What a node has of the user's own certificates (`certificates.own`): files, and programs that read them. */
import { named, type FileRow } from "../layouts/layout";
import { ownName, type OwnName } from "../model/profiles";
import type { Config, NodeConfig, OwnConfig } from "../schema/config";

type Certificates = Pick<Config, "certificates">;

export interface OwnOnNode {
  readonly leaf: OwnName;
  readonly files: NonNullable<OwnConfig["files"]>;
  readonly own: OwnConfig;
}

const isOn = ({ name, roles }: Pick<NodeConfig, "name" | "roles">, { nodes, roles: wanted }: OwnConfig): boolean =>
  nodes === undefined ? (wanted?.some((role) => roles.includes(role)) ?? true) : nodes.includes(name);

/** Those that this node holds, with their places here. */
export const ownOn = (node: Pick<NodeConfig, "name" | "roles">, { certificates }: Certificates): OwnOnNode[] =>
  Object.entries(certificates.own).flatMap(([name, own]) => {
    if (own.files === undefined || !isOn(node, own)) return [];
    const at = (path: string): string => named(path, node.name);
    const { certificate, key, ca } = own.files;
    const here = { certificate: at(certificate), key: at(key), ca: ca === undefined ? undefined : at(ca) };
    return [{ leaf: ownName(name), files: { ...own.files, ...here }, own }];
  });

const rowsOf = ({ leaf, files: { certificate, key, ca, owner, group, mode }, own }: OwnOnNode): FileRow[] => {
  const row = { on: "any", owner, group, uses: [], own: own.readers.map(({ name }) => name) } as const;
  return [
    { ...row, path: certificate, content: { kind: "certificate", profile: leaf } },
    { ...row, path: key, mode, content: { kind: "key", profile: leaf } },
    ...(ca === undefined ? [] : [{ ...row, path: ca, content: { kind: "ca", authority: own.authority } } as const]),
  ];
};

export const ownRows = (node: Pick<NodeConfig, "name" | "roles">, config: Certificates): FileRow[] =>
  ownOn(node, config).flatMap(rowsOf);

/** All files of one of them. */
export const pathsOf = ({ files: { certificate, key, ca } }: OwnOnNode): string[] => [
  certificate,
  key,
  ...(ca === undefined ? [] : [ca]),
];
