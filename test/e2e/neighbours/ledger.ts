/** A StatefulSet of two pods that take some seconds to be ready; its PodDisruptionBudget wants one of them. */
import { workload } from "../clients/userland";
import { budget, NAMESPACE } from "./namespace";

const NAME = "ledger";

export const LEDGER_REPLICAS = 2;

/** `minAvailable` of its budget: all of them allow no disruption at all. */
export const ledgerBudget = (minAvailable: number): Record<string, unknown> => budget(NAME, minAvailable);

export const ledger = (image: string): Record<string, unknown>[] => [
  ledgerBudget(LEDGER_REPLICAS - 1),
  workload(
    "StatefulSet",
    {
      name: NAME,
      image,
      script: "sleep 3; touch /tmp/ready; exec sleep 1000000",
      token: true,
      fields: { readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, periodSeconds: 1 } },
    },
    { namespace: NAMESPACE, spec: { replicas: LEDGER_REPLICAS, serviceName: NAME } },
  ),
];
