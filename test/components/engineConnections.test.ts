/** The SDK's clients beside engines that have ended. */
import assert from "node:assert/strict";
import * as grpc from "@grpc/grpc-js";
import { ResourceMonitorClient, ResourceMonitorService } from "@pulumi/pulumi/proto/resource_grpc_pb";
import { SupportsFeatureRequest, SupportsFeatureResponse } from "@pulumi/pulumi/proto/resource_pb";
import * as settings from "@pulumi/pulumi/runtime/settings";
import "../../components/engineConnections";

const { grpcClientOptions } = settings as { grpcClientOptions?: grpc.ClientOptions };

/** An engine that has one answer. */
const engineOn = (port: number): Promise<{ port: number; engine: grpc.Server }> =>
  new Promise((resolve, reject) => {
    const engine = new grpc.Server();
    const { supportsFeature } = ResourceMonitorService as unknown as grpc.ServiceDefinition;
    engine.addService({ supportsFeature } as grpc.ServiceDefinition, {
      supportsFeature: (_: unknown, reply: grpc.sendUnaryData<SupportsFeatureResponse>) => {
        reply(null, new SupportsFeatureResponse().setHassupport(true));
      },
    });
    engine.bindAsync(`127.0.0.1:${String(port)}`, grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve({ port: bound, engine });
    });
  });

const ask = (client: ResourceMonitorClient): Promise<string> =>
  new Promise((resolve) => {
    client.supportsFeature(new SupportsFeatureRequest(), (error, answer) => {
      resolve(error ? error.details : String(answer.getHassupport()));
    });
  });

describe("the connection of the SDK to an engine", () => {
  const clients: ResourceMonitorClient[] = [];
  const engines: grpc.Server[] = [];
  /** As the SDK makes it (runtime/settings.js). */
  const clientOf = (port: number): ResourceMonitorClient => {
    const address = `127.0.0.1:${String(port)}`;
    const client = new ResourceMonitorClient(address, grpc.credentials.createInsecure(), grpcClientOptions);
    clients.push(client);
    return client;
  };
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    for (const engine of engines.splice(0)) engine.forceShutdown();
  });

  it("is its own where the engine has the port of an earlier one of this process", async () => {
    const first = await engineOn(0);
    const old = clientOf(first.port);
    assert.equal(await ask(old), "true");
    first.engine.forceShutdown();
    assert.match(await ask(old), /ECONNREFUSED|UNAVAILABLE|No connection|dropped/);
    const next = await engineOn(first.port);
    engines.push(next.engine);
    assert.equal(await ask(clientOf(next.port)), "true");
  });
});
