/**
 * Command lines as people get them wrong at three in the morning, and machines that lack something: exit code 2, nothing on
 * stdout, and one sentence on stderr that names what to change.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { answerTo } from "../../cli/ask";
import { COMMAND_NAMES } from "../../cli/commands";
import { DURATION_ALLOWED } from "../../core/format/duration";
import { FORM_NAMES } from "../../core/report/forms";
import { STATUSES } from "../../core/report/status";
import { Harness } from "./harness";

const ROW = {
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "CN=kubernetes",
  serial: "0a1b",
  notAfter: "2099-07-01T00:00:00Z",
  nextRenewal: "2099-06-20T00:00:00Z",
  keyLocation: "node",
  proof: "served",
};

/** What pulumi says to that; without it pulumi has a stack with one certificate. */
type Says = string | undefined;

const MOMENT = 'a timestamp such as "2026-12-31T00:00:00Z", or a day';
const PREVIEW = "not the output of `pulumi preview --json`; run that command and give its output";
const FILE = "a file that is there, and that you may read";

const MISTAKES: readonly (readonly [line: string, sentence: string, says?: Says])[] = [
  // options
  ["status --stac prod", "--stac: no option of this command; did you mean `--stack`?"],
  ["status -x", "-x: no option of this command; see --help"],
  [
    "status prod",
    'argument "prod": given; must be left out, since this command takes options alone; did you mean `--stack prod`?',
  ],
  ["--stack prod status", `command: "--stack"; must be one of ${COMMAND_NAMES.join(", ")}; options come behind it`],
  [
    "up prod",
    'argument "prod": given; must be left out, since this command takes options alone; did you mean `--stack prod`?',
  ],
  [
    "renew cp1 apiserver now",
    'argument "now": given; must be left out, since this command takes options alone; did you mean `--stack now`?',
  ],
  ["status --stack", "--stack: without a value; must be given with one: --stack STACK"],
  ["status --stack --json", "--stack: without a value; must be given with one: --stack STACK"],
  ["status --json=yes", "--json: with a value; must be given without one"],
  ["status --stack ''", '--stack: ""; must be a value (STACK); or left out, for its default'],
  ["timer run --stack ''", '--stack: ""; must be a value (STACK); or left out, for its default'],
  ["up --yes --stack=", '--stack: ""; must be a value (STACK); or left out, for its default'],
  ["up --json", "--json: needs --yes, as nobody is there to be asked"],
  ["due --json --markdown", "--json and --markdown: give one of them"],
  ["status --all --stack prod", "--all and --stack: give one of them"],
  ["status -o html5", `--output: "html5"; must be one of ${FORM_NAMES.join(", ")}; did you mean \`html\`?`],
  ["status --status ended", `--status: "ended"; must be one of ${STATUSES.join(", ")}`],
  ["status --authority ca", '--authority: "ca"; must be one of kubernetes, etcd, frontProxy'],
  ["due --fail-on everything", '--fail-on: "everything"; must be one of due, drift, change'],
  ["status --within 30", `--within: "30"; must be ${DURATION_ALLOWED}; did you mean 30d?`],
  ["status --within 1y", `--within: "1y"; must be ${DURATION_ALLOWED}; did you mean 365d?`],
  ["status --within soon", `--within: "soon"; must be ${DURATION_ALLOWED}`],
  ["status --as-of tomorrow", `--as-of: "tomorrow"; must be ${MOMENT}`],
  ["status --as-of 01.02.2026", `--as-of: "01.02.2026"; must be ${MOMENT}; did you mean 2026-02-01T00:00:00Z?`],
  ["status --as-of 2026-02-30", `--as-of: "2026-02-30"; must be ${MOMENT}`],
  ["status --node cp2", '--node: "cp2"; must be one of cp1; did you mean `cp1`?'],

  // what has to be there
  ["due --preview nowhere.json", `--preview: "nowhere.json"; must be ${FILE}`],
  ["due --preview - <empty.json", PREVIEW],
  ["due --preview nothing.txt", PREVIEW],
  ["doctor --from nowhere.json", `--from: "nowhere.json"; must be ${FILE}`],
  ["status -C /nowhere", '--cwd: "/nowhere"; must be a folder that is there'],
  ["status -C empty.json", '--cwd: "empty.json"; must be a folder that is there'],
  ["timer install --stack prod", "--cwd: FOLDER; must be the folder of a Pulumi project, with Pulumi.yaml in it"],
  ["timer install", "--stack: missing; name the stack, as another one may be selected by then"],
  ["timer", "timer takes one of install, run, status, remove"],

  // hosts and nodes
  ["survey", "no host; give at least one [user@]host[:port]"],
  ["init", "no host; give at least one [user@]host[:port]"],
  ["init root@cp1 --ca adpot", '--ca: "adpot"; must be one of existing, adopt, vault; did you mean `adopt`?'],
  ["doctor root@@cp1", 'host "root@@cp1"; must be [user@]host[:port], an IPv6 address in brackets'],
  ["doctor fd00::1", 'host "fd00::1"; must be [user@]host[:port], an IPv6 address in brackets'],
  ["doctor root@cp1:99999", 'host "root@cp1:99999"; must be [user@]host[:port], an IPv6 address in brackets'],
  ["renew cp1", "NODE CERTIFICATE: missing; must come first, such as `npx kube-pki renew cp1 apiserver --yes`"],
  [
    "renew --yes cp1 apiserver",
    "NODE CERTIFICATE: missing; must come first, such as `npx kube-pki renew cp1 apiserver --yes`",
  ],
  ["renew cp2 apiserver", "NODE: cp2; must be one of cp1"],
  ["renew cp1 api-server", "CERTIFICATE: api-server; must be one of those on cp1: apiserver"],
  ["restore", "restore takes a node and at most one date; see --help"],
  ["backup", "--recipient: missing; give a public key of age, which age-keygen prints"],
  ["backup --recipient age1x", "--output: missing; give a folder for the files"],
  [
    "backup --recipient ssh-ed25519 --output backups",
    '--recipient: "ssh-ed25519"; must be a public key of age (age1...); age-keygen prints one',
  ],
  [
    "backup --recipient KEY --output empty.json",
    '--output: "empty.json"; must be a folder that you may write to, or a place for one',
  ],

  // what pulumi says
  [
    "status",
    "pulumi stack output failed: no Pulumi.yaml project file found (searching upwards from /x); run this in the folder of a project, or give that with --cwd",
    "error: no Pulumi.yaml project file found (searching upwards from /x)",
  ],
  [
    "due",
    "pulumi preview failed: no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one; give --stack, or select one (`pulumi stack select`)",
    "error: no stack selected; please use `pulumi stack select` or `pulumi stack init` to choose one",
  ],
  [
    "status --all",
    "pulumi stack ls failed: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions; or set PULUMI_BACKEND_URL to where the states are (docs/state.md)",
    "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
  ],
  [
    "backup --recipient KEY --output backups",
    "pulumi stack output failed: dial tcp 192.0.2.1:443: i/o timeout; see whether this machine reaches the place of the state (PULUMI_BACKEND_URL, `pulumi whoami --verbose`)",
    "error: dial tcp 192.0.2.1:443: i/o timeout",
  ],
  [
    "renew cp1 apiserver",
    "pulumi stack output failed: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase",
    "error: incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase",
  ],
];

describe("a command line that cannot work", function () {
  this.timeout(60_000);
  const harness = new Harness();
  let recipient: string;
  before(async () => {
    recipient = await identityToRecipient(await generateX25519Identity());
    writeFileSync(join(harness.folder, "empty.json"), "{}");
    writeFileSync(join(harness.folder, "nothing.txt"), "Previewing update (prod):\n");
  });
  after(() => {
    harness.remove();
  });

  for (const [line, sentence, says] of MISTAKES)
    it(`${line}: ${sentence}`, async () => {
      if (says === undefined) harness.pulumi(JSON.stringify({ certificates: [ROW], nodes: [] }));
      else harness.pulumi("", { stderr: `${says}\n`, code: 255 });
      const { code, stdout, stderr } = await harness.sh(`kube-pki ${line.replace("KEY", recipient)}`);
      assert.deepEqual([code, stdout, stderr], [2, "", `kube-pki: ${sentence.replace("FOLDER", harness.folder)}\n`]);
    });

  it("without pulumi names what to install", async () => {
    for (const args of [["up", "--yes"], ["due"], ["renew", "cp1", "apiserver"]]) {
      const { code, stdout, stderr } = await harness.run(args, { path: "/nonexistent" });
      assert.deepEqual(
        [code, stdout, stderr],
        [2, "", "kube-pki: pulumi: not found on PATH; https://www.pulumi.com/docs/install/ says how to install it\n"],
      );
    }
  });
});

describe("a question at the terminal", () => {
  const asked = (...typed: readonly string[]): Promise<string | undefined> => {
    const input = new PassThrough();
    const answer = answerTo("go on? ", new PassThrough(), input);
    for (const text of typed) input.write(text);
    if (typed.length === 0) input.end();
    return answer;
  };

  it("is answered by a line", async () => {
    assert.equal(await asked(" yes \n"), "yes");
  });

  it("is over when nobody is there any more", async () => {
    assert.equal(await asked(), undefined);
  });
});
