import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { Pair } from "./pki";
import { freePort } from "../freePort";

/** A lease: its holder's fields, and what a release must leave as it was. */
export interface LeaseObject {
  readonly kind: string;
  readonly metadata: {
    resourceVersion: string;
    readonly annotations: object;
    readonly managedFields: readonly object[];
  };
  readonly spec: {
    holderIdentity: string;
    leaseDurationSeconds: number;
    acquireTime: string;
    renewTime: string;
    leaseTransitions: number;
  };
}

interface Write {
  readonly lease: LeaseObject;
  /** Whether the process that held it was there still. */
  readonly early: boolean;
}

/** An API server that keeps one lease, which is written only with the version it has. */
export class LeaseServer {
  readonly asked: string[] = [];
  readonly written: Write[] = [];
  /** Answers these statuses first. */
  readonly fails: number[] = [];
  /** What happens before the nth request is answered, counted from 1. */
  readonly before = new Map<number, () => void>();
  hangs = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    public lease: LeaseObject,
    private pid: number,
  ) {}

  /** @param pid - the process that leads */
  static async start(served: Pair, ca: Pair, holder: string, pid: number): Promise<LeaseServer> {
    const server = createServer({ ...served, ca: ca.cert, requestCert: true, rejectUnauthorized: false });
    const at = new LeaseServer(server, await freePort(), leaseOf(holder), pid);
    server.on("request", (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const { method = "", url = "" } = request;
        at.asked.push(method);
        at.before.get(at.asked.length)?.();
        if (at.hangs) return;
        const code = "authorized" in request.socket && request.socket.authorized ? at.answer(method, url, body) : 401;
        response.writeHead(code, { "Content-Type": "application/json" });
        response.end(`${JSON.stringify(code === 200 ? at.lease : { kind: "Status", code })}\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(at.port, "127.0.0.1", resolve));
    return at;
  }

  /** Another process leads, or the same one goes on. */
  take(holder: string, pid = 0): void {
    this.pid = pid;
    this.lease.spec.holderIdentity = holder;
    this.lease.metadata.resourceVersion = String(Number(this.lease.metadata.resourceVersion) + 1);
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(method: string, url: string, body: string): number {
    const failing = this.fails.shift();
    if (failing !== undefined) return failing;
    if (url !== URL) return 404;
    if (method === "GET") return 200;
    if (method !== "PUT") return 405;
    const lease = JSON.parse(body) as LeaseObject;
    if (lease.metadata.resourceVersion !== this.lease.metadata.resourceVersion) return 409;
    this.written.push({ lease: structuredClone(lease), early: lives(this.pid) });
    this.lease = lease;
    this.take("");
    return 200;
  }
}

const URL = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/leader";

/** Compact as an API server writes it, with the same words where they are not meant. */
const leaseOf = (holderIdentity: string): LeaseObject => ({
  kind: "Lease",
  metadata: {
    resourceVersion: "41",
    annotations: { last: '{"spec":{"holderIdentity":"nobody","leaseDurationSeconds":9}}' },
    managedFields: [{ fieldsV1: { "f:spec": { "f:holderIdentity": {}, "f:leaseDurationSeconds": {} } } }],
  },
  spec: {
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: "2026-11-24T08:48:39.123456Z",
    renewTime: "2026-11-24T08:50:01.000001Z",
    leaseTransitions: 7,
  },
});

/** A process that has ended may wait for long until it is reaped. */
const lives = (pid: number): boolean => {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
  } catch {
    return false;
  }
};
