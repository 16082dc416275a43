import { hostPort } from "../../core/format/addresses";
import { plainSerial } from "../../core/format/x509";
import type { CertificateRow } from "../../core/report/report";
import type { Lab } from "../lab/lab";

/** Where each serving certificate of a node can be seen from outside. */
const PORTS: Readonly<Partial<Record<CertificateRow["certificate"], number>>> = {
  apiserver: 6443,
  "etcd-server": 2379,
  "etcd-peer": 2380,
  "kubelet-server": 10250,
};

export interface Served {
  readonly row: CertificateRow;
  readonly at: string;
  readonly serial: string;
}

/**
 * Asks every serving port of the cluster itself, from outside the nodes and by other means than the product's, which
 * certificate it presents.
 */
export const servedNow = async (lab: Lab, rows: readonly CertificateRow[]): Promise<Served[]> => {
  const wanted = rows.flatMap((row) => {
    const port = PORTS[row.certificate];
    const node = lab.nodes.find(({ name }) => name === row.node);
    return port === undefined || node === undefined ? [] : [{ row, at: hostPort(node.address, port) }];
  });
  return Promise.all(
    wanted.map(async ({ row, at }) => {
      const { stdout } = await lab.exec(
        ["sh", "-c", `openssl s_client -connect ${at} </dev/null 2>/dev/null | openssl x509 -noout -serial`],
        { timeoutMs: 15_000 },
      );
      return { row, at, serial: plainSerial(stdout.trim().replace(/^serial=/, "") || "none") };
    }),
  );
};

/** The certificates that are not what the stack says; empty when all are. */
export const notServed = (served: readonly Served[]): string[] =>
  served.flatMap(({ row, at, serial }) =>
    serial === plainSerial(row.serial)
      ? []
      : [`${row.node} ${row.certificate} at ${at}: serves ${serial}, the stack issued ${plainSerial(row.serial)}`],
  );
