import assert from "node:assert/strict";
import { config, parsed, problems, type Raw } from "../fixtures";

const own = (entry: Raw, changes: Raw = {}): Raw => config({ certificates: { own: { x: entry } }, ...changes });
const FILES = { certificate: "/etc/x/tls.crt", key: "/etc/x/tls.key" };
const SECRET = { namespace: "web", name: "hook" };
/** A client of the cluster on nodes, a server in the cluster. */
const CLIENT = { authority: "kubernetes", usages: ["client"], files: FILES };
const SERVER = { authority: "kubernetes", usages: ["server"], sans: ["hook.web.svc"], secret: SECRET };
const ON_PURPOSE = "or set privileged: true to grant its rights on purpose";

describe("config: certificates.own", () => {
  it("fills in what is left out", () => {
    const { x } = parsed(own(CLIENT)).certificates.own;
    assert.deepEqual(
      { ...x },
      {
        ...CLIENT,
        files: { ...FILES, owner: "root", group: "root", mode: "0600" },
        organizations: [],
        sans: [],
        privileged: false,
        readers: [],
        restart: [],
        validitySeconds: undefined,
        renewEverySeconds: undefined,
      },
    );
    assert.deepEqual(parsed(own(SERVER)).certificates.own["x"]?.secret, {
      ...SECRET,
      certificate: "tls.crt",
      key: "tls.key",
      ca: "ca.crt",
    });
  });

  const accepted: Readonly<Record<string, Raw>> = {
    "an etcd client that says so": own({ ...CLIENT, authority: "etcd", privileged: true }),
    "a server with its node's own names": own({
      ...CLIENT,
      usages: ["server"],
      sans: ["{node}", "{address}", "localhost", "127.0.0.1"],
    }),
    "a group of Kubernetes that says so": own({ ...CLIENT, organizations: ["system:masters"], privileged: true }),
    "a name for each node": own({ ...CLIENT, commonName: "agent:{node}" }),
  };
  for (const [what, raw] of Object.entries(accepted))
    it(`takes ${what}`, () => {
      assert.deepEqual(problems(raw), []);
    });

  const at = "certificates.own.x";
  const refused: readonly (readonly [Raw, string])[] = [
    [own({ ...CLIENT, secret: SECRET }), `${at}: both files and secret; must be exactly one of the two`],
    [
      own({ authority: "kubernetes", usages: ["client"] }),
      `${at}: neither files nor secret; must be exactly one of the two`,
    ],
    [own({ ...SERVER, roles: ["worker"] }), `${at}.roles: given without files; must be left out, or given with files`],
    [
      own({ ...SERVER, readers: [{ kind: "systemd", name: "hook" }] }),
      `${at}.readers: given without files; must be left out, or given with files`,
    ],
    [
      own({ ...CLIENT, configMap: SECRET }),
      `${at}.configMap: given without secret; must be left out, or given with secret`,
    ],
    [own({ ...CLIENT, roles: ["worker"], nodes: ["w1"] }), `${at}: both roles and nodes; must be one of the two`],
    [own({ ...CLIENT, nodes: ["w9"] }), `${at}.nodes[0]: "w9"; must be the name of a node under \`nodes\``],
    [
      own({ ...SERVER, sans: ["{node}.web"] }),
      `${at}: {node}.web in a certificate of no node; must be a name that is the same everywhere`,
    ],
    [
      own({ ...SERVER, sans: [] }),
      `${at}.sans: an empty list; must be a list of at least one; clients ask a server for its name`,
    ],
    [own({ ...CLIENT, usages: [] }), `${at}.usages: an empty list; must be at least one of server, client`],
    [
      own(
        { ...CLIENT, organizations: ["a", "b"] },
        { certificates: { keyLocation: "state", own: { x: { ...CLIENT, organizations: ["a", "b"] } } } },
      ),
      `${at}.organizations: a list of 2; must be a list of one where the key is in the state`,
    ],
    [
      own({ ...SERVER, secret: { ...SECRET, ca: "tls.crt" } }),
      `${at}.secret: tls.crt twice; must be three keys of its data, each another one`,
    ],
    [
      own(SERVER, { inCluster: { enabled: false } }),
      `${at}.secret: given with inCluster.enabled: false; must be used with inCluster.enabled: true, because it is written in the cluster`,
    ],
    [
      config({ certificates: { own: { x: SERVER, y: SERVER } } }),
      `certificates.own.y.secret: Secret web/hook is that of ${at}.secret too; must be one of its own`,
    ],
    // what it may say
    [
      own({ ...CLIENT, commonName: "system:node:w1" }),
      `${at}.commonName: "system:node:w1" is a user of Kubernetes itself; must be a name of your own; ${ON_PURPOSE}`,
    ],
    [
      // bound by its name alone since 1.36
      own({ ...CLIENT, commonName: "kube-apiserver-kubelet-client" }),
      `${at}.commonName: "kube-apiserver-kubelet-client" is a user of Kubernetes itself; must be a name of your own; ${ON_PURPOSE}`,
    ],
    [
      own({ ...CLIENT, organizations: ["system:masters"] }),
      `${at}.organizations: "system:masters" is a group of Kubernetes itself; must be a group of your own; ${ON_PURPOSE}`,
    ],
    [
      own({ ...CLIENT, authority: "etcd" }),
      `${at}.privileged: false for a client of etcd; must be true; etcd lets each client of its CA read and write everything, Secrets too`,
    ],
    [
      own({ ...CLIENT, authority: "frontProxy" }),
      `${at}.privileged: false for a client of frontProxy; must be true; API servers may believe each client of this CA whoever it says it acts for`,
    ],
    ...(["api.example.com", "*.default.svc", "10.96.0.1", "w1"] as const).map((san): readonly [Raw, string] => [
      own({ ...SERVER, sans: [san] }),
      `${at}.sans: ${/^\d/.test(san) ? "IP" : "DNS"}:${san} is a name of a server of Kubernetes itself; must be names of your own; or set privileged: true if it is to stand in for that server`,
    ]),
    [
      own({ ...CLIENT, usages: ["server"], sans: ["cp1"], nodes: ["w1"] }),
      `${at}.sans: DNS:cp1 is a name of a server of Kubernetes itself; must be names of your own; or set privileged: true if it is to stand in for that server`,
    ],
    // where it is
    [
      own({ ...CLIENT, files: { ...FILES, ca: "/etc/kubernetes/pki/ca.crt" } }),
      `${at}.files.ca: /etc/kubernetes/pki/ca.crt on cp1 is a file of layout kubeadm; must be a place of its own; if that holds the same CA leave ca out: it follows each rotation`,
    ],
    [
      own({ ...CLIENT, files: { ...FILES, key: FILES.certificate }, nodes: ["w1"] }),
      `${at}.files.key: /etc/x/tls.crt on w1 is ${at}.files.certificate; must be a place of its own`,
    ],
    [
      own({ ...CLIENT, files: { ...FILES, mode: "0644" } }),
      `${at}.files.mode: 0644; must be 0600, 0640, 0400 or 0440; the key is secret: nobody but its owner and group may read it`,
    ],
    [
      own({ ...CLIENT, files: { ...FILES, key: "/root/x.key" } }),
      `${at}.files.key: "/root/x.key"; must be an absolute path below /etc, /var/lib, /opt, /usr/local or /srv; {node} in it stands for the node's name`,
    ],
    [
      own({ ...CLIENT, readers: [{ kind: "systemd", name: "kubelet" }] }),
      `${at}.readers[0].name: kubelet; must be a program beside the layout's services`,
    ],
    [
      own(
        { ...CLIENT, readers: [{ kind: "systemd", name: "agent" }] },
        { rollout: { readers: [{ kind: "static-pod", name: "agent", reads: ["/etc/y"] }] } },
      ),
      `${at}.readers[0].name: agent is a static-pod elsewhere in the stack file; must be of one kind`,
    ],
    [own({ ...CLIENT, validity: "4000d" }), `${at}.validity: 4000d; must be no longer than authority.validity, 3650d`],
  ];
  for (const [raw, problem] of refused)
    it(`says ${problem}`, () => {
      assert.ok(problems(raw).includes(problem), problems(raw).join("\n"));
    });
});
