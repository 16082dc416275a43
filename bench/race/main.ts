/** The race: `npm run bench -- race`, options in options.ts. */
import { tableText, type Column } from "../../core/report/report";
import { COMMIT } from "../../test/e2e/scenario";
import { Lab } from "../../test/lab/lab";
import { usesStandIns } from "../../test/lab/plugins/env";
import type { Log } from "../../test/lab/progress";
import { CASES, type CaseName } from "./cases";
import { notDone } from "./certificates";
import { RaceCluster } from "./cluster";
import { changedWorker, CONTESTANT_NAMES, CONTESTANTS, OUR_SETTLE_SECONDS, type ContestantName } from "./contestants";
import { cannotDelay, delay } from "./delay";
import { duties, KUBEADM } from "./duties";
import { keep } from "./measured";
import { readOptions, type RaceOptions } from "./options";
import { writePage } from "./page";
import { COLUMNS, medians, type Result, type Row } from "./results";

const began = Date.now();
const log: Log = (line) => {
  process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s] ${line}\n`);
};

/** One contestant at one case, from the same start as all others. */
const heat = async (cluster: RaceCluster, rttMs: number, name: CaseName, who: ContestantName): Promise<Result> => {
  const { title, prepare, stateBytes } = CONTESTANTS[who];
  await cluster.restore();
  const before = await cluster.certificates();
  const { argv, env, cwd } = await prepare(cluster, name);
  const cost = await cluster.meter.measure(argv, env, cwd);
  const wrong = notDone(CASES[name], changedWorker(cluster), before, await cluster.certificates());
  if (wrong.length > 0) throw new Error(`${title}, ${name}: has not done its duty:\n${wrong.join("\n")}`);
  const nodes = cluster.lab.nodes.length;
  log(`${title}, ${name}, ${String(nodes)} nodes, ${String(rttMs)} ms: ${cost.seconds.toFixed(1)} s`);
  return { nodes, rttMs, name, who: title, ...cost, stateKb: stateBytes(cluster) / 1000 };
};

/**
 * Interleaved: what a busy moment of the machine costs, it does not cost one contestant alone.
 *
 * @param onPart called with what was measured of one number of nodes and round trip time
 */
const measure = async (
  options: RaceOptions<ContestantName>,
  onPart: (rows: readonly Row[]) => Promise<void>,
): Promise<Row[]> => {
  const all: Row[] = [];
  for (const count of options.nodes)
    await RaceCluster.during(count, options.settleSeconds, log, async (cluster) => {
      for (const rttMs of options.rtts) {
        const results: Result[] = [];
        await delay(cluster.lab, rttMs);
        for (let run = 0; run < options.runs; run++)
          for (const name of options.cases)
            for (const who of options.peers) results.push(await heat(cluster, rttMs, name, who));
        const rows = medians(results);
        await onPart(rows);
        all.push(...rows);
      }
    });
  return all;
};

type Duty = ReturnType<typeof duties>[number];
const DUTIES: readonly Column<Duty>[] = [
  { title: "KUBE-PKI", cell: ({ ours }) => ours },
  { title: "PEERS", cell: ({ peers }) => peers },
  { title: "DUTY", cell: ({ duty }) => duty },
];

export const race = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args, CONTESTANT_NAMES, OUR_SETTLE_SECONDS);
  const missing = Lab.supported() ?? (options.rtts.some((rtt) => rtt > 0) ? await cannotDelay() : undefined);
  if (missing !== undefined) throw new Error(missing);
  const plugins = `Provider plugins: ${usesStandIns() ? "stand-ins of this repository" : "official ones"}.`;
  const { settleSeconds } = options;
  const rows = await measure(options, async (part) => {
    if (!options.write) return;
    const date = new Date().toISOString().slice(0, 10);
    const kept = keep(part.map((row) => ({ ...row, date, commit: COMMIT })));
    log(`written to ${await writePage({ rows: kept, plugins, settleSeconds, ourSettleSeconds: OUR_SETTLE_SECONDS })}`);
  });
  process.stdout.write(`${plugins}\n${tableText(COLUMNS, rows)}\n`);
  process.stdout.write(`${tableText(DUTIES, duties(settleSeconds, OUR_SETTLE_SECONDS))}\n${KUBEADM}\n`);
};
