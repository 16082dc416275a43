/**
 * An external signer of service account tokens (KEP-740), as API servers ask it through a socket: it signs with a key in the
 * transit engine of a real OpenBao. It is a stand-in for such a program, made for the lab: it runs on this machine, and answers
 * the API servers of all nodes.
 */
import { createPublicKey } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { BinaryReader, BinaryWriter } from "google-protobuf";
import { keyIdOf } from "../../core/format/publicKey";
import type { Lab } from "../lab/lab";
import { onDisk } from "../lab/node";
import { OpenBao } from "../lab/openbao";
import { withRole } from "../lab/topology";

/** On each control plane; in a folder that is this machine's own, where a socket of this machine can be reached. */
export const SOCKET = "/var/lib/kubelet/token-signer/signer.sock";

const KEY = "transit/keys/tokens";
const YEAR_SECONDS = 31_536_000;
const REFRESH_SECONDS = 5;

const base64url = (text: string | Buffer): string => Buffer.from(text).toString("base64url");

const spkiOf = (pem: string): Buffer => createPublicKey(pem).export({ type: "spki", format: "der" });

/** Writes one message (k8s.io/externaljwt/apis/v1/api.proto). */
const message = (write: (writer: BinaryWriter) => void): Buffer => {
  const writer = new BinaryWriter();
  write(writer);
  return Buffer.from(writer.getResultBuffer());
};

const claimsOf = (request: Buffer): string => {
  const reader = new BinaryReader(request);
  while (reader.nextField()) {
    if (reader.getFieldNumber() === 1) return reader.readString();
    reader.skipField();
  }
  throw new Error("a request to sign nothing");
};

type Method = (request: Buffer) => Promise<Buffer>;

const asItIs = (bytes: Buffer): Buffer => bytes;

const definition = (methods: Readonly<Record<string, Method>>): grpc.ServiceDefinition =>
  Object.fromEntries(
    Object.keys(methods).map((name) => [
      name,
      {
        path: `/v1.ExternalJWTSigner/${name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asItIs,
        requestDeserialize: asItIs,
        responseSerialize: asItIs,
        responseDeserialize: asItIs,
      },
    ]),
  );

const answered =
  (method: Method) =>
  ({ request }: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>): void => {
    method(request).then(
      (answer) => {
        reply(null, answer);
      },
      (error: unknown) => {
        reply({ code: grpc.status.INTERNAL, details: String(error) });
      },
    );
  };

export class TokenSigner {
  private readonly servers: grpc.Server[] = [];
  /** How many tokens were signed. */
  public signed = 0;

  private constructor(
    private readonly bao: OpenBao,
    /** Keys whose tokens were made before, PEM: they stay good. */
    private readonly earlier: readonly string[],
  ) {}

  public static async start(lab: Lab, earlier: readonly string[]): Promise<TokenSigner> {
    const bao = await OpenBao.inLab(lab);
    await bao.must("POST", "sys/mounts/transit", { type: "transit" });
    await bao.must("POST", KEY, { type: "ecdsa-p256" });
    const signer = new TokenSigner(bao, earlier);
    for (const { name } of withRole(lab.nodes, "control-plane")) await signer.listen(onDisk(lab.folder, name, SOCKET));
    return signer;
  }

  /** Tokens are signed by a new key; the ones before stay good. */
  public async rotate(): Promise<void> {
    await this.bao.must("POST", `${KEY}/rotate`);
  }

  public async stop(): Promise<void> {
    for (const server of this.servers) server.forceShutdown();
    await this.bao.stop();
  }

  /** Of each version of the key, oldest first. */
  private async versions(): Promise<readonly { readonly id: string; readonly spki: Buffer }[]> {
    const { keys } = (await this.bao.must("GET", KEY)) as { keys: Readonly<Record<string, { public_key: string }>> };
    return Object.entries(keys)
      .sort(([one], [other]) => Number(one) - Number(other))
      .map(([version, { public_key: pem }]) => ({ id: `transit-${version}`, spki: spkiOf(pem) }));
  }

  private readonly methods: Readonly<Record<string, Method>> = {
    Sign: async (request) => {
      const claims = claimsOf(request);
      const id = (await this.versions()).at(-1)?.id ?? "";
      const header = base64url(JSON.stringify({ alg: "ES256", kid: id, typ: "JWT" }));
      const input = Buffer.from(`${header}.${claims}`).toString("base64");
      const marshaling = { marshaling_algorithm: "jws", hash_algorithm: "sha2-256" };
      const { signature } = await this.bao.must("POST", "transit/sign/tokens", { input, ...marshaling });
      this.signed += 1;
      return message((writer) => {
        writer.writeString(1, header);
        writer.writeString(2, String(signature).split(":").at(-1) ?? "");
      });
    },
    FetchKeys: async () => {
      const before = this.earlier.map((pem) => ({ id: keyIdOf(pem), spki: spkiOf(pem), isEarlier: true }));
      const own = (await this.versions()).map((version) => ({ ...version, isEarlier: false }));
      return message((writer) => {
        // a message in another one is written as its bytes are
        for (const { id, spki, isEarlier } of [...before, ...own])
          writer.writeBytes(
            1,
            message((key) => {
              key.writeString(1, id);
              key.writeBytes(2, spki);
              key.writeBool(3, isEarlier);
            }),
          );
        writer.writeBytes(
          2,
          message((timestamp) => {
            timestamp.writeInt64(1, Math.floor(Date.now() / 1000));
          }),
        );
        writer.writeInt64(3, REFRESH_SECONDS);
      });
    },
    Metadata: () =>
      Promise.resolve(
        message((writer) => {
          writer.writeInt64(1, YEAR_SECONDS);
        }),
      ),
  };

  private listen(socket: string): Promise<void> {
    mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
    rmSync(socket, { force: true });
    const server = new grpc.Server();
    this.servers.push(server);
    server.addService(
      definition(this.methods),
      Object.fromEntries(Object.entries(this.methods).map(([name, method]) => [name, answered(method)])),
    );
    return new Promise((resolve, reject) => {
      server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
