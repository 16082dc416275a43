/** The key usages in which authorities sign, next to those in kubeadm's own certificates (`npm run golden`). */
import assert from "node:assert/strict";
import { planCluster } from "../../core/plan";
import { configWith, NOW } from "../core/fixture";
import { readGolden } from "../core/nodes/kubeadm/golden";
import { FIXTURES } from "./fixtures";
import { graphOf, type Graph } from "./graph";

/** RFC 5280's words as the providers write them. */
const TLS: Readonly<Record<string, string>> = {
  digitalSignature: "digital_signature",
  keyEncipherment: "key_encipherment",
  keyCertSign: "cert_signing",
  server: "server_auth",
  client: "client_auth",
};
const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** By profile: what kubeadm's certificate of it may be used for. */
const usagesOf = (): Map<string, { key: readonly string[]; extended: readonly string[] }> => {
  const files = new Map(readGolden().files.map(({ path, certificate }) => [path, certificate]));
  const cp1 = planCluster(configWith(), NOW).nodes[0]!;
  return new Map(
    cp1.files.flatMap(({ path, content }) => {
      const theirs = files.get(path);
      return theirs === undefined || !("profile" in content)
        ? []
        : [[content.profile, { key: theirs.keyUsages, extended: theirs.extendedKeyUsages }] as const];
    }),
  );
};

const input = (graph: Graph, name: string, field: string): unknown =>
  graph.all.find((each) => each.name === name && each.type.includes("/"))?.inputs[field];

describe("key usages", () => {
  it("of leaves signed in the state are kubeadm's", async () => {
    const graph = await graphOf(FIXTURES["generated CAs"]);
    const usages = usagesOf();
    assert.equal(usages.size, 12);
    for (const [profile, { key, extended }] of usages)
      assert.deepEqual(
        [...(input(graph, `prod-cp1-${profile}`, "allowedUses") as string[])].sort(),
        [...key, ...extended].map((usage) => TLS[usage]).sort(),
        profile,
      );
  });

  it("of generated CAs are those of kubeadm's", async () => {
    const graph = await graphOf(FIXTURES["generated CAs"]);
    const theirs = readGolden().files.find(({ path }) => path.endsWith("/pki/ca.crt"))?.certificate;
    for (const authority of ["kubernetes", "etcd", "frontProxy"]) {
      const of = (field: string) => input(graph, `prod-${authority}-ca-certificate`, field);
      assert.deepEqual(
        of("allowedUses"),
        theirs?.keyUsages.map((usage) => TLS[usage]),
      );
      // leaves name their CA by its key identifier, so that two CAs of one subject are told apart
      assert.deepEqual([of("isCaCertificate"), of("setSubjectKeyId")], [true, true]);
    }
  });

  it("of leaves signed in Vault are kubeadm's", async () => {
    const graph = await graphOf(FIXTURES["CAs in Vault"]);
    const authorities = new Map<string, string>(
      planCluster(configWith(), NOW).nodes[0]!.leaves.map((leaf) => [leaf.profile, leaf.authority]),
    );
    for (const [profile, { key, extended }] of usagesOf()) {
      const role = `prod-${authorities.get(profile) ?? ""}-ca-role-${profile}`;
      assert.deepEqual(input(graph, role, "keyUsages"), key.map(capitalised), profile);
      const flags = [input(graph, role, "serverFlag"), input(graph, role, "clientFlag")];
      assert.deepEqual(flags, [extended.includes("server"), extended.includes("client")], profile);
    }
  });
});
