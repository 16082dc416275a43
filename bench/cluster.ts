/** Clusters of any size to measure with. */

export const CONTROL_PLANES = 3;

export const clusterOf = (count: number) => ({
  cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
  nodes: Array.from({ length: count }, (_, index) => ({
    name: `n${String(index)}`,
    address: `10.${String(Math.floor(index / 250))}.1.${String((index % 250) + 1)}`,
    roles: index < CONTROL_PLANES ? ["control-plane"] : ["worker"],
  })),
});

/** No node is reached. */
export const AGENT = { ssh: { agent: true, insecureIgnoreHostKeys: true } };
