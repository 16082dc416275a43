import assert from "node:assert/strict";
import { parsedBackups } from "../../../core/restore/backups";

const FIRST = "20261101T000000Z-aaaaaaaa";
const SECOND = "20261130T044147Z-1a2b3c4d.77";

describe("what a node keeps", () => {
  it("is read from its answer", () => {
    const { node, backups } = parsedBackups(
      [
        "node cp1",
        `backup ${FIRST} yes no -`,
        `copy ${FIRST} 3 cert:apiserver /etc/kubernetes/pki/apiserver.crt`,
        `copy ${FIRST} 4 - /etc/kubernetes/manifests/etcd.yaml`,
        `none ${FIRST} /etc/kubernetes/pki/apiserver.key`,
        `leaf ${FIRST} 3 apiserver 0A1B 1800000000 no CN=old%20100%25`,
        `backup ${SECOND} no yes restore ${FIRST}`,
        `copy ${SECOND} 1 cert:kubelet,key:kubelet /var/lib/kubelet/pki/k.pem`,
        `leaf ${SECOND} 1 kubelet 2C 1900000000 - CN=kubernetes,O=x`,
        "done",
        "",
      ].join("\n"),
    );
    assert.equal(node, "cp1");
    assert.deepEqual(backups, [
      {
        name: FIRST,
        at: new Date("2026-11-01T00:00:00Z"),
        isFirst: true,
        holdsCaKey: false,
        before: "-",
        copies: [
          { n: "3", path: "/etc/kubernetes/pki/apiserver.crt", parts: ["cert:apiserver"] },
          { n: "4", path: "/etc/kubernetes/manifests/etcd.yaml", parts: [] },
        ],
        absent: ["/etc/kubernetes/pki/apiserver.key"],
        leaves: [
          {
            n: "3",
            profile: "apiserver",
            serial: "0A1B",
            issuer: "CN=old 100%",
            notAfter: new Date("2027-01-15T08:00:00Z"),
            isSigned: "no",
          },
        ],
      },
      {
        name: SECOND,
        at: new Date("2026-11-30T04:41:47Z"),
        isFirst: false,
        holdsCaKey: true,
        before: `restore ${FIRST}`,
        copies: [{ n: "1", path: "/var/lib/kubelet/pki/k.pem", parts: ["cert:kubelet", "key:kubelet"] }],
        absent: [],
        leaves: [
          {
            n: "1",
            profile: "kubelet",
            serial: "2C",
            issuer: "CN=kubernetes,O=x",
            notAfter: new Date("2030-03-17T17:46:40Z"),
            isSigned: undefined,
          },
        ],
      },
    ]);
  });

  it("may be nothing", () => {
    assert.deepEqual(parsedBackups("node -\ndone\n"), { node: undefined, backups: [] });
  });

  it("is not believed where the answer was cut short", () => {
    assert.throws(() => parsedBackups(`node cp1\nbackup ${FIRST} yes no apply\n`), /cut short/);
  });
});
