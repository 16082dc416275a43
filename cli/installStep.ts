/** `kube-pki install-step`: puts the node script on one node, as `pulumi up` runs it (components/nodeCommand.ts). */
import type { InstallJob } from "../core/protocol/install";
import { asRoot } from "../core/nodes/scriptCommand";
import { INSTALL_COMMAND, NODE_SCRIPT_SHA256, nodeScriptGzip } from "../node/script";
import { Failure, type Exit } from "./failure";
import { jobOverSsh } from "./jobOverSsh";
import { lastLine } from "./run";

export const command = (): Promise<Exit> =>
  jobOverSsh(async (job, ssh) => {
    const { script, sudo } = job as InstallJob;
    if (script !== NODE_SCRIPT_SHA256)
      throw new Failure("kube-pki's files were changed while `pulumi up` ran: run `pulumi up` again");
    const { code, stdout, stderr } = await ssh.run(asRoot(INSTALL_COMMAND, sudo), nodeScriptGzip());
    if (code !== 0) {
      const why = lastLine(stderr);
      throw new Failure(why === "" ? `the install command ended with ${String(code)}` : why);
    }
    process.stderr.write(stderr);
    process.stdout.write(stdout);
  });
