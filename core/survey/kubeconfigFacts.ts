/** A kubeconfig as facts (client-go, `clientcmd/api/v1`). */
import { certificatesIn, publicKeysIn } from "./certificateFacts";
import type { KubeconfigFacts } from "./model";
import { yamlOf } from "./runningOptions";

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const entriesOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
const given = <K extends string>(name: K, value: unknown): Partial<Record<K, string>> =>
  typeof value === "string" && value !== "" ? ({ [name]: value } as Record<K, string>) : {};
const dataOf = (value: unknown): string => Buffer.from(textOf(value), "base64").toString("utf8");

const OTHERS = ["token", "tokenFile", "password", "exec", "auth-provider"] as const;
type Other = KubeconfigFacts["users"][number]["other"][number];

/**
 * @param publicHalves of each `client-key-data` of the text, in order
 * @returns undefined where the text is no kubeconfig, or one that is not written line by line
 */
export const kubeconfigFacts = (
  path: string,
  text: string,
  publicHalves: readonly string[],
): KubeconfigFacts | undefined => {
  const content = fieldsOf(yamlOf(text));
  if (!Array.isArray(content["clusters"]) || !Array.isArray(content["users"])) return undefined;
  const halves = [...publicHalves];
  return {
    path,
    currentContext: textOf(content["current-context"]),
    contexts: entriesOf(content["contexts"]).map(({ name, context }) => ({
      name: textOf(name),
      cluster: textOf(fieldsOf(context)["cluster"]),
      user: textOf(fieldsOf(context)["user"]),
    })),
    clusters: entriesOf(content["clusters"]).map(({ name, cluster }) => clusterOf(textOf(name), fieldsOf(cluster))),
    users: entriesOf(content["users"]).map(({ name, user }) => userOf(textOf(name), fieldsOf(user), halves)),
  };
};

const clusterOf = (name: string, cluster: Fields): KubeconfigFacts["clusters"][number] => ({
  name,
  server: textOf(cluster["server"]),
  authorities: certificatesIn(dataOf(cluster["certificate-authority-data"])),
  ...given("authorityFile", cluster["certificate-authority"]),
  ...given("proxyUrl", cluster["proxy-url"]),
  ...given("tlsServerName", cluster["tls-server-name"]),
  insecure: cluster["insecure-skip-tls-verify"] === true,
});

const userOf = (name: string, user: Fields, halves: string[]): KubeconfigFacts["users"][number] => ({
  name,
  certificates: certificatesIn(dataOf(user["client-certificate-data"])),
  ...given("certificateFile", user["client-certificate"]),
  ...given("keyFile", user["client-key"]),
  ...("client-key-data" in user ? given("key", publicKeysIn(halves.shift() ?? "")[0]) : {}),
  other: [...new Set(OTHERS.filter((field) => field in user).map((field) => field.replace("File", "") as Other))],
});
