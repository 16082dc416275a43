import { serve } from "../host";
import { Cluster } from "./cluster";
import { kinds } from "./kinds";
import { patch } from "./patch";

/** The pinned version of the npm package, put in by build.ts. */
declare const pluginVersion: string;

const cluster = new Cluster();
const types = Object.entries(kinds).map(([token, kind]) => [token, patch(kind, cluster)] as const);
serve({ version: pluginVersion, provider: cluster, types: Object.fromEntries(types) });
