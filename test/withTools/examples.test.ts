/** The stack files of examples/, on the real engine; nodes are stand-ins, OpenBao is real. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import type { StatusReport } from "../../core/report/stackStatus";
import { makeCa } from "../core/config/fixtures";
import { isOfToday } from "../day";
import { KUBE_PKI } from "../e2e/project";
import { commandsIn, settingsOf, sharedIn, stackFilesOf } from "../examples/stackFiles";
import { OpenBao } from "../lab/openbao";
import { StandInCluster } from "./standInCluster";

type Values = Readonly<Record<string, unknown>>;
interface Node {
  readonly name: string;
  readonly ssh: Values;
}

/** What stand-ins need: an address of this machine, and a login of theirs. */
const LOGIN = { user: "tester", sudo: true };
const DAY_MS = 86_400_000;

let count = 0;
/** Together they take minutes: a third of them a day. */
const itOfToday = (title: string, play: () => Promise<void>): void => {
  if (process.env["KUBE_PKI_EXAMPLES"] === "all" || isOfToday(count++, 3)) it(title, play);
};

describe("an example", function () {
  this.timeout(600_000);
  let cluster: StandInCluster;
  let server: OpenBao | undefined;
  /** Of the programs that are run. */
  let env: NodeJS.ProcessEnv = {};
  afterEach(async () => {
    await cluster.stop();
    await server?.stop();
    server = undefined;
    env = {};
  });

  /** Its settings, by section, in a stack whose nodes are stand-ins. */
  const begin = async (example: string, file: string): Promise<void> => {
    const settings = Object.fromEntries(
      Object.entries(settingsOf(example, file)).map(([key, value]) => [key.replace(/^kube-pki:/, ""), value]),
    );
    const listed = settings["nodes"] as readonly Node[];
    cluster = await StandInCluster.start(listed.map(({ name }) => name));
    const { ssh, ...own } = settings;
    assert.deepEqual(ssh, { agent: true });
    for (const key of Object.keys(sharedIn(example))) Reflect.deleteProperty(own, key.replace(/^kube-pki:/, ""));
    const nodes = listed.map((node, index) => ({ ...node, ssh: { ...node.ssh, ...cluster.nodes[index]?.ssh } }));
    cluster.configure({ inCluster: undefined, rollout: undefined, ...own, nodes });
    await cluster.configureSsh(LOGIN);
    shareAs(example);
    if (commandsIn(example, file).length > 0) await runCommands(example, file);
  };
  /** Gives the project what the example's says for all stacks. */
  const shareAs = (example: string): void => {
    const path = join(cluster.folder, "Pulumi.yaml");
    const shared = Object.entries(sharedIn(example)).filter(([key]) => key !== "kube-pki:ssh");
    const project = parse(readFileSync(path, "utf8")) as Values;
    rmSync(path); // a link
    writeFileSync(
      path,
      stringify({ ...project, config: Object.fromEntries(shared.map(([key, value]) => [key, { value }])) }),
    );
  };
  /** As a person would, of CAs that are there; `ssh` reads them from a folder. */
  const runCommands = async (example: string, file: string): Promise<void> => {
    const root = join(cluster.folder, "cp1");
    const bin = join(cluster.folder, "bin");
    const commands = commandsIn(example, file);
    const cas = new Map(
      await Promise.all(["kubernetes", "etcd", "frontProxy"].map(async (name) => [name, await makeCa(name)] as const)),
    );
    for (const command of commands) {
      const [, path = "", authority = "", part = ""] =
        /cat (\/\S+) .*kube-pki:authority\.(\w+)\.(certificate|key)/.exec(command) ?? assert.fail(command);
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), cas.get(authority)?.[part as "certificate" | "key"] ?? assert.fail(command));
    }
    mkdirSync(bin);
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\n[ "$2" = cat ] && exec cat "${root}$3"\n`);
    chmodSync(join(bin, "ssh"), 0o755);
    const path = { PATH: [bin, cluster.path].join(delimiter) };
    for (const command of commands) {
      const { code, stderr } = await cluster.run(["sh", "-c", command], undefined, path);
      assert.equal(code, 0, stderr);
    }
    for (const { key } of cas.values())
      assert.ok(!readFileSync(join(cluster.folder, "stacks", "Pulumi.lab.yaml"), "utf8").includes(key));
  };

  const pulumi = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.run(["pulumi", ...args, "--non-interactive"], undefined, env);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  /** Visits no node, and warns of nothing but of stand-ins. */
  const preview = async (): Promise<string> => {
    const stdout = await pulumi("preview");
    assert.deepEqual(cluster.asked, []);
    const warnings = stdout.split("\n").filter((line) => /warning: (?!using pulumi-)/.test(line));
    assert.deepEqual(warnings, []);
    return stdout;
  };
  const up = async (): Promise<StatusReport["certificates"]> => {
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    const { stdout, stderr } = await cluster.run([KUBE_PKI, "status", "--json"], undefined, env);
    assert.equal(stderr, "");
    return (JSON.parse(stdout) as StatusReport).certificates;
  };
  const nodesOf = (rows: StatusReport["certificates"]): string[] => [...new Set(rows.map(({ node }) => node))].sort();
  const daysOf = ({ notAfter }: { readonly notAfter: string }): number =>
    Math.round((Date.parse(notAfter) - Date.now()) / DAY_MS);

  /** Of a cluster that runs: these stand-ins say that nothing does, so they are not it. */
  const isRefused = async (): Promise<void> => {
    const { code, stdout } = await cluster.run(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]);
    assert.notEqual(code, 0);
    assert.match(stdout, /nothing was touched:\n[^]*cp1, cp2, cp3: kube-apiserver is not there/);
    assert.deepEqual(cluster.asked, []);
  };

  itOfToday("existing-cas signs by the CAs that it was given, in a cluster that runs", async () => {
    await begin("existing-cas", "Pulumi.prod.yaml");
    const stdout = await preview();
    assert.match(stdout, /prod-w1-kubelet create/);
    assert.doesNotMatch(stdout, /SelfSignedCert/);
    await isRefused();
  });

  itOfToday("new-cluster makes CAs and certificates for nodes on which nothing runs", async () => {
    await begin("new-cluster", "Pulumi.prod.yaml");
    assert.match(await preview(), /SelfSignedCert prod-etcd-ca-certificate create/);
    assert.deepEqual(nodesOf(await up()), ["-", "cp1", "cp2", "cp3", "w1"]);
  });

  itOfToday("hardway-vault has its CAs in OpenBao", async () => {
    await begin("hardway-vault", "Pulumi.prod.yaml");
    server = await OpenBao.start();
    env = server.env();
    cluster.configure({ authority: { kind: "vault", vault: { address: server.address } } });
    await preview();
    assert.deepEqual(nodesOf(await up()), ["-", "cp1", "cp2", "e1", "e2", "e3", "w1"]);
    const { key_info: issuers } = await server.must("LIST", "kube-pki/prod/etcd/issuers");
    assert.equal(Object.keys(issuers as object).length, 1);
  });

  itOfToday("adoption begins with the phase that adds new CAs to the old ones", async () => {
    await begin("adoption", "Pulumi.prod.yaml");
    const stdout = await preview();
    for (const node of ["cp1", "cp2", "cp3", "w1"]) assert.match(stdout, new RegExp(`prod-${node}-trust create`));
    assert.doesNotMatch(stdout, /-retire/);
  });

  itOfToday("kubespray has the files and CAs of such a cluster", async () => {
    await begin("kubespray", "Pulumi.prod.yaml");
    const stdout = await preview();
    assert.match(stdout, /prod-cp1-etcdctl-etcd-client create/);
    assert.doesNotMatch(stdout, /SelfSignedCert/);
    await isRefused();
  });

  for (const [example, file] of stackFilesOf().filter(([name]) => name === "many-clusters"))
    itOfToday(`${example}, ${file}, has what all clusters have in common`, async () => {
      await begin(example, file);
      await preview();
      assert.deepEqual([...new Set((await up()).map(daysOf))], [90]);
    });
});
