import type { Properties } from "../values";
import type { Api } from "./api";
import { backendOf, bodyOf, doing, outputsOf, type Definition, type Rule } from "./resource";

type Particulars = Pick<Definition, "defaults" | "computed" | "durations"> & {
  readonly required?: readonly string[];
  /** What is written for what is not given. @default nothing, so that it stays */
  readonly otherwise?: Properties;
};

/**
 * Settings of a mount that are always there: they are written and read, and deleting them does nothing. With another
 * backend they are written there, and still read where they were made.
 */
function settings(
  at: string,
  backend: Rule,
  fields: readonly string[],
  { required = [], otherwise = {}, ...rest }: Particulars,
): Definition {
  const pathOf = (inputs: Properties): string => `${backendOf(inputs)}/config/${at}`;
  const read = async (api: Api, path: string): Promise<Properties | undefined> => {
    const found = await api.read(path);
    return found && outputsOf(found.data, fields, rest.durations);
  };
  const write = async (api: Api, id: string, inputs: Properties): Promise<Properties> => {
    const path = pathOf(inputs);
    await doing(
      `error writing data to ${JSON.stringify(path)}`,
      api.write(path, bodyOf({ ...otherwise, ...inputs }, fields)),
    );
    return (await read(api, id)) ?? {};
  };
  return {
    ...rest,
    inputs: { backend, ...Object.fromEntries(fields.map((name) => [name, "update"] as const)) },
    required: ["backend", ...required],
    async create(api, inputs) {
      const path = pathOf(inputs);
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
    otherwise: { tidyCertStore: false, tidyRevokedCerts: false },
    defaults: {},
    computed: ["safetyBuffer", "intervalDuration"],
    durations: ["safetyBuffer", "intervalDuration"],
  },
);

export const configUrls = settings(
  "urls",
  "update",
  ["issuingCertificates", "crlDistributionPoints", "ocspServers", "enableTemplating"],
  {
    otherwise: { issuingCertificates: [], crlDistributionPoints: [], ocspServers: [], enableTemplating: false },
    defaults: {},
    computed: [],
  },
);
