import * as pulumi from "@pulumi/pulumi";
import { awaitsSigning } from "../core/authorities/offlineRoot";
import { planClients } from "../core/certificates/clients";
import { nodeName } from "../core/certificates/resourceNames";
import { configWarnings } from "../core/config/warnings";
import { mapAuthorities, type AuthorityName } from "../core/model/authorities";
import { nodeConnection } from "../core/nodes/connection";
import type { AuthorityRow } from "../core/report/authorityRows";
import type { CertificateRow } from "../core/report/report";
import { lastStageOf } from "../core/rollout";
import { authoritiesOf } from "./authority/generations";
import { authorityRows, warnOfEndingCas, withNextPhases } from "./authorityRows";
import "./engineConnections";
import { failOnLostEngine } from "./lostEngine";
import { shortenSdkStacks } from "./sdkStacks";
import { Drift } from "./drift";
import { Inputs } from "./inputs";
import { NodePki } from "./nodePki";
import type { VisitedNode } from "./nodeSteps";
import { Phases } from "./phases";
import { hasCompared, preflightStep } from "./preflightStep";
import { afterPreflight } from "./preflightGate";
import { Rollout } from "./rolloutSteps";
import type { Sections } from "./sections";
import { sshHost } from "./sshConnection";
import { warnOn } from "./warnOn";

export interface ClusterPkiArgs extends Sections {
  /** The time to plan for, unless `asOf` is given. @default the time when the component is created */
  readonly now?: Date | undefined;
}

/** How `kube-pki status --nodes` reaches a node. */
export interface NodeAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: string | undefined;
  readonly sudo: boolean;
}

const nodesOf = (
  base: string,
  inputs: Inputs,
  preflight: pulumi.Resource,
  options: pulumi.ComponentResourceOptions,
): VisitedNode[] =>
  inputs.plan.nodes.map((plan) => ({
    plan,
    pki: new NodePki(nodeName(base, plan.node.name), { inputs, plan, preflight }, options),
  }));

/** The whole PKI of one cluster: authorities, every leaf certificate and kubeconfig, the files on every node. */
export class ClusterPki extends pulumi.ComponentResource {
  /** Every leaf certificate: subject, issuer, serial, notAfter, next renewal, key location, and how the node proved it. */
  public readonly certificates: pulumi.Output<CertificateRow[]>;
  /** The stack's CAs that nodes trust: generation, phase, who signs, until when. */
  public readonly authorities: pulumi.Output<AuthorityRow[]>;
  public readonly nodes: pulumi.Output<NodeAddress[]>;
  /** The CA certificates to trust, PEM, for each authority; in a rotation its target. */
  public readonly trust: Readonly<Partial<Record<AuthorityName, pulumi.Output<string>>>>;
  /** Kubeconfigs of the administrator and of each user, by name, for the phase the cluster has reached. A secret. */
  public readonly kubeconfigs: pulumi.Output<Record<string, string>>;
  /**
   * Signing requests for the offline CA, PEM by the name of the requested CA. No node is changed while the cluster's first CAs
   * wait for their signature.
   */
  public readonly signingRequests: Readonly<Record<string, pulumi.Output<string>>>;

  /** @throws pulumi.RunError with one sentence for each problem in `args` */
  public constructor(base: string, args: ClusterPkiArgs, options?: pulumi.ComponentResourceOptions) {
    shortenSdkStacks();
    failOnLostEngine();
    const { now = new Date(), ...sections } = args;
    const inputs = new Inputs(base, sections, now);
    const { config } = inputs;
    const phases = inputs.plan.rotates ? new Phases(base, inputs, options) : undefined;
    super(
      "kube-pki:index:ClusterPki",
      base,
      {},
      afterPreflight(base, config, options, () => phases?.begin() ?? Promise.resolve()),
    );
    const clients = planClients(config, config.asOf);
    const own = { parent: this };
    const preflight = awaitsSigning(config) ? undefined : preflightStep(base, inputs, own);
    const planned = preflight === undefined ? [] : nodesOf(base, inputs, preflight, own);
    // a CA that is made is kept: of a run that nodes are not ready for none may be left
    const compared = preflight === undefined ? own : { ...own, dependsOn: hasCompared(preflight) };
    const drift = new Drift(inputs, this);
    const csrSignerRequests = (generation: number) =>
      new Map(
        planned.flatMap(({ plan: { node }, pki }) => {
          const request = pki.csrSignerRequests.get(generation);
          return request === undefined ? [] : [[node.name, request] as const];
        }),
      );
    const { generations, requests } = authoritiesOf(base, { inputs, clients, csrSignerRequests }, compared);
    const rollout =
      generations &&
      new Rollout(base, { inputs, drift, nodes: planned, clients, authorities: generations, compared }, own);
    phases?.note(rollout && ((phase) => rollout.done(lastStageOf(phase))));
    this.signingRequests = requests;
    this.trust = generations === undefined ? {} : mapAuthorities((name) => generations[name].target.trustPem);
    const rows = generations === undefined ? pulumi.output([]) : authorityRows(config, generations);
    warnOfEndingCas(rows, config, this);
    this.authorities = phases === undefined ? rows : withNextPhases(rows, (authority) => phases.nextFrom(authority));
    for (const sentence of configWarnings(config, inputs.began)) warnOn(this, sentence);
    this.nodes = pulumi.output(
      config.nodes.map((node) => ({ name: node.name, ...nodeConnection(config, node), ...sshHost(inputs, node) })),
    );
    this.certificates = rollout?.certificates ?? pulumi.output([]);
    this.kubeconfigs = rollout?.kubeconfigs ?? pulumi.secret<Record<string, string>>({});
    if (rollout === undefined) this.tellOfRequests(Object.keys(requests));
    const { certificates, authorities, nodes, trust, kubeconfigs, signingRequests } = this;
    this.registerOutputs({ certificates, authorities, nodes, trust, kubeconfigs, signingRequests });
  }

  private tellOfRequests(names: readonly string[]): void {
    warnOn(
      this,
      `no node was changed: waiting for signatures on ${names.join(", ")}; have the requests in ` +
        "`pulumi stack output signingRequests` signed, and give the certificates as authority.signed",
    );
  }
}
