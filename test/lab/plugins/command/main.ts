import { pulumi } from "@pulumi/command/package.json";
import { serve } from "../host";
import { remoteCommand } from "./remote";

serve({ version: pulumi.version, types: { "command:remote:Command": remoteCommand } });
