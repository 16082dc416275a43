import { readFileSync } from "node:fs";
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { texts, type Properties } from "../values";

export interface Access {
  readonly address: string;
  readonly token: string;
  readonly caFile: string | undefined;
}

/** What the server said: the parts of its envelope. */
export interface Reply {
  readonly data: Properties;
  readonly auth: unknown;
  /** The body where it is no JSON. */
  readonly text: string;
}

/** The server said no; the message is the one of HashiCorp's Go client. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** The Go client tries again twice when there is no answer or a 5xx, and a sealed or standby server answers so. */
const tries = 3;
const pauseMs = 1000;
const silenceMs = 60_000;

/** The HTTP API of Vault and OpenBao. */
export class Api {
  constructor(private readonly access: Access) {}

  as(token: string): Api {
    return new Api({ ...this.access, token });
  }

  write(path: string, body: Properties): Promise<Reply> {
    return this.patient("PUT", path, body);
  }

  /** Changes what is given and leaves the rest; a token needs `patch` for it. */
  patch(path: string, body: Properties): Promise<Reply> {
    return this.patient("PATCH", path, body);
  }

  /** Undefined when there is nothing at the path. */
  async read(path: string): Promise<Reply | undefined> {
    try {
      return await this.patient("GET", path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Without the token, for what everybody may read. */
  readPublic(path: string): Promise<Reply | undefined> {
    return this.as("").read(path);
  }

  delete(path: string): Promise<Reply> {
    return this.patient("DELETE", path);
  }

  private async patient(method: string, path: string, body?: Properties): Promise<Reply> {
    for (let left = tries - 1; ; left -= 1) {
      try {
        return await this.send(method, path, body);
      } catch (error) {
        const final = error instanceof ApiError && (error.status < 500 || error.status === 501);
        if (final || left === 0) throw error;
        await sleep(pauseMs);
      }
    }
  }

  private send(method: string, path: string, body?: Properties): Promise<Reply> {
    const { address, token, caFile } = this.access;
    const url = new URL(`${address.replace(/\/$/, "")}/v1/${path}`);
    const ca = caFile === undefined ? undefined : readFileSync(caFile);
    const headers = {
      "x-vault-request": "true",
      ...(token !== "" && { "x-vault-token": token }),
      ...(method === "PATCH" && { "content-type": "application/merge-patch+json" }),
    };
    const request = url.protocol === "https:" ? secure : plain;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, ca, headers, agent: false, timeout: silenceMs }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("error", reject).on("end", () => {
          try {
            resolve(reply(method, url, response.statusCode ?? 0, text));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        });
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${String(silenceMs / 1000)} s`)));
      sent.on("error", (error) => {
        reject(new Error(`${method} ${url.href}: ${error.message}`));
      });
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

function reply(method: string, url: URL, status: number, text: string): Reply {
  const body = parsed(text);
  if (status < 300) return { data: (body["data"] ?? {}) as Properties, auth: body["auth"], text };
  const errors = Array.isArray(body["errors"])
    ? texts(body["errors"])
        .map((each) => `* ${each}`)
        .join("\n")
    : text;
  throw new ApiError(
    `Error making API request.\n\nURL: ${method} ${url.href}\nCode: ${String(status)}. Errors:\n\n${errors}`,
    status,
  );
}

function parsed(text: string): Properties {
  try {
    return JSON.parse(text) as Properties;
  } catch {
    return {};
  }
}
