import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import * as plugin from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { errorReply } from "./failure";
import { revealed, type Change, type Properties } from "./values";

export type Severity = "info" | "warning" | "error";

/** What an operation may use besides its own properties. */
export interface Context {
  readonly urn: string;
  readonly name: string;
  /** What `customTimeouts` allows for the operation. */
  readonly timeoutSeconds: number | undefined;
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

/** A resource as the state of the stack has it. */
export interface Known extends Made {
  readonly inputs: Properties;
}

export interface Difference extends Change {
  readonly replace: boolean;
}

/** One resource type of a plugin. State is the outputs, which hold the inputs as well. */
export interface ResourceType {
  check(inputs: Properties): Failure[];
  /** Each difference, with whether it asks for a replacement. */
  diff(before: Known, inputs: Properties): Difference[] | Promise<Difference[]>;
  /** Whether a difference that replaces has the old one deleted first. @default false */
  readonly deleteBeforeReplace?: boolean;
  create(inputs: Properties, context: Context): Made | Promise<Made>;
  update(state: Properties, inputs: Properties, context: Context): Properties | Promise<Properties>;
  /** What a refresh finds; undefined when it is gone. */
  read(known: Known, context: Context): Known | undefined | Promise<Known | undefined>;
  /** Without it there is nothing to do. */
  delete?(state: Properties, context: Context): Promise<void>;
}

/** The provider resource itself, for a plugin that has options. */
export interface Provider {
  check(inputs: Properties): Failure[];
  diff(before: Properties, inputs: Properties): Difference[];
  /** Once per process, before any resource; what is not a text comes as JSON. */
  configure(options: Readonly<Record<string, string>>): Promise<void>;
}

export interface Plugin {
  readonly version: string;
  readonly provider?: Provider;
  /** By type token, for example `tls:index/privateKey:PrivateKey`. */
  readonly types: Readonly<Record<string, ResourceType>>;
}

/** The engine's own limit: state and stdin of a resource may be large. */
const messageBytes = 400 * 1024 * 1024;

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
  const context = (urn: string, preview: boolean, timeoutSeconds = 0): Context => ({
    urn,
    timeoutSeconds: timeoutSeconds === 0 ? undefined : timeoutSeconds,
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
            reply(errorReply(error));
          },
        )
        .finally(() => (running -= 1));
    };

  server.addService(ResourceProviderService, {
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(served.version)),
    getSchema: unary(() => new proto.GetSchemaResponse().setSchema("{}")),
    checkConfig: unary((r: proto.CheckRequest) => checked(r, served.provider?.check(shown(r.getNews())) ?? [])),
    diffConfig: unary((r: proto.DiffRequest) =>
      differences(served.provider?.diff(shown(r.getOldInputs()), shown(r.getNews())) ?? []),
    ),
    // Secrets are not accepted: the engine then sends plain values and marks each output secret whose input of the same
    // name was, which is what the official plugins end up with.
    configure: unary(async (r: proto.ConfigureRequest) => {
      const options = r.getVariablesMap().getEntryList();
      const named = options.map(([key, value]) => [key.split(":")[2] ?? key, value] as const);
      await served.provider?.configure(Object.fromEntries(named));
      return new proto.ConfigureResponse().setSupportspreview(true);
    }),
    cancel: unary(() => new Empty()),
    attach: unary(() => new Empty()),
    check: unary((r: proto.CheckRequest) => checked(r, typeOf(r.getUrn()).check(plain(r.getNews())))),
    diff: unary(async (r: proto.DiffRequest) => {
      const before = { id: r.getId(), inputs: plain(r.getOldInputs()), state: plain(r.getOlds()) };
      const type = typeOf(r.getUrn());
      return differences(await type.diff(before, plain(r.getNews())), type.deleteBeforeReplace);
    }),
    create: unary(async (r: proto.CreateRequest) => {
      const urn = r.getUrn();
      const around = context(urn, r.getPreview(), r.getTimeout());
      const made = await typeOf(urn).create(plain(r.getProperties()), around);
      return new proto.CreateResponse().setId(made.id).setProperties(struct(made.state));
    }),
    update: unary(async (r: proto.UpdateRequest) => {
      const urn = r.getUrn();
      const around = context(urn, r.getPreview(), r.getTimeout());
      const state = await typeOf(urn).update(plain(r.getOlds()), plain(r.getNews()), around);
      return new proto.UpdateResponse().setProperties(struct(state));
    }),
    read: unary(async (r: proto.ReadRequest) => {
      const known = { id: r.getId(), inputs: plain(r.getInputs()), state: plain(r.getProperties()) };
      const found = await typeOf(r.getUrn()).read(known, context(r.getUrn(), false));
      if (found === undefined) return new proto.ReadResponse();
      return new proto.ReadResponse()
        .setId(found.id)
        .setInputs(struct(found.inputs))
        .setProperties(struct(found.state));
    }),
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

function checked(request: proto.CheckRequest, failures: Failure[]): proto.CheckResponse {
  return new proto.CheckResponse()
    .setInputs(request.getNews())
    .setFailuresList(failures.map((f) => new proto.CheckFailure().setProperty(f.property).setReason(f.reason)));
}

function differences(changes: Difference[], deleteBeforeReplace = false): proto.DiffResponse {
  const response = new proto.DiffResponse().setHasdetaileddiff(true);
  const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
  response.setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME);
  for (const { path, kind, replace } of changes) {
    const detail = new proto.PropertyDiff().setKind(kinds[kind][replace ? "replace" : "plain"]);
    response.getDetaileddiffMap().set(path, detail);
    response.addDiffs(path);
    if (replace) response.addReplaces(path);
  }
  if (deleteBeforeReplace && changes.some(({ replace }) => replace)) response.setDeletebeforereplace(true);
  return response;
}

/** Of a provider: the engine marks its secrets whether they are accepted or not. */
function shown(value: Struct | undefined): Properties {
  return revealed(plain(value)) as Properties;
}

function plain(value: Struct | undefined): Properties {
  return value?.toJavaScript() ?? {};
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(value);
}
