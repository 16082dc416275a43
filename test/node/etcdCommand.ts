/** How a member of etcd is started: TLS for clients and peers alike, by the same certificate. */
export interface Member {
  readonly name: string;
  readonly data: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly client: string;
  readonly peer: string;
  /** Name and peer URL of each. */
  readonly all: readonly (readonly [name: string, peer: string])[];
}

/** @param listening a file that is there once it starts */
export const etcdCommand = (
  etcd: string,
  { name, data, ca, cert, key, client, peer, all }: Member,
  listening: string,
): string => {
  const flags = {
    name,
    "data-dir": data,
    "trusted-ca-file": ca,
    "cert-file": cert,
    "key-file": key,
    "client-cert-auth": "true",
    "peer-trusted-ca-file": ca,
    "peer-cert-file": cert,
    "peer-key-file": key,
    "peer-client-cert-auth": "true",
    "listen-client-urls": client,
    "advertise-client-urls": client,
    "listen-peer-urls": peer,
    "initial-advertise-peer-urls": peer,
    "initial-cluster": all.map(([each, url]) => `${each}=${url}`).join(","),
  };
  const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  return `sh -c "touch ${listening}; exec ${etcd} ${words.join(" ")}"`;
};
