/**
 * Random nodes, payloads, kills and boots. A failure prints its seed and the smallest case that fails so; with --all, which goes
 * on after it, the case as it came.
 */
import { playFromArguments, SEED_USAGE } from "../../bySeedMain";
import { storm, type Options } from "./storm";

playFromArguments(
  `npm run storm -- ${SEED_USAGE} [--shell dash|busybox] [--services absent|none|running|flags]`,
  { shell: { type: "string", default: "dash" }, services: { type: "string" } },
  1000,
  async (seeds, { shell, services }) => {
    const own = { shell: shell === "busybox" ? "busybox sh" : "dash", services: services as Options["services"] };
    return (await storm({ ...seeds, ...own })).failures;
  },
);
