import { serve } from "../host";
import { localCommand } from "./local";
import { remoteCommand } from "./remote";

/** The pinned version of the npm package, put in by build.ts. */
declare const pluginVersion: string;

serve({
  version: pluginVersion,
  types: { "command:local:Command": localCommand, "command:remote:Command": remoteCommand },
});
