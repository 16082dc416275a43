/** What ends and when. */
import { componentOn, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { heldCas, heldLeaves, quoted, type Held } from "../held";
import { endsSoon, leftMs, lifetimeMs, ordinaryLeaves } from "../lifetimes";
import { renewalOf, ROTATE } from "../remedies";
import { isSignedBy } from "../signers";
import { day, expiry, minorOf, spanText, DAY_MS } from "../words";

/** A CA is told of so many times as early as a leaf: a rotation wants to be planned. */
const CA_FACTOR = 6;

const ended = (node: NodeView, cluster: Cluster): Issue[] =>
  ordinaryLeaves(node, cluster)
    .filter((held) => leftMs(held, cluster.now) <= 0)
    .map((held) => ({
      urgency: "now",
      subject: held.path,
      text: `${held.place} ${expiry(held.certificate.notAfter, cluster.now)}`,
      remedy: renewalOf(held, node, cluster),
      at: held.certificate.notAfter,
    }));

const ending = (node: NodeView, cluster: Cluster): Issue[] =>
  ordinaryLeaves(node, cluster)
    .filter((held) => endsSoon(held, cluster.now, cluster.withinSeconds))
    .map((held) => ({
      urgency: "soon",
      subject: held.path,
      text: `${held.place} ${expiry(held.certificate.notAfter, cluster.now)}`,
      remedy: renewalOf(held, node, cluster),
      at: held.certificate.notAfter,
    }));

const notYetValid = (node: NodeView, cluster: Cluster): Issue[] => {
  const nodeNow = cluster.now.getTime() + node.survey.host.clockAheadSeconds * 1000;
  return [...heldLeaves(node, cluster), ...heldCas(node, cluster)]
    .filter(({ certificate: { notBefore } }) => Date.parse(notBefore) > nodeNow)
    .map(({ certificate: { notBefore }, place, path }) => ({
      urgency: "now",
      subject: path,
      text: `${place} is not valid before ${notBefore}, and by the clock of the node that is ${spanText(Date.parse(notBefore) - nodeNow)} away`,
      remedy: "set the clocks of the node and of whoever signed it, or wait",
      at: notBefore,
    }));
};

/** Expired CAs matter where something in use leads to them and to no other. */
const isNeeded = (ca: Held, node: NodeView, cluster: Cluster): boolean => {
  const beside = heldCas(node, cluster).filter(
    (other) => other.path === ca.path && other !== ca && leftMs(other, cluster.now) > 0,
  );
  return cluster.nodes
    .flatMap((each) => heldLeaves(each, cluster))
    .some(
      ({ certificate }) =>
        isSignedBy(certificate, ca.certificate) && !beside.some((other) => isSignedBy(certificate, other.certificate)),
    );
};

const caEnded = (node: NodeView, cluster: Cluster): Issue[] =>
  heldCas(node, cluster)
    .filter((ca) => leftMs(ca, cluster.now) <= 0 && isNeeded(ca, node, cluster))
    .map(({ certificate, place, path }) => ({
      urgency: "now",
      subject: path,
      text: `${place} ${expiry(certificate.notAfter, cluster.now)}, and with it every certificate that it signed`,
      remedy: `put a new CA in place and have every certificate signed again (docs/rotation.md)`,
      at: certificate.notAfter,
    }));

const caEnding = (node: NodeView, cluster: Cluster): Issue[] =>
  heldCas(node, cluster)
    .filter((ca) => endsSoon(ca, cluster.now, cluster.withinSeconds * CA_FACTOR))
    .map(({ certificate, place, path }) => ({
      urgency: "soon",
      subject: path,
      text: `${place} ${expiry(certificate.notAfter, cluster.now)}, and with it every certificate that it signed`,
      remedy: ROTATE,
      at: certificate.notAfter,
    }));

const outlivesCa = (node: NodeView, cluster: Cluster): Issue[] => {
  const cas = heldCas(node, cluster);
  return ordinaryLeaves(node, cluster).flatMap((held) => {
    const signers = cas.filter(({ certificate }) => isSignedBy(held.certificate, certificate));
    const last = signers.sort((a, b) => leftMs(b, cluster.now) - leftMs(a, cluster.now))[0];
    if (last === undefined || leftMs(last, cluster.now) >= leftMs(held, cluster.now)) return [];
    if (leftMs(last, cluster.now) <= 0 || endsSoon(last, cluster.now, cluster.withinSeconds * CA_FACTOR)) return [];
    const { certificate } = last;
    return [
      {
        urgency: "soon",
        subject: held.path,
        text: `${held.place} says it is valid until ${day(held.certificate.notAfter)}, but ends with its CA ${quoted(certificate)} on ${day(certificate.notAfter)}`,
        remedy: ROTATE,
        at: certificate.notAfter,
      },
    ];
  });
};

/** 825 days: what public CAs may not exceed has long been less, and no kubeadm default comes near it. */
const LONG_MS = 825 * DAY_MS;

const longLived = (node: NodeView, cluster: Cluster): Issue[] => {
  const long = heldLeaves(node, cluster)
    .filter((held) => lifetimeMs(held) > LONG_MS)
    .sort((a, b) => lifetimeMs(b) - lifetimeMs(a));
  const [longest] = long;
  if (longest === undefined) return [];
  const years = Math.round(lifetimeMs(longest) / (365 * DAY_MS));
  return [
    {
      urgency: "notice",
      subject: longest.path,
      text: `${longest.place} is valid for ${String(years)} years${long.length > 1 ? `, and ${String(long.length - 1)} more for over 825 days` : ""}; Kubernetes cannot revoke a client certificate`,
      remedy: "issue them for a year or less and renew them by a program",
    },
  ];
};

/** What the API server makes for itself at each start (apiserver serving_with_loopback.go); not every minor between is known. */
const loopbackDays = (minor: number): number | undefined => (minor <= 30 ? 365 : minor >= 34 ? 3 * 365 + 1 : undefined);

const loopback = (node: NodeView, cluster: Cluster): Issue[] => {
  const server = componentOn(node, "kube-apiserver");
  const days = loopbackDays(minorOf(server?.version) ?? 31);
  if (server === undefined || days === undefined) return [];
  const end = new Date(Date.parse(server.startedAt) + days * DAY_MS);
  const left = end.getTime() - cluster.now.getTime();
  if (left > cluster.withinSeconds * 1000) return [];
  const at = end.toISOString();
  return [
    {
      urgency: left <= 0 ? "now" : "soon",
      subject: "kube-apiserver",
      text: `kube-apiserver has run since ${day(server.startedAt)}, and the certificate that it made for calls to itself ${expiry(at, cluster.now)}`,
      remedy: "restart kube-apiserver, which makes itself a new one",
      at,
    },
  ];
};

export const ENDS: readonly Check[] = [
  { id: "certificate-expired", finds: "certificates in use that have expired", look: eachNode(ended) },
  { id: "ca-expired", finds: "CAs that have expired and that certificates in use lead to", look: eachNode(caEnded) },
  {
    id: "certificate-not-yet-valid",
    finds: "certificates that are not valid yet by the node's clock",
    look: eachNode(notYetValid),
  },
  {
    id: "certificate-expires",
    finds: "certificates in use that expire within `--within` and have less than a third of their life left",
    look: eachNode(ending),
  },
  { id: "ca-expires", finds: "CAs that expire within six times `--within`", look: eachNode(caEnding) },
  { id: "leaf-outlives-ca", finds: "certificates that say they outlive their CA", look: eachNode(outlivesCa) },
  {
    id: "loopback-expires",
    finds: "API servers that have run for so long that their in-memory certificate ends",
    look: eachNode(loopback),
  },
  { id: "long-lived", finds: "certificates that are valid for more than 825 days", look: eachNode(longLived) },
];
