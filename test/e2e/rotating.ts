/** What rotation scenarios have in common: the way to a phase, and what is looked at when it is reached. */
import assert from "node:assert/strict";
import { issuerOf } from "../../core/authorities/rotation";
import type { AuthorityName } from "../../core/model/authorities";
import type { Phase } from "../../core/model/phases";
import { handsOverKeys, type Installer } from "../lab/topology";
import { assertLogsAndExec, kubeletRows, SHELL_WORKLOADS, startShells } from "./access/kubelets";
import { AccessMatrix, type Moment } from "./access/matrix";
import { assertClusterWorks } from "./checks";
import { CLIENT_WORKLOADS } from "./clients/podClients";
import { adoptionConfig, configureFor, configureSsh, labConfig } from "./labConfig";
import { FEWEST_RESTARTS, moreThanNeeded } from "./restarts";
import { tail, type Run } from "./scenario";
import { keysOfNoCa, trustOnNodes } from "./trustOnNodes";

/** A lab with one etcd member, or with several, may rotate; its balancer sees an API server go before it is gone. */
export const ROLLOUT = { acceptEtcdDowntime: true, workersAtOnce: 1, apiServerShutdownFlags: true };

export const assertNothingToDo = (run: Run): Promise<void> =>
  run.step("pulumi up again: nothing to do", async () => {
    const { code, stdout, stderr } = await run.stack.up({ expectNoChanges: true });
    assert.equal(code, 0, tail(stdout + stderr));
  });

export interface Target {
  /** Top-level keys of the stack file; undefined removes one. */
  readonly configure: Readonly<Record<string, unknown>>;
  /** Common names of the CAs that every node then trusts, by authority, whatever their order. */
  readonly trusted: readonly string[];
  /** Those of them whose key is in Vault; by default all where the run has one. */
  readonly inVault?: readonly string[];
}

/**
 * Goes to a phase and looks: what nodes trust, what they serve, that a second `up` does nothing.
 *
 * @returns what pulumi said
 */
export const goTo = async (run: Run, title: string, { configure, trusted, inVault }: Target): Promise<string> => {
  run.stack.configure(configure);
  const said = await run.up(title);
  const kept = inVault ?? (run.vault === undefined ? [] : trusted);
  for (const { node, authority, names } of await trustOnNodes(run.lab)) {
    const suffix = { kubernetes: "kubernetes-ca", etcd: "etcd-ca", frontProxy: "front-proxy-ca" }[authority];
    const wanted = trusted.flatMap((each) => {
      if (each === "foreign") return [FOREIGN[run.lab.topology.installer][authority]];
      // where the CA's key is in Vault the controller manager signs with an intermediate
      const signers = authority === "kubernetes" && kept.includes(each) ? ["", "-signer"] : [""];
      return signers.map((suffixed) => `lab-${suffix}-${each}${suffixed}`);
    });
    assert.deepEqual([...names].sort(), [...wanted].sort(), `${node}: what ${authority} is`);
  }
  if (trusted.length === 1) assert.deepEqual(await keysOfNoCa(run.lab), [], "keys of CAs that are not trusted");
  await assertNothingToDo(run);
  await assertClusterWorks(run.lab);
  return said;
};

/** The CAs that `begin` leaves a cluster with: its own where the lab has their keys, else those it was taken over by. */
export const casOf = (run: Run): string => (isGiven(run) ? "foreign" : "g1");

/** Whether the stack is given the keys of the cluster's CAs; Vault could not sign with them. */
export const isGiven = ({ lab, vault }: Run): boolean => handsOverKeys[lab.topology.installer] && vault === undefined;

const THEIRS = { kubernetes: "kubernetes", etcd: "etcd-ca", frontProxy: "front-proxy-ca" } as const;

/** What the CAs of a cluster are called that was there before. */
const FOREIGN: Readonly<Record<Installer, Readonly<Record<AuthorityName, string>>>> = {
  kubeadm: THEIRS,
  "external-etcd": THEIRS,
  hardway: THEIRS,
  etcdadm: { ...THEIRS, etcd: "etcd" },
  kubespray: THEIRS,
  fleet: { kubernetes: "kubernetes-ca", etcd: "kubernetes-ca", frontProxy: "kubernetes-ca" },
};

export const rotateTo = (generation: number, phase: Phase = "done") => ({ rotation: { generation, phase } });

export const assertMinimal = (run: Run, up: string, fewest = FEWEST_RESTARTS): void => {
  assert.deepEqual(moreThanNeeded(run.restarts, up, fewest), [], "restarts beyond the fewest a rotation needs");
};

/** The stack file of a cluster that is there: with its own CAs where the lab has their keys, else they are taken over. */
export const configureAsItIs = async (run: Run): Promise<void> => {
  if (isGiven(run) || run.vault !== undefined) await configureFor(run.stack, run.lab, "existing");
  else {
    await configureSsh(run.stack, run.lab);
    run.stack.configure(await adoptionConfig(run.lab));
  }
  run.stack.configure({ rollout: ROLLOUT });
};

/** A cluster under the stack. */
export const begin = async (run: Run): Promise<string> => {
  await configureAsItIs(run);
  const said = await run.up("pulumi up: the cluster as it is");
  await run.lab.kubeconfig(); // the former one may not trust the API servers any more
  return said;
};

/** Everything that uses the cluster begins, and the stack file names what of it has to be rolled. */
export const useCluster = async (run: Run): Promise<void> => {
  await run.step("start everything that uses the cluster", () => run.startClients());
  run.stack.configure({ inCluster: CLIENT_WORKLOADS });
  run.startProbing();
};

export const momentOf = (name: string, generation: number, phase: Phase = "done"): Moment => {
  const state = { generation, phase };
  return { name, kubernetes: state, serviceAccount: state };
};

/** Looks at who is let in and whose certificates kubelets have, moment after moment of one rotation. */
export class Witness {
  private readonly matrix: AccessMatrix;

  private constructor(private readonly run: Run) {
    this.matrix = new AccessMatrix(run.lab, run.access, () => run.stack.kubeconfigs());
  }

  public static async begin(run: Run): Promise<Witness> {
    await startShells(run.lab);
    run.stack.configure({ inCluster: SHELL_WORKLOADS });
    return new Witness(run);
  }

  /** Before the stack has touched the nodes their certificates are nobody's business: `kubelets` is false then. */
  public async at(moment: Moment, { kubelets = true } = {}): Promise<void> {
    const { lab } = this.run;
    await this.run.step(`${moment.name}: who is let in, whose kubelets are these, logs and exec`, async () => {
      await this.matrix.at(moment);
      if (kubelets)
        for (const { node, certificate, generation } of await kubeletRows(lab, lab.clusterNodes, moment.kubernetes))
          assert.equal(
            generation,
            issuerOf(moment.kubernetes),
            `${node}: generation of the kubelet's ${certificate} certificate`,
          );
      this.run.counts["logs and exec"] = (this.run.counts["logs and exec"] ?? 0) + (await assertLogsAndExec(lab));
    });
  }
}

/** A new worker joins by kubeadm, where that is the way to join, as the cluster is now; the stack file knows it from the next `up` on. */
export const joinInPhase = async (run: Run, name: string): Promise<void> => {
  if (!run.lab.usesKubeadm) return;
  await run.step(`${name} joins by kubeadm`, async () => {
    await run.lab.kubeconfig();
    await run.lab.addNode(name);
    await run.lab.join(name);
    await assertLogsAndExec(run.lab);
    run.stack.configure({ nodes: labConfig(run.lab)["nodes"] });
  });
};
