import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { bundle, cacheFolder, pinnedVersion, standIns, type StandIn } from "./build";

/** Set to 1, the tests of the stand-ins run against the official plugins. */
export const official = process.env["KUBE_PKI_OFFICIAL_PLUGINS"] === "1";

/**
 * The environment of a Pulumi run without a download site: CLI, language host and the stand-ins on PATH.
 * The stand-ins are left out as soon as an official plugin of the pinned version is installed for each of them.
 */
export async function pluginEnv(): Promise<Record<string, string>> {
  const path = [join(cacheFolder(), "warm", "bin"), process.env["PATH"] ?? ""];
  const common = { PULUMI_SKIP_UPDATE_CHECK: "1" };
  const missing = standIns.filter((name) => !isInstalled(name));
  if (official && missing.length > 0) {
    throw new Error(`KUBE_PKI_OFFICIAL_PLUGINS=1: install the official plugins first, missing: ${missing.join(", ")}`);
  }
  if (missing.length === 0) return { ...common, PATH: path.join(delimiter) };
  return {
    ...common,
    PATH: [join(__dirname, "bin"), ...path].join(delimiter),
    KUBE_PKI_STANDINS: await bundle(),
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "1",
  };
}

function isInstalled(name: StandIn): boolean {
  const home = process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  return existsSync(join(home, "plugins", `resource-${name}-v${pinnedVersion(name)}`));
}
