/** Files that components name: there, whole, fitting together, and closed to others. */
import type { ConsumerInput } from "../../model/reload";
import type { FileFacts, Use } from "../../survey/model";
import { componentOn, fileAt, keyFiles, readersOf, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { isInUse } from "../held";
import { entriesOf } from "../kubeconfigs";
import { andList } from "../words";
import { unique } from "../../format/unique";

/** What may be away: the kubelet's first credential, which kubeadm removes once the node has joined; what a kubelet makes itself. */
const OPTIONAL = ["bootstrap-kubeconfig", "cert-dir"];

const namedBy = ({ component, option }: Use): string => `${component} (--${option})`;

/** A container sees more than the host's files: only what its manifest mounts has to be on the host. */
const isOnHost = (node: NodeView, { component }: Use, path: string): boolean => {
  const start = componentOn(node, component)?.start;
  if (start?.by === "pod") return false;
  if (start?.by !== "static-pod") return true;
  const pod = node.survey.staticPods.find(({ manifest }) => manifest === start.manifest);
  return pod?.hostPaths.some((mounted) => path === mounted || path.startsWith(`${mounted}/`)) === true;
};

const missing = (node: NodeView): Issue[] =>
  node.survey.files.flatMap(({ path, state, uses }): Issue[] => {
    const wanted = uses.filter((use) => !OPTIONAL.includes(use.option) && isOnHost(node, use, path));
    if (state !== "missing" || wanted.length === 0) return [];
    return [
      {
        urgency: "now",
        subject: path,
        text: `${path} does not exist, and ${andList(unique(wanted.map(namedBy)))} ${wanted.length === 1 ? "names" : "name"} it: it will not start again`,
        remedy: "put the file back, or correct the option",
      },
    ];
  });

const EMPTY_OF = ["kubeconfig", "service-account-public", "service-account-private"];

const noCertificate = (node: NodeView): Issue[] =>
  node.survey.files.flatMap(({ path, state, uses, certificates }): Issue[] => {
    const reading = uses.filter(
      ({ input, secret }) => input !== undefined && !secret && !EMPTY_OF.includes(input.split("/")[1] ?? ""),
    );
    if (state !== "file" || certificates.length > 0 || reading.length === 0) return [];
    return [
      {
        urgency: "now",
        subject: path,
        text: `${path} holds no certificate that can be read, and ${andList(unique(reading.map(namedBy)))} reads it`,
        remedy: "put the certificate there in PEM (-----BEGIN CERTIFICATE-----)",
      },
    ];
  });

/** Certificate and key of one input, in one file or two. */
const pairsOf = (node: NodeView): (readonly [FileFacts, FileFacts])[] => {
  const inputs = unique(node.survey.files.flatMap(({ uses }) => uses.flatMap(({ input }) => input ?? [])));
  const certificateOf = (input: ConsumerInput): FileFacts[] =>
    node.survey.files.filter(
      ({ uses, certificates }) => certificates.length > 0 && uses.some((use) => use.input === input),
    );
  return inputs.flatMap((input) => {
    const keys = keyFiles(node, input).filter((file) => file.keys.length > 0);
    const [key] = keys;
    return key === undefined || keys.length > 1 ? [] : certificateOf(input).map((file) => [file, key] as const);
  });
};

const pairText = (certificate: string, key: string): string =>
  certificate === key
    ? `the certificate and the key in ${certificate} do not belong together`
    : `the key in ${key} is not the one of the certificate in ${certificate}`;

const pairs = (node: NodeView): Issue[] => {
  const files = pairsOf(node)
    .filter(([{ certificates }, { keys }]) => !keys.includes(certificates[0]?.publicKey ?? ""))
    .map(([certificate, key]) => ({
      path: key.path,
      text: pairText(certificate.path, key.path),
      readers: readersOf(key).join(", "),
    }));
  const configs = entriesOf(node).flatMap(({ path, clientPath, client: [leaf], user }) => {
    const key = user?.key ?? (user?.keyFile === undefined ? undefined : fileAt(node, user.keyFile)?.keys[0]);
    if (leaf === undefined || key === undefined || key === leaf.publicKey) return [];
    const keyPath = user?.key === undefined ? (user?.keyFile ?? path) : path;
    return [{ path, text: pairText(clientPath, keyPath), readers: "" }];
  });
  return unique([...files, ...configs].map(({ text }) => text)).flatMap((text): Issue[] => {
    const found = [...files, ...configs].find((each) => each.text === text);
    return found === undefined
      ? []
      : [
          {
            urgency: "now",
            subject: found.path,
            text: found.readers === "" ? text : `${text}, so ${found.readers} cannot start with them`,
            remedy: "put back the one that belongs to the other, or renew both",
          },
        ];
  });
};

const unreadableKey = (node: NodeView): Issue[] =>
  node.survey.files.flatMap(({ path, state, uses, keys }): Issue[] => {
    const reading = uses.filter(({ input, secret }) => secret && input !== undefined && !input.endsWith("/kubeconfig"));
    if (node.survey.host.openssl === undefined || state !== "file" || keys.length > 0 || reading.length === 0)
      return [];
    return [
      {
        urgency: "now",
        subject: path,
        text: `${path} holds no private key that openssl can read without a passphrase, and ${andList(unique(reading.map(namedBy)))} reads it`,
        remedy: "put the key there in PEM, not encrypted",
      },
    ];
  });

/** A key, or a kubeconfig with a credential in it: one may only name a file. */
export const isSecretFile = (node: NodeView, { path, keys, uses }: FileFacts): boolean => {
  const config = node.survey.kubeconfigs.find((each) => each.path === path);
  return config === undefined
    ? keys.length > 0 || uses.some(({ secret }) => secret)
    : config.users.some(({ key, other }) => key !== undefined || other.length > 0);
};

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o022;

export const modeBits = ({ mode }: Pick<FileFacts, "mode">): number => parseInt(mode, 8);

export const isOpen = (node: NodeView, file: FileFacts): boolean =>
  file.state === "file" && (modeBits(file) & OTHERS_READ) !== 0 && isSecretFile(node, file);

const open = (node: NodeView): Issue[] =>
  node.survey.files
    .filter((file) => isOpen(node, file))
    .map(({ path, mode }) => ({
      urgency: "now",
      subject: path,
      text: `every user of the machine can read the secret in ${path} (mode ${mode})`,
      remedy: `\`chmod 0600 ${path}\`, and renew what it belongs to if somebody may have read it`,
      source: "CIS 1.1.21",
    }));

export const isWritable = (node: NodeView, file: FileFacts): boolean =>
  file.state === "file" && (modeBits(file) & OTHERS_WRITE) !== 0 && isInUse(node, file);

const writable = (node: NodeView): Issue[] =>
  node.survey.files
    .filter((file) => isWritable(node, file))
    .map(({ path, mode }) => ({
      urgency: "now",
      subject: path,
      text: `users other than its owner can change ${path} (mode ${mode})`,
      remedy: `\`chmod go-w ${path}\``,
      source: "CIS 1.1.20",
    }));

export const FILES: readonly Check[] = [
  { id: "file-missing", finds: "files that components name and that do not exist", look: eachNode(missing) },
  { id: "no-certificate", finds: "files of certificates that hold none", look: eachNode(noCertificate) },
  { id: "key-unreadable", finds: "files of keys that hold none, or an encrypted one", look: eachNode(unreadableKey) },
  { id: "pair-differs", finds: "keys that are not those of their certificates", look: eachNode(pairs) },
  { id: "key-open", finds: "private keys that every user of the machine can read", look: eachNode(open) },
  { id: "file-writable", finds: "files in use that users other than their owner can change", look: eachNode(writable) },
];
