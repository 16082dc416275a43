/** Kubeconfigs as they lie on nodes, with what people and other programs have made of them. */
import { stringify } from "yaml";
import { API, CA, CURRENT, type Conf } from "./layout";
import { ca, leafOf, type CaName } from "./pool";

export const CONF_CHANGES = [
  "foreignEntry",
  "foreignFirst",
  "foreignCa",
  "foreignCaOnly",
  "proxy",
  "serverName",
  "caFile",
  "insecure",
  "otherServer",
  "exec",
  "token",
  "credentialFiles",
  "extension",
  "json",
  "crlf",
  "quoted",
  "comments",
  "indented",
  "noEol",
  "bom",
  "tab",
  "noContexts",
  "garbage",
  "folded",
] as const;
/** As most people's are: these come more often. */
export const USUAL_CHANGES = [
  "foreignEntry",
  "foreignFirst",
  "foreignCa",
  "caFile",
  "comments",
  "foreignEntry",
] as const;
export type ConfChange = (typeof CONF_CHANGES)[number];

const base64 = (text: string): string => Buffer.from(text).toString("base64");

interface Named {
  readonly name: string;
}
interface Config {
  clusters: (Named & { cluster: Record<string, unknown> })[];
  contexts: (Named & { context: Record<string, unknown> })[];
  users: (Named & { user: Record<string, unknown> })[];
  "current-context": string;
  [more: string]: unknown;
}

const plain = (path: Conf, cas: readonly CaName[], signer: CaName): Config => {
  const admin = leafOf("admin", signer, 0);
  const user = path.endsWith("admin.conf")
    ? { "client-certificate-data": base64(admin.cert), "client-key-data": base64(admin.key) }
    : { "client-certificate": CURRENT, "client-key": CURRENT };
  return {
    apiVersion: "v1",
    clusters: [
      {
        cluster: {
          "certificate-authority-data": base64(cas.map((name) => ca(name).cert).join("")),
          server: `https://${API}`,
        },
        name: "prod",
      },
    ],
    contexts: [{ context: { cluster: "prod", user: "me" }, name: "me@prod" }],
    "current-context": "me@prod",
    kind: "Config",
    preferences: {},
    users: [{ name: "me", user }],
  };
};

const guest = () => leafOf("admin", "f1", 0);
const foreign = (): Pick<Config, "clusters" | "contexts" | "users"> => ({
  clusters: [
    {
      cluster: {
        "certificate-authority-data": base64(ca("f1").cert),
        server: "https://staging.example.com:6443",
        "proxy-url": "http://proxy:3128",
      },
      name: "staging",
    },
  ],
  contexts: [{ context: { cluster: "staging", namespace: "team", user: "guest" }, name: "staging" }],
  users: [
    {
      name: "guest",
      user: { "client-certificate-data": base64(guest().cert), "client-key-data": base64(guest().key) },
    },
  ],
});

type Own = (config: Config, own: Record<string, unknown>, user: Record<string, unknown>) => void;

const join = (config: Config, first: boolean): void => {
  const theirs = foreign();
  for (const list of ["clusters", "contexts", "users"] as const)
    config[list] = (first ? [...theirs[list], ...config[list]] : [...config[list], ...theirs[list]]) as never;
};

const clear = (user: Record<string, unknown>): void => {
  for (const half of ["client-certificate", "client-key"])
    for (const field of [half, `${half}-data`]) Reflect.deleteProperty(user, field);
};

/** Of the values; changes of the text alone are below. */
const VALUES: Partial<Record<ConfChange, Own>> = {
  foreignEntry: (config) => {
    join(config, false);
  },
  foreignFirst: (config) => {
    join(config, true);
    config["current-context"] = "staging";
  },
  foreignCa: (_, own) => {
    own["certificate-authority-data"] = base64(ca("k1").cert + ca("f1").cert);
  },
  foreignCaOnly: (_, own) => {
    own["certificate-authority-data"] = base64(ca("f2").cert);
  },
  proxy: (_, own) => {
    own["proxy-url"] = "http://proxy:3128";
  },
  serverName: (_, own) => {
    own["tls-server-name"] = "api.internal";
  },
  caFile: (_, own) => {
    delete own["certificate-authority-data"];
    own["certificate-authority"] = CA;
  },
  insecure: (_, own) => {
    delete own["certificate-authority-data"];
    own["insecure-skip-tls-verify"] = true;
  },
  otherServer: (_, own) => {
    own["server"] = "https://balancer.example.com";
  },
  exec: (_, __, user) => {
    clear(user);
    user["exec"] = {
      apiVersion: "client.authentication.k8s.io/v1",
      args: ["--client-key-data:", "certificate-authority-data: x", "- name: y"],
      command: "login",
      env: null,
    };
  },
  token: (_, __, user) => {
    user["token"] = "abc.def";
    user["as"] = "someone";
  },
  credentialFiles: (_, __, user) => {
    clear(user);
    user["client-certificate"] = "../srv/client.crt";
    user["client-key"] = "../srv/client.key";
  },
  extension: (config, own) => {
    own["extensions"] = [{ extension: { provider: "minikube", server: "nobody" }, name: "cluster_info" }];
    config["extensions"] = [{ extension: { clusters: ["a"] }, name: "clusters" }];
  },
  noContexts: (config) => {
    config.contexts = [];
    config["current-context"] = "";
  },
};

const text = (config: Config, indentSeq: boolean): string => stringify(config, { lineWidth: 0, indentSeq });

const TEXTS: Partial<Record<ConfChange, (text: string) => string>> = {
  crlf: (was) => was.replaceAll("\n", "\r\n"),
  quoted: (was) => was.replace(/^(.*: )([A-Za-z0-9+/=]{40,}|https:\S+)$/gm, '$1"$2"'),
  comments: (was) =>
    `# made by hand\n---\n${was.replace(/^(\s*(?:- )?server: .*)$/gm, "$1 # ours\n    # below")}# end\n`,
  noEol: (was) => was.replace(/\n$/, ""),
  bom: (was) => `\ufeff${was}`,
  tab: (was) => was.replace("    server:", "\tserver:"),
  garbage: () => "\u0000\u0001 no kubeconfig : [\n",
  folded: (was) => was.replace(/(certificate-authority-data: )([A-Za-z0-9+/=]{64})/, "$1>-\n      $2"),
};

/** @param changes - in this order; undefined where nothing of it would be a kubeconfig of this layout */
export const confText = (
  path: Conf,
  cas: readonly CaName[],
  signer: CaName,
  changes: readonly ConfChange[],
): string => {
  const config = plain(path, cas, signer);
  for (const change of changes) {
    const own = config.clusters.find(({ name }) => name === "prod")?.cluster ?? {};
    const user = config.users.find(({ name }) => name === "me")?.user ?? {};
    VALUES[change]?.(config, own, user);
  }
  const written = changes.includes("json") ? JSON.stringify(config) : text(config, changes.includes("indented"));
  return changes.reduce((was, change) => TEXTS[change]?.(was) ?? was, written);
};
