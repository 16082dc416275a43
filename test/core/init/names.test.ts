import fc from "fast-check";
import { canonicalSan } from "../../../core/format/addresses";
import { isLossless, made, parsesBack } from "./check";
import { kubeadmCluster, makeCas, withCertificates, type Cas } from "./cluster";
import { hardwayCluster } from "./hardway";

/** Names as certificates have them, in any spelling. */
const dnsName = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.stringMatching(/^[a-zA-Z]([a-zA-Z0-9-]{0,6}[a-zA-Z0-9])?$/), { minLength: 1, maxLength: 4 }),
  )
  .map(([isWild, labels]) => `DNS:${isWild ? "*." : ""}${labels.join(".")}`)
  .filter((san) => canonicalSan(san.slice(4)) !== undefined);
const address = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6().filter((each) => canonicalSan(each) !== undefined),
  )
  .map((each) => `IP:${each}`);
const sans = fc.array(fc.oneof(dnsName, address), { maxLength: 6 });

/** By the subject of a certificate with a server: what it has beside what it had. */
const more = fc.record({
  "CN=kube-apiserver": sans,
  "CN=cp1": sans,
  "CN=cp2": sans,
  "CN=e2": sans,
  "O=system:nodes, CN=system:node:w1": sans,
});

describe("names of certificates in place", () => {
  let cas: Cas;
  before(async () => {
    cas = await makeCas();
  });

  it("are all planned, whatever they are and on whichever node", () => {
    fc.assert(
      fc.property(
        more,
        fc.constantFrom("kubeadm" as const, "hardway" as const),
        fc.constantFrom("cp1", "cp2", "all"),
        (extra, kind, where) => {
          const visits = (kind === "kubeadm" ? kubeadmCluster(cas) : hardwayCluster(cas)).map((visit) => ({
            ...visit,
            survey: withCertificates(visit.survey, ({ subject, sans: has, usages }) => {
              const added = (extra as Readonly<Record<string, readonly string[]>>)[subject] ?? [];
              const isHere = where === "all" || !subject.includes("apiserver") || visit.survey.host.hostname === where;
              return usages.includes("serverAuth") && isHere ? { sans: [...has, ...added] } : {};
            }),
          }));
          const stack = made(visits);
          isLossless(stack);
          parsesBack(stack);
        },
      ),
      { numRuns: 60 },
    );
  });
});
