import type { Properties } from "../values";
import type { Api } from "./api";
import { backendOf, bodyOf, doing, outputsOf, type Definition, type Rule } from "./resource";

type Particulars = Pick<Definition, "defaults" | "computed" | "durations"> & { readonly required?: readonly string[] };

/** Settings of a mount that are always there: they are written and read, and deleting them does nothing. */
function settings(at: string, backend: Rule, fields: readonly string[], particulars: Particulars): Definition {
  const { durations = [], required = [] } = particulars;
  const read = async (api: Api, path: string): Promise<Properties | undefined> => {
    const found = await api.read(path);
    return found && outputsOf(found.data, fields, durations);
  };
  const write = async (api: Api, path: string, inputs: Properties): Promise<Properties> => {
    await doing(`error writing data to ${JSON.stringify(path)}`, api.write(path, bodyOf(inputs, fields)));
    return (await read(api, path)) ?? {};
  };
  return {
    ...particulars,
    inputs: { backend, ...Object.fromEntries(fields.map((name) => [name, "update"] as const)) },
    required: ["backend", ...required],
    async create(api, inputs) {
      const path = `${backendOf(inputs)}/config/${at}`;
      return { id: path, outputs: await write(api, path, inputs) };
    },
    update: write,
    read,
  };
}

export const configIssuers = settings("issuers", "update", ["default", "defaultFollowsLatestIssuer"], {
  defaults: {},
  computed: ["defaultFollowsLatestIssuer"],
});

export const crlConfig = settings(
  "crl",
  "replace",
  ["expiry", "disable", "ocspDisable", "autoRebuild", "autoRebuildGracePeriod"],
  {
    defaults: { disable: false, ocspDisable: false, autoRebuild: false, enableDelta: false },
    computed: ["autoRebuildGracePeriod"],
  },
);

export const autoTidy = settings(
  "auto-tidy",
  "update",
  ["enabled", "tidyCertStore", "tidyRevokedCerts", "safetyBuffer", "intervalDuration"],
  {
    required: ["enabled"],
    defaults: {},
    computed: ["safetyBuffer", "intervalDuration"],
    durations: ["safetyBuffer", "intervalDuration"],
  },
);

export const configUrls = settings(
  "urls",
  "update",
  ["issuingCertificates", "crlDistributionPoints", "ocspServers", "enableTemplating"],
  { defaults: {}, computed: [] },
);

export const configCluster = settings("cluster", "update", ["path", "aiaPath"], {
  required: ["path", "aiaPath"],
  defaults: {},
  computed: [],
});
