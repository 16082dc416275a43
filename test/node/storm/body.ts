/** The payload of each step, in the shape of the stack's own. */
import { kubeconfigText } from "../../../core/certificates/kubeconfig";
import { part, payload } from "../payload";
import type { Defect, Return, Send, Signing } from "./case";
import { API, CA_FILES, CA_PATHS, CONFS, CURRENT, LEAF_NAMES, LEAFS, PKI, SIGNER, TOKENS } from "./layout";
import { ca, leafOf, PROFILE_NAMES, PROFILES, signerOf, tokenKeys, type Generation, type Profile } from "./pool";
import type { Pair } from "../pki";

export interface Sending {
  readonly send: Send;
  /** Of the CAs that sign; `renew` has it of the node's phase, the others of what they do. */
  readonly generation: Generation;
  /** Which of several alike: no two runs of a case send the same leafs. */
  readonly count: number;
  readonly defect: Defect | undefined;
  readonly services: string;
  readonly start: "existing" | "bare";
  /** Of the note that an apply is told to bring back. */
  readonly told: string | undefined;
  /** Of a restore: what each file is to hold. */
  readonly copies: ReadonlyMap<string, string>;
  readonly isProven: boolean;
  readonly damage: Return["damage"];
  readonly signing: Signing;
}

/** By the transaction of apply. */
export const isApply = (send: Send): boolean => !(send in TRUST);
/** Whole, of the stack. */
export const sendsSet = (send: Send): boolean => send === "renew" || send === "issue";

const DAY = 86_400;
const CONF_PARTS = { admin: "kubeconfig:admin", kubelet: "kubeconfig:kubelet" } as const;
const PART_OF = { k: "ca:kubernetes", e: "ca:etcd" } as const;

/** What each part of trust is of one generation. */
const trustParts = (ending: string, generations: readonly Generation[]): string => {
  const all = (letter: "k" | "e"): string => generations.map((each) => ca(`${letter}${each}`).cert).join("");
  return [
    part(`ca:kubernetes${ending}`, all("k")),
    part(`ca:etcd${ending}`, all("e")),
    part(`serviceaccount:public${ending}`, tokenKeys(generations)),
  ].join("");
};

const TRUSTED = ["ca:kubernetes", "ca:etcd", "serviceaccount:public"] as const;
const trustLines = (how: string): string => TRUSTED.map((name) => `trust ${name} ${how}\n`).join("");
const trustFiles = (): string =>
  `${CA_PATHS.map((path) => `file ${path} 0644 root root ${CA_FILES[path]}\n`).join("")}file ${TOKENS} 0644 root root serviceaccount:public\n`;

const guards = (of: readonly string[]): string =>
  [...CA_PATHS.map((path) => [path, CA_FILES[path]] as const), [TOKENS, "serviceaccount:public"] as const]
    .map(([path, name]) => `guard ${path} ${of.map((ending) => name + ending).join(",")}\n`)
    .join("");

const only = (): string =>
  `${CA_PATHS.map((path) => `only ${path} ${CA_FILES[path]}\n`).join("")}only ${TOKENS} serviceaccount:public\n`;

const conf = (profile: "admin" | "kubelet"): string =>
  kubeconfigText({
    cluster: "prod",
    user: "me",
    server: API,
    caData: "@b64:ca:kubernetes@",
    credentials:
      profile === "kubelet" ? { file: CURRENT } : { certificateData: "@b64:cert:admin@", keyData: "@b64:key:admin@" },
  });

/** The leafs of a payload, with what is wrong with it. */
export const leafsOf = ({ generation, count, defect }: Sending): ReadonlyMap<Profile, Pair> =>
  new Map(
    PROFILE_NAMES.map((profile) => {
      const made = leafOf(profile, signerOf(profile, generation), count);
      if (profile !== "web") return [profile, made];
      if (defect === "wrongKey") return [profile, { cert: made.cert, key: leafOf("web", "f2", 0).key }];
      return [profile, defect === "wrongCa" ? leafOf("web", "f1", count) : made];
    }),
  );

const leafLines = (sending: Sending, now: number): string => {
  const issued = sending.defect === "future" ? now + DAY : now - 3600;
  const expires = sending.defect === "ended" ? now - 60 : now + 30 * DAY;
  return [...leafsOf(sending)]
    .map(([profile, { cert, key }]) =>
      [
        part(`cert:${profile}`, cert),
        part(`key:${profile}`, key),
        `leaf ${profile} e${String(sending.count)} ${String(issued)} ${String(expires)} ${PART_OF[PROFILES[profile]]}\n`,
      ].join(""),
    )
    .join("");
};

const applyLines = (sending: Sending, now: number): string => {
  const { send, generation } = sending;
  const rotating = send === "issue";
  const pairs = LEAF_NAMES.map((name) => {
    const { cert, key } = LEAFS[name];
    if (cert === key)
      return `file ${cert} 0600 root root cert:${name},key:${name}\nlink ${CURRENT} ${cert.replace(/.*\//, "")}\n`;
    return `file ${cert} 0644 root root cert:${name}\nfile ${key} 0600 root root key:${name}\n`;
  });
  return [
    trustParts("", [generation]),
    rotating ? trustParts(":g1", ["1"]) : "",
    part("cakey:kubernetes", ca(`k${generation}`).key),
    rotating ? part("signer:kubernetes", ca(`k${generation}`).cert) : "",
    part(CONF_PARTS.admin, conf("admin")),
    part(CONF_PARTS.kubelet, conf("kubelet")),
    leafLines(sending, now),
    trustFiles(),
    `file ${PKI}/ca.key 0600 root root cakey:kubernetes\n`,
    rotating
      ? `file ${SIGNER.cert} 0644 root root signer:kubernetes\nfile ${SIGNER.key} 0600 root root cakey:kubernetes\n`
      : "",
    ...pairs,
    CONFS.map(
      (path) => `file ${path} 0600 root root ${CONF_PARTS[path.endsWith("admin.conf") ? "admin" : "kubelet"]}\n`,
    ).join(""),
    CONFS.map((path) => `keep ${path} ca:kubernetes\n`).join(""),
    guards([""]),
    rotating ? trustLines("append").replace("kubernetes append", "kubernetes prepend") : only(),
  ].join("");
};

/** What a trust payload wants, knows besides, and does with the rest. */
const TRUST = {
  open: { wanted: ["1", "2"], how: "append", besides: ":g1", of: "1" },
  close: { wanted: ["2"], how: "retire", besides: ":g1", of: "1" },
  back: { wanted: ["1"], how: "retire", besides: ":g2", of: "2" },
} as const;

const isTrust = (send: Send): send is keyof typeof TRUST => send in TRUST;
/** A restore and a kubelet's request let nobody in by a payload of the stack. */
export const wantedBy = ({ send, generation }: Sending): readonly Generation[] =>
  isTrust(send) ? TRUST[send].wanted : sendsSet(send) ? [generation] : [];

const trustBody = (send: keyof typeof TRUST): string => {
  const { wanted, how, besides, of } = TRUST[send];
  return [
    trustParts("", wanted),
    trustParts(besides, [of]),
    trustLines(how),
    trustFiles(),
    CONFS.map((path) => `kubeconfig-ca ${path} ca:kubernetes\n`).join(""),
    send === "open"
      ? `seed ${SIGNER.cert} 0644 ${PKI}/ca.crt ${PKI}/ca.key\nseed ${SIGNER.key} 0600 ${PKI}/ca.key -\n`
      : `round r${of}\n`,
    guards(send === "open" ? ["", ":g1"] : [""]),
    ...LEAF_NAMES.map((name) => {
      const { cert, key } = LEAFS[name];
      const authority = PART_OF[PROFILES[name]];
      return cert === key
        ? `have ${cert} cert:${name},key:${name} ${authority}\n`
        : `have ${cert} cert:${name} ${authority}\nhave ${key} key:${name} -\n`;
    }),
    "have /etc/kubernetes/admin.conf cert:admin,key:admin ca:kubernetes\n",
  ].join("");
};

const askBody = ({ generation, count, start }: Sending): string => {
  const signer = part("ca:kubernetes", ca(`k${generation}`).cert);
  const { cert } = LEAFS.kubelet;
  const apply = `node n1\nstart ${start}\n${signer}file ${cert} 0600 root root cert:kubelet,key:kubelet\nlink ${CURRENT} ${cert.replace(/.*\//, "")}\n`;
  return `kubeconfig ${CONFS[1]}\n${signer}leaf kubelet a${String(count)} ECDSA-P256\ncn kubelet kubelet\no kubelet system:nodes\n${part("apply", apply)}`;
};

/** A verb as the script is called, and what it reads. */
export interface Sent {
  readonly words: readonly string[];
  readonly text: string;
}

type Verb = "apply" | "trust" | "issue" | "restore";
const verbOf = (send: Send): Verb =>
  send === "ask" ? "issue" : send === "restore" ? send : isTrust(send) ? "trust" : "apply";
const OTHER_VERB = { apply: "trust", trust: "apply", issue: "trust", restore: "apply" } as const;

/** The payload of a verb in one that is the same for all nodes. */
export const templated = (verb: "trust" | "issue" | "check", body: string): string =>
  payload("template", `${verb}\n${body.replaceAll("node n1\n", "node node.kube-pki.invalid\n")}`);

const bodyOf = (sending: Sending, now: number): string => {
  const { send, start, services } = sending;
  if (send === "ask") return `node n1\n${askBody(sending)}`;
  return `node n1\nstart ${start}\n${isTrust(send) ? trustBody(send) : applyLines(sending, now)}server ca:kubernetes ${API}\n${services}`;
};

/**
 * @param now - the node's clock has its own opinion
 * @param restore - the payload of a restore, which follows from what is kept on the node
 */
export const payloadOf = (sending: Sending, now: number, isTemplate: boolean, restore = ""): Sent => {
  const { send, defect, told } = sending;
  const verb = verbOf(send);
  const body = verb === "restore" ? restore.replace(/^.*\n/, "") : bodyOf(sending, now);
  const whole = `${body}${defect === "unknownLine" ? "rm -rf /\n" : ""}`;
  const asTemplate = isTemplate && (verb === "trust" || verb === "issue") && defect !== "otherVerb";
  const text = asTemplate ? templated(verb, whole) : payload(verb, whole);
  const words = asTemplate ? ["template", "n1"] : [verb, ...(told !== undefined && sendsSet(send) ? [told] : [])];
  if (defect === "cut") return { words, text: text.slice(0, text.length / 2) };
  if (defect === "altered") return { words, text: text.replace(/^node /m, "node x") };
  return { words: defect === "otherVerb" ? [OTHER_VERB[verb]] : words, text };
};
