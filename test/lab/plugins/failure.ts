import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Made } from "./host";
import type { Properties } from "./values";

/** The resource is there but is not (yet) as it should be: the engine keeps its state and updates it at the next run. */
export class Unfinished extends Error {
  constructor(
    message: string,
    readonly made: Made & { readonly inputs?: Properties },
  ) {
    super(message);
  }
}

/** An error travels in HTTP/2 trailers, and Node refuses to send more than 64 KiB of those, percent- or base64-encoded. */
const errorBytes = 40 * 1024;
/** Where a state travels along, the message is in it twice more. */
const reasonBytes = 4 * 1024;

/** What a handler threw, as the engine understands it. */
export function errorReply(error: unknown): Partial<grpc.StatusObject> {
  const message = error instanceof Error ? error.message : String(error);
  const { UNKNOWN: code } = grpc.status;
  if (error instanceof Unfinished) {
    const details = shorten(message, reasonBytes);
    const status = Buffer.from(initFailed(error.made, details).serializeBinary());
    const metadata = new grpc.Metadata();
    metadata.set("grpc-status-details-bin", status);
    // A larger state is not kept: the engine then does the same operation again, which does no harm.
    if (status.length * (4 / 3) < errorBytes) return { code, details, metadata };
  }
  return { code, details: shorten(message, errorBytes) };
}

function initFailed(made: Unfinished["made"], reason: string): Status {
  const failed = new ErrorResourceInitFailed()
    .setId(made.id)
    .setProperties(Struct.fromJavaScript(made.state))
    .setReasonsList([reason]);
  if (made.inputs !== undefined) failed.setInputs(Struct.fromJavaScript(made.inputs));
  const detail = new Any();
  detail.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(reason);
  status.addDetails(detail);
  return status;
}

function shorten(message: string, limit: number): string {
  const bytes = (part: string): number => encodeURIComponent(Buffer.from(part).toString()).length;
  if (bytes(message) <= limit) return message;
  let keep = message.length;
  const cut = (): string =>
    `${message.slice(0, keep / 2)}\n[... ${String(message.length - keep)} characters left out ...]\n${message.slice(-keep / 2)}`;
  while (bytes(cut()) > limit) keep = Math.floor(keep * 0.8);
  return cut();
}
