/**
 * A browser without a window, by its DevTools protocol over a pipe (https://chromedevtools.github.io/devtools-protocol/): two file
 * descriptors, messages that end with a NUL.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { ensure } from "../../../tools/toolchain";

export type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export type OnEvent = (method: string, params: Params) => void;

/** It draws by its own code on the processor, which does not depend on the machine. Root, who runs CI, has no sandbox. */
const ARGUMENTS = [
  "--headless=shell",
  "--remote-debugging-pipe",
  "--no-sandbox",
  "--no-first-run",
  "--disable-gpu",
  "--disable-software-rasterizer",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-component-update",
  "--font-render-hinting=none",
  "--force-color-profile=srgb",
  "--hide-scrollbars",
];

/** An answer that has not come until then never will: the slowest, a check of a whole page, takes 2 s. */
const ANSWER_MS = 60_000;

export class Chromium {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Map<string, OnEvent>();
  private lastId = 0;
  private rest = "";

  private constructor(
    private readonly child: ChildProcess,
    private readonly home: string,
  ) {
    (child.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const parts = (this.rest + text).split("\0");
      this.rest = parts.pop() ?? "";
      for (const part of parts) this.take(JSON.parse(part) as Message);
    });
  }

  static async start(): Promise<Chromium> {
    const { chromium } = await ensure(["chromium"], () => undefined);
    const home = mkdtempSync(join(tmpdir(), "kube-pki-browser-"));
    const child = spawn(chromium, [...ARGUMENTS, `--user-data-dir=${home}`], {
      env: { PATH: process.env["PATH"], HOME: home, XDG_CACHE_HOME: home, LANG: "C.UTF-8", TZ: "UTC" },
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    return new Chromium(child, home);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** @param session which page it is for; none: the browser itself */
  async send<T = unknown>(method: string, params: Params = {}, session?: string): Promise<T> {
    const id = (this.lastId += 1);
    const message: Message = { id, method, params, ...(session === undefined ? {} : { sessionId: session }) };
    const { result, error } = await new Promise<Message>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`${method}: the browser does not answer`));
      }, ANSWER_MS);
      this.waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      (this.child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`);
    });
    this.waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }

  /** A new page, of whose events `onEvent` hears; its session. */
  async open(onEvent: OnEvent): Promise<string> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    this.listeners.set(sessionId, onEvent);
    return sessionId;
  }

  private take(message: Message): void {
    if (message.id !== undefined) this.waiting.get(message.id)?.(message);
    else this.listeners.get(message.sessionId ?? "")?.(message.method ?? "", message.params ?? {});
  }
}
