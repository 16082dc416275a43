/** The certificates that are in use on a node, each once, and where each is. */
import type { CertificateFacts, FileFacts, Use } from "../survey/model";
import { kubeconfigReaders, ofNode, type NodeView } from "./cluster";
import { judged } from "./kubeconfigs";

export interface Held {
  readonly certificate: CertificateFacts;
  readonly path: string;
  /** "the certificate in /etc/kubernetes/pki/apiserver.crt" */
  readonly place: string;
  readonly uses: readonly Use[];
}

/** Somebody reads it, or it is one that a layout has for people or probes. */
export const isInUse = (node: NodeView, { path, uses }: FileFacts): boolean => uses.length > 0 || node.known.has(path);

const once = (all: readonly Held[]): Held[] => {
  const seen = new Set<string>();
  return all.filter(({ certificate: { fingerprint } }) => !seen.has(fingerprint) && seen.add(fingerprint));
};

/** Files before kubeconfigs, so that a certificate in both is told of as the file's. */
export const heldLeaves = ofNode((node, cluster): readonly Held[] =>
  once([
    ...node.survey.files
      .filter((file) => isInUse(node, file))
      .flatMap(({ path, uses, certificates: [certificate] }) =>
        certificate === undefined || certificate.isCa
          ? []
          : [{ certificate, path, uses, place: `the certificate in ${path}` }],
      ),
    ...judged(node, cluster).flatMap(({ path, clientPath, client: [certificate] }) =>
      certificate === undefined || clientPath !== path
        ? []
        : [
            {
              certificate,
              path,
              place: `the client certificate in ${path}`,
              uses: kubeconfigUses(node, path),
            },
          ],
    ),
  ]),
);

const kubeconfigUses = (node: NodeView, path: string): Use[] => {
  const file = node.survey.files.find((each) => each.path === path);
  if (file !== undefined) return [...file.uses];
  const config = node.survey.kubeconfigs.find((each) => each.path === path);
  return config === undefined
    ? []
    : kubeconfigReaders(node, config).map(({ name }) => ({ component: name, option: "kubeconfig", secret: true }));
};

export const heldCas = ofNode((node, cluster): readonly Held[] =>
  once([
    ...node.survey.files
      // a CA behind a leaf is that leaf's own: the kubelet makes itself one
      .filter((file) => isInUse(node, file) && file.certificates[0]?.isCa === true)
      .flatMap(({ path, uses, certificates }) =>
        certificates
          .filter(({ isCa }) => isCa)
          .map((certificate) => ({
            certificate,
            path,
            uses,
            place: `the CA certificate ${quoted(certificate)} in ${path}`,
          })),
      ),
    ...judged(node, cluster).flatMap(({ path, authorities }) =>
      authorities.map((certificate) => ({
        certificate,
        path,
        uses: kubeconfigUses(node, path),
        place: `the CA certificate ${quoted(certificate)} in ${path}`,
      })),
    ),
  ]),
);

/** A CA by its subject. */
export const quoted = ({ subject }: CertificateFacts): string => `"${subject}"`;
