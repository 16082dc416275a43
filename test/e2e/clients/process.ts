/** The clients of a run that live in the lab's network, in one process: `process.ts <json of Settings>`, until SIGTERM. */
import { ConfigMapWatch, ConfigMapWriter } from "./configMapWatch";
import { readCredentials } from "./credentials";
import { EtcdWriter, type Address } from "./etcdWriter";
import { NeighbourClient } from "../neighbours/clients";

export interface Settings {
  /** Kept up to date by the feed. */
  readonly credentials: string;
  readonly endpoint: Address;
  readonly members: readonly Address[];
  /** Whether there are neighbours to ask. */
  readonly neighbours: boolean;
}

const main = async ({ credentials, endpoint, members, neighbours }: Settings): Promise<void> => {
  let over = false;
  process.once("SIGTERM", () => (over = true));
  const isOver = (): boolean => over;
  const api = () => readCredentials(credentials).api;
  const etcd = new EtcdWriter(members, () => readCredentials(credentials).etcd);
  const writer = new ConfigMapWriter(endpoint, api);
  await writer.prepare();
  const watch = new ConfigMapWatch(endpoint, api);
  const others = neighbours ? NeighbourClient.all(endpoint, api) : [];
  const watched = watch.run(() => over && watchMayEnd);
  let watchMayEnd = false;
  // a line for the one who started this: from here on everything counts
  console.log("started");
  await Promise.all([etcd, writer, ...others].map((client) => client.run(isOver)));
  const until = Date.now();
  // the last change is on its way to the watch
  setTimeout(() => (watchMayEnd = true), 1000);
  await watched;
  console.log(
    JSON.stringify([
      await etcd.result(until),
      writer.result(until),
      watch.result(until, writer.acknowledged),
      ...others.map((client) => client.result(until)),
    ]),
  );
};

main(JSON.parse(process.argv[2] ?? "{}") as Settings).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
