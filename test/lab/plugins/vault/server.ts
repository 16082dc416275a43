import type { Difference, Failure, Provider } from "../host";
import { paths, text, type Properties } from "../values";
import { Api } from "./api";

/** `version` comes from the engine; the last three the SDK sets by itself. Credentials come from the environment only. */
const options = ["address", "skipChildToken", "version", "maxLeaseTtlSeconds", "maxRetries", "skipTlsVerify"];

/** A child token lives as long as the official plugin lets it by default. */
const CHILD_TTL = "1200s";

/** `pulumi:providers:vault`: one server, first spoken to when a resource needs it. */
export class Server implements Provider {
  private given: Readonly<Record<string, string>> = {};
  private connected: Promise<Api> | undefined;

  check(inputs: Properties): Failure[] {
    const names = Object.keys(inputs).filter((name) => !name.startsWith("__"));
    return names
      .filter((property) => !options.includes(property))
      .map((property) => ({
        property,
        reason: `this stand-in has no ${property}: install the official plugin for it`,
      }));
  }

  /** Another server is an update as well: what is under it then fails or not, by what that server has. */
  diff(before: Properties, inputs: Properties): Difference[] {
    return paths(before, inputs).map((change) => ({ ...change, replace: false }));
  }

  configure(given: Readonly<Record<string, string>>): Promise<void> {
    this.given = given;
    return Promise.resolve();
  }

  /** For what needs the server. */
  get api(): Promise<Api> {
    return (this.connected ??= this.connect());
  }

  private async connect(): Promise<Api> {
    const address = text(this.given["address"]) ?? process.env["VAULT_ADDR"] ?? "";
    if (address === "") throw new Error("Provider requires a vault address: set address or VAULT_ADDR");
    const token = process.env["VAULT_TOKEN"] ?? "";
    if (token === "") throw new Error("no vault token set on Client");
    const api = new Api({ address, token, caFile: process.env["VAULT_CACERT"] });
    await api.read("auth/token/lookup-self").catch((error: unknown) => {
      throw new Error(`failed to lookup token, err=${error instanceof Error ? error.message : String(error)}`);
    });
    if (this.given["skipChildToken"] === "true") return api;
    const made = await api.write("auth/token/create", {
      ttl: CHILD_TTL,
      explicit_max_ttl: CHILD_TTL,
      renewable: false,
    });
    return api.as(text((made.auth as Properties)["client_token"]) ?? "");
  }
}
