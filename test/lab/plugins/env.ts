import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { toolPath, type Log } from "../../../tools/toolchain";
import { bundle, pinnedVersion, standIns, type StandIn } from "./build";

/** Set to 1, nothing but official plugins is used, so the tests of the stand-ins run against those. */
const officialOnly = "KUBE_PKI_OFFICIAL_PLUGINS";

/** Whether a run by `pluginEnv` uses any stand-in. */
export function usesStandIns(): boolean {
  return missingPlugins().length > 0;
}

/**
 * The environment of a Pulumi run: CLI and language host on PATH and, for each plugin whose official one is not
 * installed in the pinned version, its stand-in. Lay it over the environment that the run shall have.
 */
export async function pluginEnv(log: Log = () => undefined): Promise<Record<string, string>> {
  const missing = missingPlugins();
  if (process.env[officialOnly] === "1" && missing.length > 0) {
    const list = missing.map((name) => `${name} ${pinnedVersion(name)}`).join(", ");
    throw new Error(`${officialOnly}=1 needs the official plugins: install ${list} by pulumi plugin install resource`);
  }
  // A plugin on PATH is preferred to an installed one, so each stand-in has a folder of its own.
  const folders = missing.map((name) => join(__dirname, "bin", name));
  const path = [...folders, await toolPath(["pulumi", "pulumi-language-nodejs"], log), process.env["PATH"] ?? ""];
  return {
    PATH: path.filter((part) => part !== "").join(delimiter),
    PULUMI_SKIP_UPDATE_CHECK: "1",
    ...(missing.length > 0 && {
      KUBE_PKI_STANDINS: await bundle(),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
    }),
  };
}

function missingPlugins(): StandIn[] {
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  return standIns.filter((name) => !existsSync(join(home, "plugins", `resource-${name}-v${pinnedVersion(name)}`)));
}
