/** What the engine is told of each kind of resource beside its inputs: an option that is lost changes no other test. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { EmbeddedAuthority, VaultAuthority } from "../../components";
import { planClients } from "../../core/certificates/clients";
import { planCluster } from "../../core/plan";
import { configWith, NOW } from "../core/fixture";
import { existing, existingTokenKey, FIXTURES, type FixtureName } from "./fixtures";
import { graphOf, kindOf, nodeIn, type Changes, type Graph } from "./graph";
import { plainKeys, registeredBy, type Asked } from "./mocks";

const NEW_WITH_ID = "new with its leaf's id";
/** The providers' own choice; a version of theirs that makes another one is to be looked at. */
const KEY = "secret privateKeyOpenssh privateKeyPem privateKeyPemPkcs8";
const OF_KEY = "secret privateKeyPem privateKeyPemWo";
const SIGNED = "secret caPrivateKeyPem caPrivateKeyPemWo";
const COMMAND = "secret connection";
/** By which it runs again where nodes are read. */
const MENDING = `ignores update, ${COMMAND}`;
const LOCAL_COMMAND = "secret environment";
const VAULT = "by vault";
/** Taken away with the stack it would take its fields out of the cluster. */
const PATCH = "by in-cluster-provider, stays in the cluster";

/** [kind, what it belongs to, options]; who is protected is a table of its own, since phases decide it. */
const OPTIONS: readonly (readonly [kind: string, parent: string, options: string])[] = [
  ["ClusterPki", "", ""],
  ["NodePki NODE", "cluster", ""],
  ["EmbeddedAuthority AUTHORITY-ca", "cluster", ""],
  ["VaultAuthority AUTHORITY-ca", "cluster", ""],
  ["VaultAccess access", "cluster", ""],
  ["VaultMount AUTHORITY-mount", "cluster", ""],
  ["Kubeconfigs kubeconfigs", "cluster", ""],
  ["HeldCertificates held", "cluster", ""],
  ["InCluster in-cluster", "cluster", ""],

  // made once and then left as the state has it; made anew when what is trusted begins to change
  ["Command rotation-attempt", "cluster", "ignores interpreter create, new with its trigger"],
  ["Phases phases", "", ""],
  ["Command PHASE-reached", "phases", "ignores create interpreter stdin"],
  ["Command PHASE-begun", "phases", "ignores create interpreter stdin"],
  ["Command preflight", "cluster", ""],
  ["Command NODE-install", "NODE", LOCAL_COMMAND],
  ["Command NODE-request", "NODE", COMMAND],
  ["Command NODE-request-signer", "NODE", COMMAND],
  ["Command NODE-trust", "NODE", MENDING],
  ["Command is-dead", "cluster", ""],
  ["Command NODE-lay-trust", "NODE", COMMAND],
  ["Command NODE-lay", "NODE", COMMAND],
  ["Command NODE-mounts", "NODE", COMMAND],
  ["Command NODE-apply", "NODE", MENDING],
  ["Command NODE-tokens", "NODE", COMMAND],
  ["Command NODE-check", "NODE", COMMAND],
  ["Command NODE-retire", "NODE", COMMAND],
  ["Command in-cluster-root-ca", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-mounted-elsewhere", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-may-restart", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-scan", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-tokens", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-authentication", "in-cluster", LOCAL_COMMAND],
  ["Command in-cluster-own-issue", "in-cluster", LOCAL_COMMAND],

  ["kubernetes in-cluster-provider", "in-cluster", ""],
  ["DeploymentPatch in-cluster-restart", "in-cluster", PATCH],
  ["ConfigMapPatch in-cluster-cluster-info", "in-cluster", PATCH],

  ["PrivateKey AUTHORITY-ca-key", "AUTHORITY-ca", KEY],
  ["SelfSignedCert AUTHORITY-ca-certificate", "AUTHORITY-ca", OF_KEY],
  ["PrivateKey service-account", "cluster", KEY],
  ["LocallySignedCert NODE-LEAF", "NODE", `${NEW_WITH_ID}, ${SIGNED}`],
  ["PrivateKey NODE-LEAF-key", "NODE", `${NEW_WITH_ID}, ${KEY}`],
  ["CertRequest NODE-LEAF-request", "NODE", `${NEW_WITH_ID}, ${OF_KEY}`],
  ["LocallySignedCert kubeconfigs-USER", "kubeconfigs", `${NEW_WITH_ID}, ${SIGNED}`],
  ["PrivateKey kubeconfigs-USER-key", "kubeconfigs", `${NEW_WITH_ID}, ${KEY}`],
  ["CertRequest kubeconfigs-USER-request", "kubeconfigs", `${NEW_WITH_ID}, ${OF_KEY}`],
  ["LocallySignedCert held-OWN", "held", `${NEW_WITH_ID}, ${SIGNED}`],
  ["PrivateKey held-OWN-key", "held", `${NEW_WITH_ID}, ${KEY}`],
  ["CertRequest held-OWN-request", "held", `${NEW_WITH_ID}, ${OF_KEY}`],

  ["vault vault", "cluster", ""],
  ["Policy access-renew-policy", "access", VAULT],
  ["Policy access-rotate-policy", "access", VAULT],
  ["AuthBackendRole access-renew-role", "access", VAULT],
  ["AuthBackendRole access-rotate-role", "access", VAULT],
  ["Mount AUTHORITY-mount", "AUTHORITY-mount", VAULT],
  ["SecretBackendCrlConfig AUTHORITY-mount-crl", "AUTHORITY-mount", VAULT],
  ["BackendConfigAutoTidy AUTHORITY-mount-tidy", "AUTHORITY-mount", VAULT],
  ["BackendConfigCluster AUTHORITY-mount-cluster", "AUTHORITY-mount", VAULT],
  ["SecretBackendConfigUrls AUTHORITY-mount-urls", "AUTHORITY-mount", VAULT],
  ["SecretBackendConfigIssuers AUTHORITY-default-issuer", "cluster", VAULT],
  ["SecretBackendRole AUTHORITY-ca-role-LEAF", "AUTHORITY-ca", VAULT],
  ["SecretBackendRootCert AUTHORITY-ca-certificate", "AUTHORITY-ca", VAULT],
  ["SecretBackendSign NODE-LEAF", "NODE", `${VAULT}, ${NEW_WITH_ID}`],
  ["SecretBackendSign kubeconfigs-USER", "kubeconfigs", `${VAULT}, ${NEW_WITH_ID}`],
  // signed by somebody else
  ["SecretBackendIntermediateCertRequest AUTHORITY-ca-request", "cluster", `${VAULT}, secret privateKey`],
  ["SecretBackendRootSignIntermediate AUTHORITY-ca-certificate", "AUTHORITY-ca", VAULT],
  ["LocallySignedCert AUTHORITY-ca-certificate", "AUTHORITY-ca", SIGNED],
  ["SecretBackendIntermediateSetSigned AUTHORITY-ca-signed", "AUTHORITY-ca", VAULT],
  ["SecretBackendIssuer AUTHORITY-ca-issuer", "AUTHORITY-ca", VAULT],
  ["PrivateKey root-key", "cluster", KEY],
  ["SelfSignedCert root-certificate", "cluster", OF_KEY],
  // the controller manager's
  ["PrivateKey AUTHORITY-ca-signer-key", "AUTHORITY-ca", KEY],
  ["CertRequest AUTHORITY-ca-signer-request", "AUTHORITY-ca", OF_KEY],
  ["SecretBackendRootSignIntermediate AUTHORITY-ca-signer", "AUTHORITY-ca", VAULT],
  ["SecretBackendRootSignIntermediate AUTHORITY-ca-signer-NODE", "AUTHORITY-ca", VAULT],
];

const isId = (trigger: unknown): boolean => /^\d+-[0-9a-f]{8}-g\d+$/.test(String(trigger));

const optionsText = (asked: Asked): string => {
  const { provider, retainOnDelete, ignoreChanges, replacementTrigger, additionalSecretOutputs } = asked;
  return [
    provider === undefined ? "" : `by ${provider.replace("prod-", "")}`,
    retainOnDelete ? "stays in the cluster" : "",
    ignoreChanges.length > 0 ? `ignores ${ignoreChanges.join(" ")}` : "",
    replacementTrigger === undefined ? "" : isId(replacementTrigger) ? NEW_WITH_ID : "new with its trigger",
    asked.deleteBeforeReplace ? "deleted before it is replaced" : "",
    additionalSecretOutputs.length > 0 ? `secret ${additionalSecretOutputs.join(" ")}` : "",
  ]
    .filter((text) => text !== "")
    .join(", ");
};

const rowsOf = ({ all, asked }: Graph): string[] => {
  const types = new Map(all.map(({ name, type }) => [name, type]));
  return [...asked].map(([key, each]) => {
    const [name = "", component] = key.split(" ").reverse();
    const type = component ?? types.get(name) ?? "";
    const kind = [type.replace(/.*:/, ""), kindOf(name, type)].filter((text) => text !== "").join(" ");
    const parent = each.parent === "prod" ? "cluster" : kindOf(each.parent);
    return `${kind} | ${parent} | ${optionsText(each)}`;
  });
};

const each = (nouns: readonly string[]): string[] =>
  ["kubernetes", "etcd", "frontProxy"].flatMap((authority) =>
    nouns.map((nameSuffix) => `prod-${authority}-${nameSuffix}`),
  );

/** What cannot be made again without taking over every node, by what the stack file says; all else is not protected. */
const PROTECTED: Readonly<Record<FixtureName, readonly string[]>> = {
  "generated CAs": [...each(["ca-key", "ca-certificate"]), "prod-service-account"],
  // nobody presents anything of the next one yet: the rotation can be given up
  "generated CAs, phase trust": [...each(["ca-key", "ca-certificate"]), "prod-service-account"],
  "generated CAs, phase issue": [
    ...each(["ca-key", "ca-certificate", "ca-g2-key", "ca-g2-certificate"]),
    "prod-service-account",
    "prod-service-account-g2",
  ],
  "generated CAs, rotated": [...each(["ca-g2-key", "ca-g2-certificate"]), "prod-service-account-g2"],
  "generated CAs, that of etcd alone rotated": [
    ...["kubernetes-ca", "frontProxy-ca", "etcd-ca-g2"].flatMap((ca) => [`prod-${ca}-key`, `prod-${ca}-certificate`]),
    "prod-service-account",
  ],
  "generated CAs, the cluster dead": [...each(["ca-key", "ca-certificate"]), "prod-service-account"],
  "adoption, the cluster dead": each(["ca-key", "ca-certificate"]),
  "adoption, phase trust": [],
  "adoption, phase issue": each(["ca-key", "ca-certificate"]),
  "a certificate of the user's own in the cluster": [...each(["ca-key", "ca-certificate"]), "prod-service-account"],
  "leaf keys in the state": [...each(["ca-key", "ca-certificate"]), "prod-service-account"],
  // with a mount every key in it would go
  "CAs in Vault": [
    ...each(["ca-certificate", "mount"]),
    ...["key", "request"].map((nameSuffix) => `prod-kubernetes-ca-signer-${nameSuffix}`),
    "prod-kubernetes-ca-signer",
    "prod-service-account",
  ],
  "CAs in Vault, a signer in the state, token keys left to others": [
    ...each(["ca-certificate", "mount"]),
    ...["key", "request"].map((nameSuffix) => `prod-kubernetes-ca-signer-${nameSuffix}`),
    "prod-kubernetes-ca-signer",
  ],
  "CAs in Vault, signers on the nodes, rotated": [
    ...each(["ca-g2-certificate"]),
    "prod-etcd-mount",
    "prod-frontProxy-mount",
    "prod-service-account-g2",
  ],
  "CAs in Vault that another mount signs": [
    ...each(["ca-request", "ca-certificate", "ca-signed", "ca-issuer", "mount"]),
    "prod-service-account",
  ],
  "CAs in Vault that a root in the state signs": [
    ...each(["ca-request", "ca-certificate", "ca-signed", "ca-issuer", "mount"]),
    "prod-root-key",
    "prod-root-certificate",
    "prod-service-account",
  ],
  "CAs in Vault that wait for their signature": each(["ca-request", "mount"]),
};

const LISTED = new Set(OPTIONS.map((row) => row.join(" | ")));

describe("resource options", () => {
  const graphs = new Map<string, { readonly changes: Changes; readonly graph: Graph }>();
  const seen = new Set<string>();

  const look = async (name: string, changes: Changes): Promise<Graph> => {
    const graph = await graphOf(changes);
    graphs.set(name, { changes, graph });
    const rows = rowsOf(graph);
    for (const row of rows) seen.add(row);
    assert.deepEqual(
      rows.filter((row) => !LISTED.has(row)),
      [],
    );
    return graph;
  };

  for (const [name, names] of Object.entries(PROTECTED)) {
    const what = names.length > 0 ? "what its nodes trust and present" : "nothing";
    it(`are with ${name} those of the list, and protect from deletion ${what}`, async () => {
      const { all, asked } = await look(name, FIXTURES[name as FixtureName]);
      const found = [...asked].flatMap(([resource, { protect }]) => (protect ? [resource] : []));
      assert.deepEqual(found.sort(), [...names].sort());
      const mounts = all.flatMap((one) => (one.type === "vault:index/mount:Mount" ? [one.name] : []));
      assert.ok(mounts.every((mount) => names.includes(mount)));
    });
  }

  it("are with existing CAs and keys those of the list", async () => {
    await look("existing CAs and keys", await existing());
    await look("an existing token key", existingTokenKey());
  });

  it("are listed for no kind of resource that no cluster asks for", () => {
    assert.deepEqual(
      [...LISTED].filter((row) => !seen.has(row)),
      [],
    );
  });

  it("protect an authority of which nobody said whether it is in use", async () => {
    const asked = new Map<string, Asked>();
    const own = { commonName: "g1", algorithm: "ECDSA-P256", validitySeconds: 3600 } as const;
    const inVault = { mount: pulumi.output("pki"), generation: 1, roles: [], csrSigner: "none" } as const;
    await registeredBy(
      () => {
        const provider = new vault.Provider("vault", { address: "https://vault.example.com:8200" });
        const made = [new EmbeddedAuthority("a", own), new VaultAuthority("b", { ...own, ...inVault, provider })];
        return pulumi.all(made.map(({ trustPem }) => trustPem));
      },
      false,
      asked,
    );
    const found = [...asked].flatMap(([name, { protect }]) => (protect ? [name] : []));
    assert.deepEqual(found.sort(), ["a-certificate", "a-key", "b-certificate"]);
  });

  it("protect no key of an authority that the stack file gives: its owner has it", () => {
    const { asked } = graphs.get("existing CAs and keys")!.graph;
    assert.deepEqual(
      [...asked.values()].filter(({ protect }) => protect),
      [],
    );
    assert.deepEqual(
      [...asked.keys()].filter((name) => /ca-key|service-account/.test(name)),
      [],
    );
  });

  it("have key, request and certificate of a leaf made anew together, with the leaf's id", () => {
    for (const [name, { changes, graph }] of graphs) {
      const config = configWith(changes);
      const ids = new Map<string, string>();
      for (const { node, leaves } of planCluster(config, NOW).nodes)
        for (const { profile, id } of leaves) ids.set(`prod-${node.name}-${profile}`, id);
      for (const { name: user, id } of planClients(config, NOW)) ids.set(`prod-kubeconfigs-${user}`, id);
      for (const { profile, id } of planCluster(config, NOW).held) ids.set(`prod-held-${profile}`, id);
      for (const [resource, { replacementTrigger }] of graph.asked) {
        if (!isId(replacementTrigger)) continue;
        const leaf = ids.has(resource) ? resource : resource.replace(/-(key|request)$/, "");
        assert.equal(replacementTrigger, ids.get(leaf), `${name}: ${resource}`);
      }
    }
  });

  it("give no resource a private key in a plain input", () => {
    for (const [name, { graph }] of graphs)
      for (const { name: resource, inputs } of graph.all)
        assert.deepEqual(plainKeys(inputs), [], `${name}: ${resource}`);
  });

  it("give existing CA keys to those alone who sign with them, sealed", () => {
    const { changes, graph } = graphs.get("existing CAs and keys")!;
    const given = changes["authority"] as Record<"kubernetes" | "etcd" | "frontProxy", { key: string }>;
    const holders = (key: string) =>
      graph.all.filter(({ inputs }) => JSON.stringify(inputs).includes(JSON.stringify(key).slice(1, -1)));
    assert.deepEqual(
      holders(given.kubernetes.key).flatMap(({ name, type }) => (type.startsWith("tls:") ? [] : [name])),
      ["prod-cp1-apply", "prod-cp2-apply"],
    );
    for (const name of ["etcd", "frontProxy"] as const) {
      const types = holders(given[name].key).map(({ type, name: resource }) =>
        [type, nodeIn(resource) !== undefined].join(" "),
      );
      assert.deepEqual([...new Set(types)], ["tls:index/locallySignedCert:LocallySignedCert true"]);
    }
  });

  it("let no command run on delete or by a trigger of its own", () => {
    for (const { graph } of graphs.values())
      for (const { type, name, inputs } of graph.all)
        if (type.startsWith("command:"))
          assert.deepEqual(
            [inputs["delete"], inputs["triggers"], inputs["update"]],
            [undefined, undefined, undefined],
            name,
          );
  });
});
