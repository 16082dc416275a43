/** Kubeconfigs that trust a balancer's CA, alone or beside the cluster's: it stays, whatever becomes of the cluster's. */

import { assertProven } from "../checks";
import { begin, casOf, goTo, rotateTo } from "../rotating";
import type { Run, Scenario } from "../scenario";
import { TlsBalancer } from "../tlsBalancer";

/** What the cluster's CAs are called: kubeadm's own, and those of the stack. */
const named = (cas: readonly string[]): string[] =>
  cas.map((ca) => (ca === "foreign" ? "kubernetes" : `lab-kubernetes-ca-${ca}`));

const look = (run: Run, balancer: TlsBalancer, moment: string, cas: readonly string[]): Promise<void> =>
  run.step(`${moment}: everybody gets through the balancer and trusts its CA`, async () => {
    await run.lab.kubeconfig();
    const before = run.counts["answers through and around the balancer"] ?? 0;
    run.counts["answers through and around the balancer"] = before + (await balancer.assertTrusted(named(cas)));
  });

const PHASES = ["trust", "issue", "done"] as const;

export const tlsBalancer: Scenario = {
  name: "tls-balancer",
  proves:
    "kubeconfigs that trust the CA of a balancer that ends TLS keep it and work through a renewal and each phase of a rotation, and the run says so",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    const balancer = await run.step("a balancer ends TLS for people and jobs", () => TlsBalancer.start(lab));
    await look(run, balancer, "before", ["foreign"]);
    balancer.assertTold(await begin(run));
    const before = casOf(run);
    await look(run, balancer, "renewed", [before]);
    for (const phase of PHASES) {
      const cas = phase === "done" ? ["g2"] : [before, "g2"];
      const said = await goTo(run, phase, { configure: rotateTo(2, phase), trusted: cas });
      balancer.assertTold(said);
      await balancer.learnCas();
      if (phase === "issue") await balancer.newTokens();
      await look(run, balancer, phase, cas);
    }
    run.counts["ports proven from outside"] = await assertProven(lab, await stack.certificates());
  },
};
