import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { isObject, part, text, type Properties, type Value } from "../values";

/** An API server and how to talk to it. */
export interface Access {
  readonly server: string;
  readonly ca: string;
  readonly credentials: { readonly cert: string; readonly key: string } | { readonly token: string };
}

/** What the current context of a kubeconfig says; this stand-in knows certificates written into the file, token files and exec plugins. */
export function accessOf(kubeconfig: string): Access {
  const { cluster, user } = currentContext(kubeconfig);
  return {
    server: given(cluster, "server"),
    ca: decoded(cluster, "certificate-authority-data"),
    credentials: credentialsOf(user),
  };
}

function credentialsOf(user: Properties): Access["credentials"] {
  const file = text(user["tokenFile"]);
  if (file !== undefined) return { token: readFileSync(file, "utf8").trim() };
  if (isObject(user["exec"])) return { token: executed(user["exec"]) };
  return { cert: decoded(user, "client-certificate-data"), key: decoded(user, "client-key-data") };
}

/** The token of a credential plugin, asked each time (client.authentication.k8s.io/v1). */
function executed(exec: Properties): string {
  const list = (field: string) => (Array.isArray(exec[field]) ? exec[field] : []);
  const added = list("env").map((each) => (isObject(each) ? [text(each["name"]), text(each["value"])] : []));
  const env = { ...process.env, ...(Object.fromEntries(added) as Record<string, string>) };
  const command = given(exec, "command");
  const args = list("args").map((each) => text(each) ?? "");
  const answer = JSON.parse(execFileSync(command, args, { env, encoding: "utf8" })) as {
    status?: { token?: string };
  };
  const token = answer.status?.token;
  if (token === undefined) throw new Error(`exec: ${command} gave no token, and this stand-in knows nothing else`);
  return token;
}

/** The cluster of the current context, all its fields; undefined when there is none. */
export function clusterOf(kubeconfig: string): Properties | undefined {
  const { cluster } = currentContext(kubeconfig);
  return Object.keys(cluster).length === 0 ? undefined : cluster;
}

function currentContext(kubeconfig: string): { cluster: Properties; user: Properties } {
  const config = parsed(kubeconfig);
  const context = entry(config, "contexts", "context", text(config["current-context"]));
  return {
    cluster: entry(config, "clusters", "cluster", text(context["cluster"])),
    user: entry(config, "users", "user", text(context["user"])),
  };
}

function parsed(kubeconfig: string): Properties {
  let config: unknown;
  try {
    config = parse(kubeconfig);
  } catch {
    // What is not YAML may still hold a key, so nothing of it is shown.
  }
  if (config === null || !isObject(config as Value | undefined)) throw new Error("failed to parse kubeconfig");
  return config as Properties;
}

function entry(config: Properties, list: string, field: string, name: string | undefined): Properties {
  const entries = config[list];
  const found = Array.isArray(entries) ? entries.find((each) => isObject(each) && each["name"] === name) : undefined;
  return isObject(found) ? part(found, field) : {};
}

function decoded(from: Properties, field: string): string {
  return Buffer.from(given(from, field), "base64").toString();
}

function given(from: Properties, field: string): string {
  const value = text(from[field]);
  if (value === undefined || value === "") throw new Error(`the kubeconfig has no ${field} for its current context`);
  return value;
}
