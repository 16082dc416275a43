/**
 * Random nodes, payloads, kills and boots. A failure prints its seed and the smallest case that fails so; with --all, which goes
 * on after it, the case as it came.
 */
import { parseArgs } from "node:util";
import { storm, type Options } from "./storm";

const USAGE =
  "npm run storm -- [--seeds N] [--from SEED | --seed SEED] [--shell dash|busybox] [--jobs N] [--services absent|none|running|flags] [--minutes N] [--all]";

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    seeds: { type: "string", default: "1000" },
    from: { type: "string" },
    seed: { type: "string" },
    shell: { type: "string", default: "dash" },
    jobs: { type: "string", default: "1" },
    services: { type: "string" },
    minutes: { type: "string" },
    all: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(USAGE);
  process.exit();
}

const from = Number(values.seed ?? values.from ?? Math.floor(Date.now() / 1000) % 1_000_000);
const options: Options = {
  shell: values.shell === "busybox" ? "busybox sh" : values.shell,
  from,
  seeds: values.seed === undefined ? Number(values.seeds) : 1,
  jobs: Number(values.jobs),
  minutes: values.minutes === undefined ? undefined : Number(values.minutes),
  services: values.services as Options["services"],
  goesOn: values.all,
  log: (line) => {
    console.log(line);
  },
};

storm(options).then(
  ({ failures }) => {
    process.exitCode = failures === 0 ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
