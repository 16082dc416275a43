/** Clusters that between them ask for every kind of resource there is, and what their stack files say. */
import { makeCa, makeKey } from "../core/config/fixtures";
import { small, type Changes } from "./graph";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const address = "https://vault.example.com:8200";
const inVault = (more: Changes = {}, vault: Changes = {}): Changes => ({
  kind: "vault",
  vault: { address, ...vault },
  ...more,
});

/** A cluster that has its CAs and its token key already. */
export const existing = async (): Promise<Changes> => {
  const [kubernetes, etcd, frontProxy] = await Promise.all(
    ["kubernetes", "etcd", "frontProxy"].map((name) => makeCa(name)),
  );
  return small({ authority: { kubernetes, etcd, frontProxy, serviceAccount: { key: makeKey() } } });
};

/** The only secret that its nodes get is a token key it has already: nothing else seals what they are sent. */
export const existingTokenKey = (): Changes => small({ authority: inVault({ serviceAccount: { key: makeKey() } }) });

const rotated = (phase: string): Changes =>
  small({
    rotation: { generation: 2, phase },
    inCluster: { restart: [{ kind: "Deployment", namespace: "shop", name: "till" }] },
    users: [{ name: "alice", organizations: ["dev"] }],
  });

export const FIXTURES = {
  "generated CAs": small(),
  "generated CAs, phase trust": rotated("trust"),
  "generated CAs, phase issue": rotated("issue"),
  "generated CAs, rotated": rotated("done"),
  "generated CAs, that of etcd alone rotated": small({ rotation: { etcd: { generation: 2 } } }),
  "generated CAs, the cluster dead": small({ rollout: { strategy: "recover" } }),
  "adoption, the cluster dead": small({ adopt, rollout: { strategy: "recover", acceptEtcdDowntime: true } }),
  "adoption, phase trust": small({ adopt, rotation: { phase: "trust" } }),
  "adoption, phase issue": small({ adopt, rotation: { phase: "issue" } }),
  "a certificate of the user's own in the cluster": small({
    certificates: {
      own: {
        hook: {
          authority: "kubernetes",
          usages: ["server"],
          sans: ["hook.web.svc"],
          secret: { namespace: "web", name: "hook" },
        },
      },
    },
  }),
  "leaf keys in the state": small({ certificates: { keyLocation: "state" } }),
  "CAs in Vault": small({ authority: inVault({ csrSigner: "state" }, { approle: "approle" }) }),
  "CAs in Vault, a signer in the state, token keys left to others": small({
    authority: inVault({ csrSigner: "state", serviceAccount: { enabled: false } }),
  }),
  "CAs in Vault, signers on the nodes, rotated": small({
    authority: inVault({ csrSigner: "node" }, { mounts: { kubernetes: "pki/kubernetes" } }),
    rotation: { generation: 2 },
  }),
  "CAs in Vault that another mount signs": small({
    authority: inVault({ signedBy: { kind: "mount", mount: "corp" } }),
  }),
  "CAs in Vault that a root in the state signs": small({ authority: inVault({ signedBy: { kind: "embedded" } }) }),
  "CAs in Vault that wait for their signature": small({ authority: inVault({ signedBy: { kind: "offline" } }) }),
} as const satisfies Record<string, Changes>;

export type FixtureName = keyof typeof FIXTURES;
