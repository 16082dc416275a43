/** One page in the browser: what it is shown as, what is typed, what it says and asks for. */
import { pathToFileURL } from "node:url";
import type { Chromium, Params } from "./chromium";

export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly scheme?: "light" | "dark";
  /** @default what it is for: a screen, or paper while it is printed */
  readonly media?: "print";
  /** The system replaces the colours (Windows' high contrast). */
  readonly forced?: boolean;
}

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly text: string; readonly exception?: { readonly description?: string } };
}

const KEYS = {
  Tab: { code: 9, text: "" },
  Enter: { code: 13, text: "\r" },
  " ": { code: 32, text: " " },
  ArrowRight: { code: 39, text: "" },
} as const;

export class Page {
  /** Addresses asked for, the page's own first. None leaves the machine. */
  readonly requests: string[] = [];
  /** What the console shows: errors, warnings, exceptions, what the policy has refused. */
  readonly complaints: string[] = [];
  private loaded: () => void = () => undefined;
  private session = "";

  private constructor(private readonly browser: Chromium) {}

  static async open(browser: Chromium): Promise<Page> {
    const page = new Page(browser);
    page.session = await browser.open((method, params) => {
      page.hear(method, params);
    });
    for (const domain of ["Page", "Runtime", "Log"]) await page.send(`${domain}.enable`);
    await page.send("Fetch.enable");
    return page;
  }

  send<T = unknown>(method: string, params: Params = {}): Promise<T> {
    return this.browser.send<T>(method, params, this.session);
  }

  async show({ width, height, scheme = "light", media, forced = false }: Screen): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", size);
    const features = [
      { name: "prefers-color-scheme", value: scheme },
      { name: "forced-colors", value: forced ? "active" : "none" },
    ];
    await this.send("Emulation.setEmulatedMedia", { media: media ?? "", features });
  }

  async goTo(file: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.loaded = resolve;
    });
    await this.send("Page.navigate", { url: pathToFileURL(file).href });
    await loaded;
  }

  /** What a function gives that runs in the page, with nothing of this program but its arguments. */
  async ask<T, A extends readonly unknown[]>(question: (...given: A) => T, ...given: A): Promise<Awaited<T>> {
    // tsx has functions keep their names by a helper that the page does not have
    const expression = `((__name) => (${question.toString()})(...${JSON.stringify(given)}))((each) => each)`;
    return (await this.run(expression)) as Awaited<T>;
  }

  /** A program, and the value of its last expression. */
  async run(expression: string): Promise<unknown> {
    const parameters = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails: details } = await this.send<Evaluated>("Runtime.evaluate", parameters);
    if (details !== undefined) throw new Error(details.exception?.description ?? details.text);
    return result.value;
  }

  async press(key: keyof typeof KEYS, back = false): Promise<void> {
    const { code, text } = KEYS[key];
    const event = { key, code: key, windowsVirtualKeyCode: code, modifiers: back ? 8 : 0 };
    await this.send("Input.dispatchKeyEvent", { ...event, type: text === "" ? "rawKeyDown" : "keyDown", text });
    await this.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }

  /** PNG of what is to be seen, in base64. */
  async picture(whole = false): Promise<string> {
    const { data } = await this.send<{ data: string }>("Page.captureScreenshot", {
      format: "png",
      captureBeyondViewport: whole,
      optimizeForSpeed: false,
    });
    return data;
  }

  async printed(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>("Page.printToPDF", { printBackground: false });
    return Buffer.from(data, "base64");
  }

  private hear(method: string, params: Params): void {
    if (method === "Page.loadEventFired") this.loaded();
    if (method === "Runtime.exceptionThrown") this.complaints.push(JSON.stringify(params["exceptionDetails"]));
    if (method === "Runtime.consoleAPICalled") this.complaints.push(JSON.stringify(params["args"]));
    if (method === "Log.entryAdded") this.complaints.push((params["entry"] as { text: string }).text);
    if (method === "Fetch.requestPaused") this.answer(params as unknown as Paused);
  }

  private answer({ requestId, request: { url } }: Paused): void {
    this.requests.push(url);
    const isHere = /^(?:file|data|blob|about):/.test(url);
    void this.send(isHere ? "Fetch.continueRequest" : "Fetch.failRequest", {
      requestId,
      ...(isHere ? {} : { errorReason: "AddressUnreachable" }),
    });
  }
}

interface Paused {
  readonly requestId: string;
  readonly request: { readonly url: string };
}
