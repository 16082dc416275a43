/** The state and the stack file are gone, and with them CA keys that were nowhere else. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { assertClusterWorks, assertProven } from "../checks";
import { ownSsh } from "../ownSsh";
import { assertNothingToDo, begin, goTo, rotateTo } from "../rotating";
import type { Scenario } from "../scenario";
import { trustOnNodes } from "../trustOnNodes";
import { hostsOf, kubePki } from "./init";

export const lostState: Scenario = {
  name: "lost-state",
  proves:
    "a cluster whose stack is lost with its state comes under a new one by init and one up: only CAs whose keys are gone are replaced",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await begin(run);
    run.stack.configure({ inCluster: { enabled: false } });
    const ownCas = "pulumi up: CAs whose keys only the state has";
    await goTo(run, ownCas, { configure: rotateTo(2), trusted: ["g2"] });
    const ssh = await ownSsh(lab);
    try {
      await run.step("the state and the stack file are lost", () => {
        rmSync(join(stack.folder, "state", ".pulumi"), { recursive: true });
        rmSync(join(stack.folder, "stacks", "Pulumi.lab.yaml"));
        return Promise.resolve();
      });
      stack.env["SSH_AUTH_SOCK"] = ssh.agent;
      const [first = "", ...others] = hostsOf(run);
      const said = await run.step("kube-pki init", () =>
        kubePki(run, ssh, ["init", first, ...others, "--name", "lab", "--ca", "existing"]),
      );
      run.log(said);
      // of the three only the key that the controller manager signs with is on a node
      assert.match(said, /lab-etcd-ca-g2\) is replaced by a new one/);
      assert.match(said, /lab-front-proxy-ca-g2\) is replaced by a new one/);
      run.startProbing();
      await run.up("pulumi up with the stack file as it was written");
      await assertProven(lab, await stack.certificates());
      await assertNothingToDo(run);
      const names = new Set((await trustOnNodes(lab)).flatMap((each) => each.names));
      assert.deepEqual([...names].sort(), ["lab-etcd-ca-g1", "lab-front-proxy-ca-g1", "lab-kubernetes-ca-g2"]);
      await lab.kubeconfig();
      await assertClusterWorks(lab);
      await run.stopProbing();
    } finally {
      await ssh.end();
    }
  },
};
