/**
 * Connections to the engine that no earlier engine of the same process has a part in.
 *
 * Every run of an inline program (Automation API) has an engine of its own, on a port that the kernel picks. gRPC keeps one
 * connection for an address in the whole process, a dead one for minutes: an engine that gets the port of an earlier one is
 * answered for with UNAVAILABLE, which the SDK takes for the engine's end. It asks for nothing more, the program ends well,
 * and the engine deletes all that it was not asked for. With a pool of its own, each client of the SDK connects anew.
 */
import * as settings from "@pulumi/pulumi/runtime/settings";

type Options = Record<string, unknown>;

/** What the SDK gives its clients (runtime/settings.js; not in its types). Read by it when a run makes its first call. */
const { grpcClientOptions } = settings as { grpcClientOptions?: Options };

if (grpcClientOptions) grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
