import assert from "node:assert/strict";
import fc from "fast-check";
import { checkedField, FIELD_KINDS, fieldRow, isField, type FieldKind } from "../../../core/format/protocolFields";

const CASES: readonly [FieldKind, readonly string[], readonly string[]][] = [
  ["name", ["kube-proxy", "17-cbe09010", "a"], ["", "-a", "A", "a b", "a".repeat(65)]],
  ["part", ["ca:frontproxy", "cert:etcd-peer"], ["", ":a", "a/b"]],
  [
    "path",
    ["/etc/kubernetes/pki/etcd/ca.crt", "/var/lib/kubelet/pki/x@y_1.pem", "/srv/a"],
    [
      "/etc/../root/x",
      "/etc//x",
      "/etc/./x",
      "/etc/",
      "/root/.ssh/authorized_keys",
      "etc/x",
      "/etc/a b",
      "/etc/$x",
      "/var/lib/kube-pki/applied",
      "/var/lib/kube-pki",
      "/etcetera/x",
    ],
  ],
  ["mode", ["0600", "0644"], ["600", "0888", "06000", "u+x"]],
  ["owner", ["root", "etcd", "_x-1"], ["", "Root", "a:b", "a".repeat(33)]],
  ["subject", ["system:node:cp1", "kubeadm:cluster-admins"], ["", "a b", "a/b", "a".repeat(65), "ä"]],
  ["san", ["DNS:*.example.com", "IP:10.0.0.1", "IP:fd00::1"], ["10.0.0.1", "DNS:", "IP:FD00::1", "URI:x", "DNS:a_b"]],
  ["url", ["/", "/healthz/", "/api//v1?a=b&c=.."], ["", "healthz", "/a b", "/$x"]],
  ["sha256", ["ab".repeat(32)], ["", "ab".repeat(31), "AB".repeat(32), `${"ab".repeat(32)}a`]],
  ["hostPort", ["10.0.0.1:6443", "[fd00::1]:2379", "api:1"], ["10.0.0.1", "fd00::1:2379", "a:b", "a b:1"]],
];

describe("fields of the node protocol", () => {
  for (const [kind, allowed, refused] of CASES) {
    it(`${kind}: what is allowed and what is not`, () => {
      for (const text of allowed) assert.equal(isField(kind, text), true, text);
      for (const text of refused) assert.equal(isField(kind, text), false, text);
    });
  }

  for (const kind of FIELD_KINDS) {
    const { longest } = fieldRow(kind);
    if (longest !== undefined)
      it(`${kind}: takes ${String(longest)} characters, and not one more`, () => {
        const [text] = ["a", "1"].flatMap((each) =>
          [each.repeat(longest), `a/${each.repeat(longest - 2)}`, `1-${each.repeat(longest - 2)}`].filter((one) =>
            isField(kind, one),
          ),
        );
        assert.ok(text, "none that is as long as may be");
        const last = text.slice(-1);
        assert.equal(isField(kind, text + last), false);
      });
  }

  it("never hold what a shell or the payload's lines would take for more than text", () => {
    const ofAddress: readonly FieldKind[] = ["url", "loss"]; // a query has `&`, also in a URI among SANs
    const sharp = fc.constantFrom("\n", " ", "'", '"', "`", "$", ";", "&", "|", "<", ">", "\\", "\0", "(", "\t", "\r");
    const around = fc.constantFrom("", "a", "/etc/x", "DNS:a", "root", "0600", "a:1");
    fc.assert(
      fc.property(fc.constantFrom(...FIELD_KINDS), around, sharp, around, (kind, before, bad, after) => {
        fc.pre(bad !== "&" || !ofAddress.includes(kind));
        assert.equal(isField(kind, before + bad + after), false);
      }),
      { numRuns: 5_000 },
    );
  });

  it("are refused with what they were for", () => {
    assert.equal(checkedField("owner", "etcd", "owner of /etc/x"), "etcd");
    assert.throws(() => checkedField("owner", "a;b", "owner of /etc/x"), {
      message: 'owner of /etc/x: "a;b"; must be ^[a-z_][a-z0-9_-]*$, at most 32 characters',
    });
    assert.throws(() => checkedField("mode", "u+x", "mode"), { message: 'mode: "u+x"; must be ^0[0-7][0-7][0-7]$' });
  });
});
