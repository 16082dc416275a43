/**
 * The files of examples/pipelines: their own steps, in their order, in a repository made from template/, with the real engine and
 * real node scripts in folders. What runs them here is in runner.ts; no hosted runner has.
 */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { today } from "../../day";
import { Clusters, STACKS, type StackName } from "./clusters";
import * as github from "./github";
import * as gitlab from "./gitlab";
import * as jenkins from "./jenkins";
import type { Event, Job, Values } from "./job";
import { play, type Played } from "./runner";

const EXAMPLES = join(__dirname, "..", "..", "..", "examples", "pipelines");
const read = (file: string): string => readFileSync(join(EXAMPLES, file), "utf8");

const CERTIFICATE = "/etc/kubernetes/pki/apiserver.crt";
const CA = "/etc/kubernetes/pki/ca.crt";
const PASSPHRASE = "correct horse";

interface System {
  readonly name: string;
  readonly jobsOf: (event: Event, values: Values) => readonly Job[];
}

const SYSTEMS: readonly System[] = [
  {
    name: "github",
    jobsOf: (event, { token = "", backend = "", number = "" }) =>
      ["github/kube-pki-look.yml", "github/kube-pki-up.yml"].flatMap((file) =>
        github.jobsOf(read(file), event, {
          "vars.PULUMI_BACKEND_URL": backend,
          "secrets.PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
          "github.event.pull_request.number": number,
          "github.token": token,
        }),
      ),
  },
  {
    name: "gitlab",
    jobsOf: (event, { token = "", backend = "", number = "", api = "" }) =>
      gitlab.jobsOf(read("gitlab/.gitlab-ci.yml"), event, {
        PULUMI_BACKEND_URL: backend,
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        COMMENT_TOKEN: token,
        CI_API_V4_URL: api,
        CI_PROJECT_ID: "4",
        CI_MERGE_REQUEST_IID: number,
      }),
  },
  {
    name: "jenkins",
    jobsOf: (event, { backend = "" }) =>
      jenkins.jobsOf(read("jenkins/Jenkinsfile"), event, {
        PULUMI_BACKEND_URL: backend,
        "kube-pki-passphrase": PASSPHRASE,
      }),
  },
];

/** Each takes minutes: one a day, and a day decides which. */
const PLAYED = process.env["KUBE_PKI_PIPELINES"] === "all" ? SYSTEMS : [SYSTEMS[today % SYSTEMS.length]!];

const TOKEN = "glpat-of-the-test";

describe("pipelines", function () {
  this.timeout(900_000);
  let clusters: Clusters;
  let comments: string[] = [];
  let api: Server;
  let values: Values;

  before(async () => {
    clusters = await Clusters.create(PASSPHRASE);
    // as GitLab takes a note on a merge request
    api = createServer((request, response) => {
      void text(request).then((body) => {
        const isNote = request.method === "POST" && request.url === "/api/v4/projects/4/merge_requests/7/notes";
        if (isNote && request.headers["private-token"] === TOKEN) comments.push(body);
        response.writeHead(isNote ? 201 : 404).end("{}");
      });
    });
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    const { port } = api.address() as AddressInfo;
    values = {
      token: TOKEN,
      backend: clusters.state.url,
      number: "7",
      api: `http://127.0.0.1:${String(port)}/api/v4`,
    };
    // a command of hosted runners of GitHub, which notes what it is given
    const tools = join(clusters.folder, "tools");
    mkdirSync(tools);
    writeFileSync(join(tools, "gh"), `#!/bin/sh\necho "$GH_TOKEN $*" >"${tools}/gh.args"\ncat >"${tools}/gh.body"\n`);
    chmodSync(join(tools, "gh"), 0o755);
    clusters.env["PATH"] = [tools, clusters.env["PATH"]].join(delimiter);
    clusters.env["GITHUB_REPOSITORY"] = "sre/clusters";
  });
  after(async () => {
    api.close();
    await clusters.remove();
  });

  const played = ({ jobsOf }: System, event: Event, branch = "main"): Promise<readonly Played[]> => {
    const { folder, origin, nodeModules, env } = clusters;
    return play(jobsOf(event, values), { folder, origin, branch, nodeModules, env, comments });
  };
  const fine = (all: readonly Played[]): void => {
    for (const { job, step, code, output } of all) assert.equal(code, 0, `${job}: ${step}\n${output}`);
  };
  const visits = (): Record<StackName, number> => ({
    canary: clusters.servers.canary.connections,
    prod: clusters.servers.prod.connections,
  });
  const sansOf = (stack: StackName): string =>
    new X509Certificate(clusters.nodes[stack].read(CERTIFICATE)).subjectAltName ?? "";

  it("keep states in the bucket, and nothing of them beside", async () => {
    const objects = await clusters.state.objects();
    for (const stack of STACKS) assert.ok(objects.includes(`.pulumi/stacks/clusters/${stack}.json`), objects.join());
    assert.deepEqual(
      objects.filter((name) => name.startsWith(".pulumi/locks/")),
      [],
    );
  });

  for (const system of PLAYED)
    describe(system.name, () => {
      const branch = `names-for-${system.name}`;
      const san = `${system.name}.example.com`;

      it("comments on a change what it does to each cluster, and visits no node", async () => {
        comments = [];
        await clusters.propose(branch, san);
        const before = visits();
        fine(await played(system, "change", branch));
        if (system.name === "github") {
          const [args, body] = ["gh.args", "gh.body"].map((name) =>
            readFileSync(join(clusters.folder, "tools", name), "utf8"),
          );
          assert.equal(args, `${TOKEN} pr comment 7 --repo sre/clusters --edit-last --create-if-none --body-file -\n`);
          comments.push(body ?? "");
        }
        const said = comments.join("\n");
        for (const stack of STACKS)
          assert.match(
            said,
            new RegExp(
              `### kube-pki: ${stack}\\r?\\n\\r?\\n.*\\r?\\n.*\\r?\\n\\| cp1 \\| apiserver \\| \\S+ \\| its subject, names, .* change \\|`,
            ),
          );
        assert.deepEqual(visits(), before);
      });

      it("leaves all other clusters alone where the canary fails", async () => {
        await clusters.merge(branch);
        const before = visits();
        const { runs } = clusters.servers.canary;
        clusters.servers.canary.runs = undefined;
        clusters.servers.canary.answer = () => ({ code: 1, stderr: "it is broken\n" });
        const all = await played(system, "merge");
        clusters.servers.canary.runs = runs;
        assert.equal(all.at(-1)?.code, 2, all.at(-1)?.output);
        assert.match(all.at(-1)?.output ?? "", /it is broken/);
        assert.equal(visits().prod, before.prod, "the other cluster was visited");
        assert.doesNotMatch(sansOf("prod"), new RegExp(san));
      });

      it("carries a merged change out, the canary first", async () => {
        const all = await played(system, "merge");
        fine(all);
        for (const stack of STACKS) assert.match(sansOf(stack), new RegExp(`DNS:${san}`));
        const [canary, prod] = STACKS.map((stack) => statSync(clusters.nodes[stack].path(CERTIFICATE)).mtimeMs);
        assert.ok(Number(canary) < Number(prod), "the canary was not the first");
      });

      it("has nothing to renew a moment later, and visits no node for that", async () => {
        const before = visits();
        const all = await played(system, "week");
        fine(all);
        assert.equal(all.filter(({ output }) => output.includes("nothing is due\n")).length, STACKS.length);
        assert.deepEqual(visits(), before);
      });

      it("fails at night for the node that somebody has changed, and for no other", async () => {
        chmodSync(clusters.nodes.canary.path(CA), 0o600);
        const all = await played(system, "night");
        chmodSync(clusters.nodes.canary.path(CA), 0o644);
        const failed = all.filter(({ code }) => code !== 0);
        assert.equal(failed.length, 1, failed.map(({ output }) => output).join("\n"));
        assert.match(
          failed[0]?.output ?? "",
          new RegExp(`changed behind the stack's back: cp1: ${CA}: mode 0600, and it was left with 0644`),
        );
        // the other cluster has been looked at, and the dates of both
        for (const command of ["due", "status"])
          assert.equal(all.filter(({ step }) => step.includes(`kube-pki ${command}`)).length, STACKS.length, command);
      });
    });
});
