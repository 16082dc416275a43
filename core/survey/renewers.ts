/** Units that renew certificates by themselves, by their usual names. */
const RENEWERS =
  /^(?:k8s-certs-renew|kubeadm-?certs?|consul-template|certbot|cert-renew|vault-agent|acme|step-renew|kubernetes-certs?)\S*\.(?:service|timer)$/;

/** A cluster in one program, which makes its certificates at places of its own and renews them when it starts. */
export interface Distribution {
  readonly name: string;
  readonly unit: RegExp;
  /** How its certificates are renewed. */
  readonly renewal: string;
}

const DISTRIBUTIONS: readonly Distribution[] = [
  { name: "k3s", unit: /^k3s(?:-agent)?\.service$/, renewal: "`k3s certificate rotate`" },
  { name: "RKE2", unit: /^rke2-(?:server|agent)\.service$/, renewal: "`rke2 certificate rotate`" },
  { name: "k0s", unit: /^k0s(?:controller|worker)\.service$/, renewal: "a restart of k0s" },
  { name: "MicroK8s", unit: /^snap\.microk8s\.daemon-\S+\.service$/, renewal: "`microk8s refresh-certs`" },
];

export const distributionOf = (unit: string): Distribution | undefined =>
  DISTRIBUTIONS.find((each) => each.unit.test(unit));

const isRenewer = (unit: string): boolean => RENEWERS.test(unit) || distributionOf(unit) !== undefined;

/** @param units as `systemctl list-units --plain --no-legend` prints them */
export const renewersIn = (units: string): string[] =>
  units.split("\n").flatMap((line) => {
    const [name = "", load = "", active = ""] = line.trim().split(/\s+/);
    return isRenewer(name) && load === "loaded" && active === "active" ? [name] : [];
  });
