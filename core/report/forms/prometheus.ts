/**
 * The status as Prometheus reads it (text format 0.0.4). What x509-certificate-exporter measures too has its names and labels
 * (https://github.com/enix/x509-certificate-exporter, docs/metrics.md), so that its dashboard and rules work; what only a
 * stack knows has names of ours.
 */
import type { CaStatus, LeafStatus, StatusReport } from "../stackStatus";
import { overdueFrom } from "../status";

type Labels = Readonly<Record<string, string | undefined>>;

interface Sample {
  readonly labels: Labels;
  /** Undefined: not known. */
  readonly value: number | undefined;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: (report: StatusReport) => readonly Sample[];
}

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1000);

const NAME_FIELDS = ["C", "ST", "L", "O", "OU", "CN"];

/** `subject_O`, `subject_CN`: of "O=system:nodes, CN=system:node:w1". */
const nameLabels = (prefix: string, name: string): Labels => {
  const parts = name.split(/, (?=[A-Za-z0-9.]+=)/).map((part) => part.split(/=(.*)/s));
  return Object.fromEntries(
    NAME_FIELDS.flatMap((field) => {
      const values = parts.filter(([key]) => key === field).map(([, value = ""]) => value);
      return values.length === 0 ? [] : [[`${prefix}_${field}`, values.join(",")]];
    }),
  );
};

const decimal = (serial: string): string => BigInt(`0x${serial.replaceAll(":", "") || "0"}`).toString();

/** Which certificate: the same on all that is said of it. */
const leafId = ({ stack, node, certificate }: LeafStatus): Labels => ({ stack, node, certificate });
const caId = ({ stack, authority, generation }: CaStatus): Labels => ({
  stack,
  authority,
  generation: String(generation),
});

type X509 = Pick<LeafStatus, "subject" | "issuer" | "serial">;

const x509Labels = (id: Labels, { subject, issuer, serial }: X509, filepath: string): Labels => ({
  serial_number: decimal(serial),
  ...nameLabels("subject", subject),
  ...nameLabels("issuer", issuer),
  // the exporter's dashboard lists what has one
  filename: filepath.split("/").at(-1),
  filepath,
  ...id,
});

/** Every certificate, CAs too: they are their own issuers as far as a stack tells. */
const everyCertificate = ({ authorities, certificates }: StatusReport) => [
  ...authorities.map((row) => ({
    row,
    labels: x509Labels(caId(row), { ...row, issuer: row.subject }, `ca/${row.authority}-g${String(row.generation)}`),
  })),
  ...certificates.map((row) => ({ row, labels: x509Labels(leafId(row), row, `${row.node}/${row.certificate}`) })),
];

const dated = (valueOf: (row: CaStatus | LeafStatus, asOf: Date) => number | undefined) => (report: StatusReport) =>
  everyCertificate(report).map(({ row, labels }) => ({ labels, value: valueOf(row, report.asOf) }));

/** The newest generation of each authority says which phase its rotation has reached. */
const newest = (rows: readonly CaStatus[]): readonly CaStatus[] =>
  rows.filter(
    (row) =>
      !rows.some(
        (other) => other.stack === row.stack && other.authority === row.authority && other.generation > row.generation,
      ),
  );

const stacksIn = ({ authorities, certificates }: StatusReport): readonly (string | undefined)[] => [
  ...new Set([...authorities, ...certificates].map(({ stack }) => stack)),
];

const METRICS: readonly Metric[] = [
  {
    name: "x509_cert_not_after",
    help: "Time after which the certificate is not valid, as a Unix timestamp.",
    samples: dated((row) => seconds(row.notAfter)),
  },
  {
    name: "x509_cert_not_before",
    help: "Time before which the certificate is not valid, as a Unix timestamp.",
    samples: dated(({ notBefore }) => (notBefore === undefined ? undefined : seconds(notBefore))),
  },
  {
    name: "x509_cert_expired",
    help: "1 if the certificate had expired when this was written.",
    samples: dated((row, asOf) => (Date.parse(row.notAfter) <= asOf.getTime() ? 1 : 0)),
  },
  {
    name: "kube_pki_certificate_next_renewal_timestamp_seconds",
    help: "Time from which on a pulumi up renews the certificate.",
    samples: ({ certificates }) =>
      certificates.map((row) => ({ labels: leafId(row), value: seconds(row.nextRenewal) })),
  },
  {
    name: "kube_pki_certificate_overdue_timestamp_seconds",
    help: "Time from which on the renewal of the certificate is overdue.",
    samples: ({ certificates }) =>
      certificates.map((row) => ({ labels: leafId(row), value: Math.floor(overdueFrom(row).getTime() / 1000) })),
  },
  {
    name: "kube_pki_certificate_on_node",
    help: "1 if the node holds or serves the certificate, 0 if it has another one or does not answer; only with --nodes.",
    samples: ({ certificates }) =>
      certificates.map((row) => ({
        labels: leafId(row),
        value: row.onNode === undefined ? undefined : row.onNode === "same" ? 1 : 0,
      })),
  },
  {
    name: "kube_pki_ca_rotate_before_timestamp_seconds",
    help: "Time from which on certificates of their full validity would outlive the signing CA.",
    samples: ({ authorities }) =>
      authorities.filter(({ signs }) => signs).map((row) => ({ labels: caId(row), value: seconds(row.rotateBefore) })),
  },
  {
    name: "kube_pki_rotation_phase",
    help: "1 for the phase that the rotation to the newest generation of a CA has reached; done at rest.",
    samples: ({ authorities }) =>
      newest(authorities).map((row) => ({ labels: { ...caId(row), phase: row.phase }, value: 1 })),
  },
  {
    name: "kube_pki_status_timestamp_seconds",
    help: "Time that this was written for.",
    samples: (report) =>
      stacksIn(report).map((stack) => ({ labels: { stack }, value: Math.floor(report.asOf.getTime() / 1000) })),
  },
];

const escaped = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${escaped(value)}"`]))
    .join(",");

export const statusMetrics = (report: StatusReport): string =>
  METRICS.flatMap(({ name, help, samples }) => {
    const lines = samples(report).flatMap(({ labels, value }) =>
      value === undefined ? [] : [`${name}{${labelText(labels)}} ${String(value)}`],
    );
    return lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
  })
    .map((line) => `${line}\n`)
    .join("");
