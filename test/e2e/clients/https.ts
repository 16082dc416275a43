/** Requests that verify the server, as every client of a cluster has to. */
import { Agent, request } from "node:https";

/** How a client shows itself and whom it believes; PEM texts. */
export interface Identity {
  readonly ca: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
}

export interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly contentType?: string;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Whether the server asks to be asked again, as one does that is going. */
  readonly again: boolean;
}

/** A user would call a longer answer a failure. */
export const TIMEOUT_MS = 3000;

/** Asks once on a connection of its own unless an agent keeps one; rejects when no whole answer comes. */
export const ask = (question: Question, identity: Identity, agent?: Agent, timeoutMs = TIMEOUT_MS): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { host, port, path, method = "GET", contentType, body } = question;
    const { ca, cert, key, token } = identity;
    const headers = {
      ...(contentType === undefined ? {} : { "content-type": contentType }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const options = {
      host,
      port,
      path,
      method,
      headers,
      ca,
      cert,
      key,
      agent: agent ?? new Agent(),
      timeout: timeoutMs,
    };
    const sent = request(options, (response) => {
      const text: string[] = [];
      response.setEncoding("utf8").on("data", (chunk: string) => text.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const again = response.headers["retry-after"] !== undefined;
        resolve({ status: response.statusCode ?? 0, body: text.join(""), again });
      });
    });
    // the socket's timeout alone never ends an answer that trickles
    const limit = setTimeout(() => sent.destroy(new Error(`no answer within ${String(timeoutMs)} ms`)), timeoutMs);
    sent.on("close", () => {
      clearTimeout(limit);
    });
    sent.on("error", reject);
    sent.end(body);
  });
