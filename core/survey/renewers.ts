/** Units that renew certificates by themselves, by their usual names. */
const RENEWERS =
  /^(?:k8s-certs-renew|kubeadm-?certs?|consul-template|certbot|cert-renew|vault-agent|acme|step-renew|kubernetes-certs?)\S*\.(?:service|timer)$/;

/** @param units as `systemctl list-units --plain --no-legend` prints them */
export const renewersIn = (units: string): string[] =>
  units.split("\n").flatMap((line) => {
    const [name = "", load = "", active = ""] = line.trim().split(/\s+/);
    return RENEWERS.test(name) && load === "loaded" && active === "active" ? [name] : [];
  });
