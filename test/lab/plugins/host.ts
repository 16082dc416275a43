import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Change, Properties } from "./values";

export type Severity = "info" | "warning" | "error";

/** What an operation may use besides its own properties. */
export interface Context {
  readonly name: string;
  /** True in a preview and before an update: nothing may be done, outputs to come are `unknown`. */
  readonly preview: boolean;
  /** One line on the resource's row; `transient` ones vanish when the operation ends. */
  log(severity: Severity, message: string, transient?: boolean): void;
}

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

export interface Made {
  readonly id: string;
  readonly state: Properties;
}

/** One resource type of a plugin. State is the outputs, which hold the inputs as well. */
export interface ResourceType {
  check(inputs: Properties): Failure[];
  /** Each difference, with whether it asks for a replacement. */
  diff(before: { inputs: Properties; state: Properties }, inputs: Properties): (Change & { replace: boolean })[];
  create(inputs: Properties, context: Context): Made | Promise<Made>;
  update(state: Properties, inputs: Properties, context: Context): Properties | Promise<Properties>;
  read(state: Properties): Properties;
  /** Without it there is nothing to do. */
  delete?(state: Properties, context: Context): Promise<void>;
}

export interface Plugin {
  readonly version: string;
  /** By type token, for example `tls:index/privateKey:PrivateKey`. */
  readonly types: Readonly<Record<string, ResourceType>>;
}

/** The engine's own limit: state and stdin of a resource may be large. */
const messageBytes = 400 * 1024 * 1024;
/** An error travels in HTTP/2 trailers, and Node refuses to send more than 64 KiB of those, percent-encoded. */
const errorBytes = 40 * 1024;

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = proto.PropertyDiff.Kind;
const kinds = {
  add: { plain: ADD, replace: ADD_REPLACE },
  delete: { plain: DELETE, replace: DELETE_REPLACE },
  update: { plain: UPDATE, replace: UPDATE_REPLACE },
} as const;

/** Serves the plugin to the engine that started this process, by the protocol of every Pulumi plugin. */
export function serve(served: Plugin): void {
  const address = process.argv.slice(2).find((arg) => !arg.startsWith("-"));
  const log = logger(address);
  const server = new grpc.Server({
    "grpc.max_receive_message_length": messageBytes,
    "grpc.max_send_message_length": messageBytes,
  });
  let running = 0;

  const typeOf = (urn: string): ResourceType => {
    const token = urn.split("::")[2]?.split("$").pop() ?? "";
    const type = served.types[token];
    if (type === undefined) throw new Error(`this stand-in has no ${token}: install the official plugin for it`);
    return type;
  };
  const context = (urn: string, preview: boolean): Context => ({
    name: urn.split("::").slice(3).join("::"),
    preview,
    log: (severity, message, transient = false) => {
      log.send(urn, severity, message, transient);
    },
  });
  /** A handler is a function of the request; what it throws becomes the resource's error. */
  const unary =
    <Request, Response>(handle: (request: Request) => Response | Promise<Response>) =>
    (call: grpc.ServerUnaryCall<Request, Response>, reply: grpc.sendUnaryData<Response>): void => {
      running += 1;
      Promise.resolve(call.request)
        .then(handle)
        // The engine drops a line that comes after its operation has ended.
        .finally(() => log.drained())
        .then(
          (response) => {
            reply(null, response);
          },
          (error: unknown) => {
            reply({ code: grpc.status.UNKNOWN, details: shorten(messageOf(error)) });
          },
        )
        .finally(() => (running -= 1));
    };

  server.addService(ResourceProviderService, {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(served.version)),
    getSchema: unary(() => new proto.GetSchemaResponse().setSchema("{}")),
    checkConfig: unary((r: proto.CheckRequest) => new proto.CheckResponse().setInputs(r.getNews())),
    diffConfig: unary(() => new proto.DiffResponse().setChanges(proto.DiffResponse.DiffChanges.DIFF_NONE)),
    // Secrets are not accepted: the engine then sends plain values and marks each output secret whose input of the same
    // name was, which is what the official plugins end up with.
    configure: unary(() => new proto.ConfigureResponse().setSupportspreview(true)),
    cancel: unary(() => new Empty()),
    attach: unary(() => new Empty()),
    check: unary((r: proto.CheckRequest) => {
      const failures = typeOf(r.getUrn()).check(plain(r.getNews()));
      return new proto.CheckResponse()
        .setInputs(r.getNews())
        .setFailuresList(failures.map((f) => new proto.CheckFailure().setProperty(f.property).setReason(f.reason)));
    }),
    diff: unary((r: proto.DiffRequest) =>
      differences(
        typeOf(r.getUrn()).diff({ inputs: plain(r.getOldInputs()), state: plain(r.getOlds()) }, plain(r.getNews())),
      ),
    ),
    create: unary(async (r: proto.CreateRequest) => {
      const made = await typeOf(r.getUrn()).create(plain(r.getProperties()), context(r.getUrn(), r.getPreview()));
      return new proto.CreateResponse().setId(made.id).setProperties(struct(made.state));
    }),
    update: unary(async (r: proto.UpdateRequest) => {
      const { urn, preview } = { urn: r.getUrn(), preview: r.getPreview() };
      const state = await typeOf(urn).update(plain(r.getOlds()), plain(r.getNews()), context(urn, preview));
      return new proto.UpdateResponse().setProperties(struct(state));
    }),
    read: unary((r: proto.ReadRequest) =>
      new proto.ReadResponse()
        .setId(r.getId())
        .setInputs(r.getInputs())
        .setProperties(struct(typeOf(r.getUrn()).read(plain(r.getProperties())))),
    ),
    delete: unary(async (r: proto.DeleteRequest) => {
      await typeOf(r.getUrn()).delete?.(plain(r.getProperties()), context(r.getUrn(), false));
      return new Empty();
    }),
  });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${String(port)}\n`);
  });
  leaveWithEngine(() => running === 0);
}

/** A killed engine cannot stop its plugins: go when it is gone, but let a running command end. */
function leaveWithEngine(idle: () => boolean): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && idle()) process.exit(0);
  }, 1000).unref();
}

function logger(address: string | undefined) {
  const client = address === undefined ? undefined : new EngineClient(address, grpc.credentials.createInsecure());
  let last: Promise<void> = Promise.resolve();
  const severities = {
    info: engine.LogSeverity.INFO,
    warning: engine.LogSeverity.WARNING,
    error: engine.LogSeverity.ERROR,
  } as const;
  return {
    send(urn: string, severity: Severity, message: string, transient: boolean): void {
      const request = new engine.LogRequest()
        .setUrn(urn)
        .setSeverity(severities[severity])
        .setMessage(message)
        .setEphemeral(transient);
      // One at a time, so that lines keep their order.
      last = last.then(
        () =>
          new Promise((resolve) => {
            if (client === undefined) resolve();
            else
              client.log(request, () => {
                resolve();
              });
          }),
      );
    },
    drained: (): Promise<void> => last,
  };
}

function differences(changes: (Change & { replace: boolean })[]): proto.DiffResponse {
  const response = new proto.DiffResponse().setHasdetaileddiff(true);
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  for (const { path, kind, replace } of changes) {
    const detail = new proto.PropertyDiff().setKind(kinds[kind][replace ? "replace" : "plain"]);
    response.getDetaileddiffMap().set(path, detail);
    response.addDiffs(path);
    if (replace) response.addReplaces(path);
  }
  return response;
}

function plain(value: Struct | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shorten(message: string): string {
  const bytes = (part: string): number => encodeURIComponent(Buffer.from(part).toString()).length;
  if (bytes(message) <= errorBytes) return message;
  let keep = message.length;
  const cut = (): string =>
    `${message.slice(0, keep / 2)}\n[... ${String(message.length - keep)} characters left out ...]\n${message.slice(-keep / 2)}`;
  while (bytes(cut()) > errorBytes) keep = Math.floor(keep * 0.8);
  return cut();
}
