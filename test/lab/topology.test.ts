import assert from "node:assert/strict";
import fc from "fast-check";
import {
  checkName,
  checkNodeName,
  endpoint,
  freeAddress,
  podSubnet,
  stubNodes,
  topology,
  topologyNames,
  withRole,
} from "./topology";

describe("topology", () => {
  for (const name of topologyNames) {
    it(`${name}: names and addresses are its own, and allowed`, () => {
      const { nodes } = topology(name);
      for (const key of ["name", "address"] as const) {
        assert.equal(new Set(nodes.map((node) => node[key])).size, nodes.length);
      }
      for (const node of nodes) checkNodeName(node.name);
    });
  }

  const expected = [
    ["single", "10.77.0.11:6443", 1, 1, 0],
    ["duo", "10.77.0.11:6443", 1, 1, 1],
    ["ipv6", "[fd77::b]:6443", 1, 1, 1],
    ["ha3", "10.77.0.1:6443", 3, 3, 2],
    ["hardway", "10.77.0.1:6443", 2, 3, 1],
    ["external-etcd", "10.77.0.14:6443", 1, 3, 1],
    ["etcdadm", "10.77.0.14:6443", 1, 3, 1],
    ["kubespray", "10.77.0.11:6443", 1, 1, 1],
    ["fleet", "10.77.0.1:6443", 3, 3, 1],
    ["stubs", "10.77.0.1:6443", 2, 2, 1],
  ] as const;
  for (const [name, api, controlPlanes, members, workers] of expected) {
    it(`${name}: API at ${api}; control planes, etcd members, workers: ${[controlPlanes, members, workers].join(", ")}`, () => {
      const { nodes } = topology(name);
      const counts = (["control-plane", "etcd", "worker"] as const).map((role) => withRole(nodes, role).length);
      assert.deepEqual(counts, [controlPlanes, members, workers]);
      assert.equal(endpoint(topology(name)), api);
    });
  }

  it("stub nodes in any number: three control planes, and addresses of the lab's network", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 200 }), (count) => {
        const nodes = stubNodes(count);
        assert.equal(nodes.length, count);
        assert.equal(withRole(nodes, "control-plane").length, 3);
        assert.equal(withRole(nodes, "worker").length, count - 3);
        assert.equal(new Set(nodes.map(({ address }) => address)).size, count);
        assert.ok(nodes.every(({ address }) => Number(address.split(".")[3]) < 255));
        nodes.forEach(({ name }) => {
          checkNodeName(name);
        });
      }),
    );
    for (const bad of [3, 201, 4.5]) assert.throws(() => stubNodes(bad), /must be a whole number from 4 to 200/);
  });

  it("names what there is when a topology is unknown", () => {
    assert.throws(
      () => topology("ha5"),
      /ha5 is not known, give one of single, duo, moved, ipv6, ha3, hardway, external-etcd, etcdadm, kubespray, fleet, stubs/,
    );
    assert.throws(() => topology("toString"), /not known/);
  });

  it("gives a new node an address nobody has, and pods a subnet nobody has", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 11, max: 60 })), (taken) => {
        const nodes = taken.map((host) => ({
          name: `n${String(host)}`,
          address: `10.77.0.${String(host)}`,
          roles: [],
        }));
        const address = freeAddress(nodes);
        assert.ok(nodes.every((node) => node.address !== address && podSubnet(node.address) !== podSubnet(address)));
      }),
    );
  });

  for (const bad of ["", "A", "a_b", "../x", "1a", "a".repeat(21), "a b", "a.b"]) {
    it(`refuses ${JSON.stringify(bad)} as a name`, () => {
      assert.throws(() => {
        checkName("lab name", bad);
      }, /lab name: .* is not allowed/);
    });
  }

  it("refuses a node name that makes too long an interface name", () => {
    checkNodeName("a23456789-123");
    assert.throws(() => {
      checkNodeName("a23456789-1234");
    }, /longer than 13/);
  });
});
