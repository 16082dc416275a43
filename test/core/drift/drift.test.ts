/** Live states of a node that somebody has changed: each is told in one sentence, with the step that brings it back. */
import assert from "node:assert/strict";
import { driftAnswer } from "../../../core/drift/answer";
import { NO_NOTE, type Change, type NodeDrift } from "../../../core/drift/change";
import { nodeDrift } from "../../../core/drift/drift";
import { checkedConfig, isProblems, type Raw } from "../../../core/init/checked";
import { planCluster } from "../../../core/plan";
import type { Answered } from "../../../core/preflight/compare";
import { comparedConfig, preflightNode } from "../../../core/preflight/job";
import type { Config } from "../../../core/schema/config";
import type { CertificateFacts, FileFacts, Survey } from "../../../core/survey/model";
import type { NoteFacts, RecordFacts } from "../../../core/survey/record";
import { made } from "../init/check";
import { kubeadmCluster, kubeadmSurvey, makeCas, NODES, PKI, withOptions, type Cas } from "../init/cluster";
import { caOf, fileOf, NOW } from "../init/facts";

const KUBELET = "/var/lib/kubelet/pki";
const CURRENT = `${KUBELET}/kubelet-client-current.pem`;
const OURS = "kubelet-client-kube-pki.pem";
const NAME = "1790000000-17";

let cas: Cas;
let config: Config;
let rotating: Config;

const configOf = (raw: Raw): Config => {
  const { raw: own, secrets } = made(kubeadmCluster(cas));
  const known = checkedConfig(
    { ...own, ...raw },
    secrets.map(({ at }) => at),
    NOW,
  );
  assert.ok(!isProblems(known), JSON.stringify(known));
  return known;
};

type Edit = (survey: Survey) => Survey;

const file =
  (path: string, changes: Partial<FileFacts>): Edit =>
  (survey) => ({
    ...survey,
    files: survey.files.map((each) => (each.path === path ? { ...each, ...changes } : each)),
  });
const record =
  (change: (known: RecordFacts) => RecordFacts): Edit =>
  (survey) => ({
    ...survey,
    ...(survey.record === undefined ? {} : { record: change(survey.record) }),
  });
/** Files with another text than the step left there. */
const rewritten = (...paths: string[]): Edit =>
  record((known) => ({
    ...known,
    ...(known.noted && {
      noted: {
        ...known.noted,
        files: known.noted.files.map((each) => ({ ...each, isSame: each.isSame && !paths.includes(each.path) })),
      },
    }),
  }));
const noted = (more: Partial<NoteFacts>): Edit =>
  record((known) => ({ ...known, ...(known.noted && { noted: { ...known.noted, ...more } }) }));
const FOLDER = { mode: "0755", uid: 0, gid: 0, real: PKI };
const ACL = "user::rw-,user:1000:r--";
const withoutNote = (known: RecordFacts): RecordFacts =>
  Object.fromEntries(Object.entries(known).filter(([field]) => field !== "noted")) as unknown as RecordFacts;
const withoutRecord: Edit = (survey) =>
  Object.fromEntries(Object.entries(survey).filter(([field]) => field !== "record")) as unknown as Survey;
const all =
  (...edits: Edit[]): Edit =>
  (survey) =>
    edits.reduce((known, edit) => edit(known), survey);
const same: Edit = (survey) => survey;

/** A node that the stack has in hand, as its last step has left it. */
const inHand = (survey: Survey, known: Config): Survey => {
  const plan = planOf(survey, known);
  const paths = plan.files.map(({ path }) => path);
  const linked = fileOf(`${KUBELET}/${OURS}`, { certificates: clientOf(survey) });
  const files = [
    ...survey.files.filter(({ path }) => path !== CURRENT),
    linked,
    { ...linked, path: CURRENT, link: OURS, real: linked.path },
  ];
  const leaves = plan.leaves.map(({ profile, id }) => ({ profile, id, serial: serialOf(files, survey, profile) }));
  return {
    ...survey,
    files,
    record: {
      applied: "01234567",
      leaves,
      cas: [cas.kubernetes, cas.etcd, cas.frontProxy].map(({ facts }) => facts.fingerprint),
      files: paths,
      served: [],
      interrupted: false,
      noted: {
        name: NAME,
        told: { apply: "1780000000-5" },
        files: paths
          .filter((path) => path !== CURRENT)
          .flatMap((path) => {
            const found = files.find((each) => each.path === path);
            return found === undefined ? [] : [{ path, mode: found.mode, uid: 0, gid: 0, isSame: true }];
          }),
        links: [{ path: CURRENT, target: OURS }],
      },
    },
  };
};

const planOf = (survey: Survey, known: Config) => {
  const plan = planCluster(known, NOW).nodes.find(({ node }) => node.name === survey.host.hostname);
  assert.ok(plan);
  return plan;
};
const clientOf = ({ files }: Survey): readonly CertificateFacts[] =>
  files.find(({ path }) => path === CURRENT)?.certificates ?? [];
const BASE: Readonly<Record<string, string>> = { apiserver: `${PKI}/apiserver.crt` };
const serialOf = (files: readonly FileFacts[], survey: Survey, profile: string): string => {
  const path = profile === "scheduler" ? undefined : BASE[profile];
  const [inFile] = files.find((each) => each.path === path)?.certificates ?? [];
  const config = survey.kubeconfigs.find((each) => each.path === `/etc/kubernetes/${profile}.conf`);
  return inFile?.serial ?? config?.users[0]?.certificates[0]?.serial ?? "1";
};

const certificateAt = (survey: Survey, path: string): CertificateFacts => {
  const [certificate] = survey.files.find((each) => each.path === path)?.certificates ?? [];
  assert.ok(certificate, path);
  return certificate;
};

const driftOf = (edit: Edit, known = config, node = "cp1"): NodeDrift => {
  const wish = NODES.find(({ name }) => name === node);
  assert.ok(wish);
  const survey = edit(inHand(kubeadmSurvey(wish, cas), known));
  return nodeDrift(planOf(survey, known), survey, known, planCluster(known, NOW));
};

type Row = readonly [edit: () => Edit, texts: readonly RegExp[], by?: Change["by"]];

const renewed =
  (changes: Partial<CertificateFacts> = {}): Edit =>
  (survey) =>
    all(
      file(`${PKI}/apiserver.crt`, {
        certificates: [{ ...certificateAt(survey, `${PKI}/apiserver.crt`), serial: "feed", ...changes }],
      }),
      rewritten(`${PKI}/apiserver.crt`, `${PKI}/apiserver.key`),
    )(survey);

const ROWS: Readonly<Record<string, Row>> = {
  nothing: [() => same, []],
  "a file that is gone": [
    () => file(`${PKI}/apiserver.crt`, { state: "missing" }),
    [/^\/etc\/kubernetes\/pki\/apiserver\.crt: it is gone$/],
  ],
  "a link in the place of a file": [
    () => file(`${PKI}/apiserver.key`, { link: "elsewhere.key", real: `${PKI}/elsewhere.key` }),
    [/apiserver\.key: a link to elsewhere\.key, and it was a file$/],
  ],
  "a folder in the place of a file": [
    () => file(`${PKI}/apiserver.key`, { state: "other" }),
    [/apiserver\.key: it is no file any more$/],
  ],
  "a mode, and another owner": [
    () => file(`${PKI}/apiserver.key`, { mode: "0640", uid: 52034, gid: 52034, owner: "etcd", group: "etcd" }),
    [
      /apiserver\.key: mode 0640, and it was left with 0600$/,
      /apiserver\.key: it belongs to etcd:etcd, and was left to root:root$/,
    ],
  ],
  "a renewal by kubeadm, told once for certificate and key": [
    () => renewed(),
    [
      /^\S+apiserver\.crt, \S+apiserver\.key: apiserver was renewed by another tool, such as `kubeadm certs renew` \(serial feed, of 2026-04-30, until 2027-05-01; the stack's has serial \w+\)$/,
    ],
  ],
  "a kubeconfig that kubeadm has renewed": [
    () => (survey) =>
      all(rewritten("/etc/kubernetes/scheduler.conf"), (known) => ({
        ...known,
        kubeconfigs: known.kubeconfigs.map((each) =>
          each.path === "/etc/kubernetes/scheduler.conf"
            ? {
                ...each,
                users: each.users.map((user) => ({
                  ...user,
                  certificates: user.certificates.map((own) => ({ ...own, serial: "feed" })),
                })),
              }
            : each,
        ),
      }))(survey),
    [/^\/etc\/kubernetes\/scheduler\.conf: scheduler was renewed by another tool, .*serial feed/],
  ],
  "a kubeconfig that leads elsewhere": [
    () => (survey) =>
      all(rewritten("/etc/kubernetes/scheduler.conf"), (known) => ({
        ...known,
        kubeconfigs: known.kubeconfigs.map((each) =>
          each.path === "/etc/kubernetes/scheduler.conf"
            ? { ...each, clusters: each.clusters.map((entry) => ({ ...entry, server: "https://10.9.9.9:6443" })) }
            : each,
        ),
      }))(survey),
    [/^\/etc\/kubernetes\/scheduler\.conf leads to https:\/\/10\.9\.9\.9:6443, and led to https:\/\//],
  ],
  "a certificate of a stranger": [
    () => renewed({ issuer: "CN=evil", authorityKeyId: "00" }),
    [/the certificate of apiserver is one that no CA of the cluster has signed \(.*CN=kube-apiserver, serial feed/],
  ],
  "a certificate of somebody else of the cluster": [
    () => renewed({ subject: "O=system:nodes, CN=system:node:w9" }),
    [/in place of apiserver there is a certificate of O=system:nodes, CN=system:node:w9 \(serial feed/],
  ],
  "a file that is no certificate any more": [
    () => all(file(`${PKI}/apiserver.crt`, { certificates: [] }), rewritten(`${PKI}/apiserver.crt`)),
    [/apiserver\.crt: changed, and no certificate of apiserver can be read any more$/],
  ],
  "a line beside the certificate": [
    () => rewritten(`${PKI}/apiserver.crt`),
    [/apiserver\.crt: edited; the certificate of apiserver is still the stack's$/],
  ],
  "a CA more": [
    () => (survey) =>
      all(
        file(`${PKI}/ca.crt`, {
          certificates: [...(survey.files.find(({ path }) => path === `${PKI}/ca.crt`)?.certificates ?? []), EVIL],
        }),
        rewritten(`${PKI}/ca.crt`),
      )(survey),
    [/ca\.crt: it holds a CA that is not the stack's and that stays there \(CN=evil, sha256 [0-9a-f]{16}\)$/],
  ],
  "no CA any more": [
    () => all(file(`${PKI}/ca.crt`, { certificates: [] }), rewritten(`${PKI}/ca.crt`)),
    [/ca\.crt: changed, and holds no certificate any more$/],
  ],
  "an edited CA file": [() => rewritten(`${PKI}/ca.crt`), [/ca\.crt: edited; no CA in it is new$/]],
  "the link of a kubelet that has rotated by itself": [
    () => (survey) =>
      file(CURRENT, {
        link: "kubelet-client-2026-05-30-10-00-00.pem",
        certificates: clientOf(survey).map((own) => ({ ...own, serial: "beef" })),
      })(survey),
    [
      /^\S+: the kubelet has rotated its client certificate by itself: the link leads to kubelet-client-2026-05-30-10-00-00\.pem \(serial beef, .*\), and led to kubelet-client-kube-pki\.pem$/,
    ],
  ],
  "a link that leads elsewhere": [
    () => file(CURRENT, { link: "mine.pem" }),
    [/: the link leads to mine\.pem, and led to kubelet-client-kube-pki\.pem$/],
  ],
  "a file in the place of a link": [
    () => (survey) => ({
      ...survey,
      files: survey.files.map((each) => (each.path === CURRENT ? fileOf(CURRENT) : each)),
    }),
    [/: a file of its own, and it was a link to kubelet-client-kube-pki\.pem$/],
  ],
  "a link that is gone": [
    () => (survey) => ({ ...survey, files: survey.files.filter(({ path }) => path !== CURRENT) }),
    [/: the link is gone$/],
  ],
  "a flag that names another file, which no step can mend": [
    () => (survey) => {
      const [own] = survey.files.filter(({ path }) => path === `${PKI}/apiserver.crt`);
      assert.ok(own);
      return {
        ...survey,
        files: [
          ...survey.files.filter(({ path }) => path !== own.path),
          { ...own, uses: [] },
          { ...own, path: "/etc/kubernetes/mine.crt" },
        ],
      };
    },
    [
      /^kube-apiserver reads \/etc\/kubernetes\/mine\.crt \(--tls-cert-file\), and the stack writes \S+apiserver\.crt: start it with that path/,
    ],
    [],
  ],
  "a folder with another mode and another owner": [
    () => noted({ folders: [{ path: PKI, was: FOLDER, is: { ...FOLDER, mode: "0775", uid: 1000 } }] }),
    [
      /^\/etc\/kubernetes\/pki: mode 0775, and it was left with 0755$/,
      /^\/etc\/kubernetes\/pki: it belongs to 1000:root, and was left to root:root$/,
    ],
  ],
  "a folder that is gone, of which its files tell": [() => noted({ folders: [{ path: PKI, was: FOLDER }] }), []],
  "a link in the place of a folder": [
    () =>
      noted({
        folders: [{ path: PKI, was: FOLDER, is: { ...FOLDER, mode: "0700", real: "/data/pki" } }],
        marks: [{ path: PKI, kind: "acl", is: ACL }],
      }),
    [/^\/etc\/kubernetes\/pki: it leads to \/data\/pki, and was a folder$/],
    [],
  ],
  "a link that leads to another folder": [
    () =>
      noted({
        folders: [{ path: PKI, was: { ...FOLDER, real: "/data/pki" }, is: { ...FOLDER, real: "/mnt/pki" } }],
      }),
    [/^\/etc\/kubernetes\/pki: it leads to \/mnt\/pki, and led to \/data\/pki$/],
    [],
  ],
  "ACLs of a file and of a folder": [
    () =>
      noted({
        folders: [{ path: PKI, was: FOLDER, is: FOLDER }],
        marks: [
          { path: PKI, kind: "acl", is: ACL },
          { path: `${PKI}/apiserver.key`, kind: "acl", is: "+" },
          { path: `${PKI}/apiserver.crt`, kind: "acl", was: ACL },
          { path: `${PKI}/ca.crt`, kind: "acl", was: ACL, is: "user::r--" },
        ],
      }),
    [
      /^\/etc\/kubernetes\/pki: it has an ACL \(user::rw-,user:1000:r--\), and had none$/,
      /apiserver\.key: it has an ACL, and had none$/,
      /apiserver\.crt: its ACL is gone \(user::rw-,user:1000:r--\)$/,
      /ca\.crt: its ACL is user::r--, and was user::rw-,user:1000:r--$/,
    ],
  ],
  "ACLs that nobody can bring back for want of tools": [
    () =>
      noted({
        folders: [{ path: PKI, was: FOLDER, is: FOLDER }],
        marks: [
          { path: PKI, kind: "acl", is: "+" },
          { path: `${PKI}/apiserver.key`, kind: "acl", was: "+" },
        ],
      }),
    [/^\/etc\/kubernetes\/pki: it has an ACL, and had none$/, /apiserver\.key: its ACL is gone$/],
    [],
  ],
  "an ACL that can be read now and could not be before, or the other way round": [
    () =>
      noted({
        folders: [{ path: PKI, was: FOLDER, is: FOLDER }],
        marks: [
          { path: PKI, kind: "acl", was: "+", is: ACL },
          { path: `${PKI}/apiserver.key`, kind: "acl", was: ACL, is: "+" },
        ],
      }),
    [],
  ],
  "what chattr has done, which is for a person to undo": [
    () =>
      noted({
        folders: [{ path: PKI, was: FOLDER, is: FOLDER }],
        marks: [
          { path: `${PKI}/apiserver.crt`, kind: "flags", was: "a", is: "ia" },
          { path: PKI, kind: "flags", was: "i" },
        ],
      }),
    [
      /apiserver\.crt: immutable, so that no step can replace what is there: chattr -i \/etc\/kubernetes\/pki\/apiserver\.crt$/,
      /^\/etc\/kubernetes\/pki: no longer immutable$/,
    ],
    [],
  ],
  "nothing of the rights of a file that is none of the stack's any more, or is a link now": [
    () =>
      all(
        file(`${PKI}/apiserver.key`, { link: "elsewhere.key", real: `${PKI}/elsewhere.key` }),
        noted({
          folders: [{ path: PKI, was: FOLDER, is: FOLDER }],
          marks: [
            { path: `${PKI}/apiserver.key`, kind: "acl", was: ACL },
            { path: `${PKI}/earlier.key`, kind: "acl", was: ACL },
          ],
        }),
      ),
    [/apiserver\.key: a link to elsewhere\.key, and it was a file$/],
  ],
  "a run that was cut": [
    () => record((known) => ({ ...known, interrupted: true })),
    [/^a run was cut there, and what it left was not put in order yet$/],
  ],
  "a node that an earlier version has set up": [
    () => record(withoutNote),
    [/^an earlier version of kube-pki has noted nothing there to compare with: the step runs once, and notes it$/],
  ],
  "a node that was given nothing yet": [() => withoutRecord, []],
};

let EVIL: CertificateFacts;

describe("drift of a node", () => {
  before(async () => {
    cas = await makeCas();
    config = configOf({});
    rotating = configOf({ rotation: { generation: 2 }, rollout: { acceptEtcdDowntime: true } });
    EVIL = (await caOf("evil")).facts;
  });

  for (const [title, [edit, texts, by = ["apply"]]] of Object.entries(ROWS))
    it(`is told: ${title}`, () => {
      const { changes } = driftOf(edit());
      assert.equal(changes.length, texts.length, JSON.stringify(changes, undefined, 2));
      for (const [index, text] of texts.entries()) assert.match(changes[index]?.text ?? "", text);
      for (const change of changes) assert.deepEqual(change.by, by, change.text);
    });

  it("names the note that is to be brought back, and what steps were told last", () => {
    assert.deepEqual(driftOf(same).note, NAME);
    assert.deepEqual(driftOf(same).told, { apply: "1780000000-5" });
    assert.equal(driftOf(record(withoutNote)).note, NO_NOTE);
  });

  it("names the certificate that it is about, and none of a mode of a CA", () => {
    assert.deepEqual(
      driftOf(renewed()).changes.flatMap(({ leaves }) => leaves),
      ["apiserver"],
    );
    assert.deepEqual(
      driftOf(file(`${PKI}/ca.crt`, { mode: "0600" })).changes.flatMap(({ leaves }) => leaves),
      [],
    );
  });

  it("of what is trusted is brought back by `trust` as well while a rotation is in the stack file", () => {
    const [ca] = driftOf(rewritten(`${PKI}/ca.crt`), rotating).changes;
    assert.deepEqual(ca?.by, ["trust", "apply"]);
    const [leaf] = driftOf(renewed(), rotating).changes;
    assert.deepEqual(leaf?.by, ["apply"]);
  });

  it("of a kubeconfig is brought back by `trust` only where it no longer trusts what the node does", () => {
    const path = "/etc/kubernetes/scheduler.conf";
    const without: Edit = (survey) => ({
      ...survey,
      kubeconfigs: survey.kubeconfigs.map((each) =>
        each.path === path
          ? { ...each, clusters: each.clusters.map((cluster) => ({ ...cluster, authorities: [] })) }
          : each,
      ),
    });
    const by = (edit: Edit) => driftOf(edit, rotating).changes.map((change) => change.by);
    assert.deepEqual(by(rewritten(path)), [["apply"]]);
    assert.deepEqual(by(file(path, { mode: "0644" })), [["apply"]]);
    assert.deepEqual(by(all(rewritten(path), without)), [["trust", "apply"]]);
  });

  it("is a flag that a rotation has given a service and that is gone, once its file is there", () => {
    const seeded: Edit = (survey) => ({
      ...survey,
      files: [...survey.files, ...["crt", "key"].map((end) => fileOf(`${PKI}/ca-signing.${end}`))],
    });
    const signing = ["cert", "key"].map((half) => `cluster-signing-${half}-file`);
    assert.deepEqual(driftOf(same, rotating).changes, []);
    const { changes } = driftOf(seeded, rotating);
    assert.deepEqual(
      changes.map(({ text, by }) => [text.replace(/=.*?,/, "=,"), by]),
      signing.map((name) => [
        `kube-controller-manager runs without --${name}=, which a rotation has given it`,
        ["trust"],
      ]),
    );
    const given = all(seeded, (survey) =>
      withOptions(survey, "kube-controller-manager", {
        "cluster-signing-cert-file": `${PKI}/ca-signing.crt`,
        "cluster-signing-key-file": `${PKI}/ca-signing.key`,
      }),
    );
    assert.deepEqual(driftOf(given, rotating).changes, []);
  });
});

describe("drift of all nodes", () => {
  it("is told by node, with those that did not answer, and what a step would be refused for", () => {
    const known = comparedConfig(config);
    const plan = planCluster(known, NOW);
    const surveys = NODES.map((wish) => inHand(kubeadmSurvey(wish, cas), config));
    const answered = plan.nodes.flatMap((node): Answered[] => {
      const survey = surveys.find(({ host }) => host.hostname === node.node.name);
      const about = { node: preflightNode(plan, node, config) };
      if (node.node.name === "w1") return [{ ...about, answer: { unreachable: "ssh to 10.0.0.21:22: away" } }];
      if (survey === undefined) return [];
      const isFirst = node.node.name === "cp1";
      const sans = [...certificateAt(surveys[0] ?? survey, `${PKI}/apiserver.crt`).sans, "DNS:old.example.com"];
      return [{ ...about, answer: isFirst ? renewed({ sans })(survey) : survey }];
    });
    const { nodes, refused } = driftAnswer(known, answered);
    assert.deepEqual(nodes["w1"], { unread: "ssh to 10.0.0.21:22: away" });
    const told = Object.entries(nodes).flatMap(([name, found]) =>
      "unread" in found ? [] : found.changes.map(({ text }) => `${name}: ${text}`),
    );
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0] ?? "", /^cp1: .*apiserver was renewed/);
    assert.deepEqual(refused, [
      'cp1: apiserver would lose DNS:old.example.com; cluster.extraSans: [old.example.com], or certificates.profiles.apiserver.allowLoss: ["DNS:old.example.com"]',
    ]);
  });
});
