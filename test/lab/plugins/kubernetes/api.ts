import { request } from "node:https";
import type { Properties } from "../values";
import type { Access } from "./kubeconfig";

/** The API server said no; the message is its own. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly reason: string,
  ) {
    super(message);
  }
}

export interface Apply {
  readonly fieldManager: string;
  readonly force: boolean;
  readonly dryRun?: boolean;
}

/** As long as client-go waits for a connection. */
const silenceMs = 30_000;

/** The few requests of the API that patches need. */
export class Api {
  constructor(private readonly access: Access) {}

  get(path: string): Promise<Properties> {
    return this.send("GET", path);
  }

  /** Server-side apply; JSON is YAML. */
  apply(path: string, object: Properties, { fieldManager, force, dryRun = false }: Apply): Promise<Properties> {
    const query = new URLSearchParams({ fieldManager, force: String(force), ...(dryRun && { dryRun: "All" }) });
    return this.send("PATCH", `${path}?${query.toString()}`, object);
  }

  private send(method: string, path: string, body?: Properties): Promise<Properties> {
    const { server, ca, credentials } = this.access;
    const { token, ...pair } = "token" in credentials ? credentials : { ...credentials, token: undefined };
    const url = new URL(server.replace(/\/$/, "") + path);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept: "application/json",
      "content-type": "application/apply-patch+yaml",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    return new Promise((resolve, reject) => {
      // A connection each: the API server may be restarted between any two requests, and a kept one would then be dead.
      // A CA that another one signed is trusted as it is, as client-go does.
      const trust = { ca, allowPartialTrustChain: true };
      const options = { method, ...trust, ...pair, headers, agent: false, timeout: silenceMs };
      const sent = request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          try {
            resolve(answer(response.statusCode ?? 0, Buffer.concat(chunks).toString()));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${String(silenceMs / 1000)} s`)));
      sent.on("error", (error) => {
        reject(new Error(`${method} ${url.origin}${url.pathname}: ${error.message}`));
      });
      sent.end(payload);
    });
  }
}

function answer(status: number, body: string): Properties {
  let object: Properties = {};
  try {
    object = JSON.parse(body) as Properties;
  } catch {
    if (status < 300) throw new Error(`the API server answered with something else than JSON: ${body.slice(0, 200)}`);
  }
  if (status < 300) return object;
  const { message, reason } = object as { message?: string; reason?: string };
  throw new ApiError(message ?? `the server answered ${String(status)}: ${body.slice(0, 200)}`, status, reason ?? "");
}
