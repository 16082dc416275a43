import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Scratch } from "./scratch";
import { TrustCluster } from "./trustCluster";

const PART = join(__dirname, "..", "..", "node", "62-environment.sh");
const UNIT = "/etc/systemd/system/store.service";
const FILE = "/etc/kubernetes/store.env";
const OTHER = "/etc/systemd/system/other.service";

/** What systemd makes of the variable ARGS (systemd.exec(5), EnvironmentFile=), where `$ARGS` stands in a command. */
const READ: readonly { readonly title: string; readonly text: string; readonly words: readonly string[] }[] = [
  { title: "words without quotes", text: "ARGS=--a=1 --b=2  \nMORE=x\n", words: ["--a=1", "--b=2"] },
  { title: "words in double quotes", text: 'ARGS="--a=1 --b=2"\n', words: ["--a=1", "--b=2"] },
  { title: "words in single quotes", text: "ARGS='--a=1 --b=2'\n", words: ["--a=1", "--b=2"] },
  { title: "lines that go on", text: 'ARGS="--a=1 \\\n--b=2 \\\n  --c=3"\n', words: ["--a=1", "--b=2", "--c=3"] },
  { title: "lines that go on without quotes", text: "ARGS=--a=1 \\\n  --b=2\n", words: ["--a=1", "--b=2"] },
  { title: "a line's end in quotes", text: 'ARGS="--a=1\n--b=2"\nMORE=1\n', words: ["--a=1", "--b=2"] },
  { title: "the last one of several", text: "ARGS=--a=1\nARGS=--b=2\n", words: ["--b=2"] },
  { title: "no comment", text: "# ARGS=--a=1\n;ARGS=--a=1\n ARGS = --b=2\n", words: ["--b=2"] },
  { title: "nothing that a shell would export", text: "ARGS=--a=1\nexport ARGS=--b=2\n", words: ["--a=1"] },
  { title: "parts behind one another", text: `ARGS="--a=1"' --b=2'\n`, words: ["--a=1", "--b=2"] },
  { title: "quotes within quotes", text: `ARGS='--a="x y" --b=2'\n`, words: ["--a=x y", "--b=2"] },
  { title: "what is escaped", text: 'ARGS="--a=\\"x y\\" --b=\\$2"\n', words: ["--a=x y", "--b=$2"] },
  { title: "no end of the last line", text: "MORE=1\nARGS=--a=1", words: ["--a=1"] },
  { title: "nothing", text: 'ARGS=""\n', words: [] },
  { title: "another name that begins like it", text: "ARGS_MORE=--a=1\nMY_ARGS=--b=2\n", words: [] },
];

/** What becomes of a file that is to have --mode=new; undefined: it is there in a form that is not touched. */
const SET: readonly { readonly title: string; readonly text: string; readonly is: string | undefined }[] = [
  { title: "in double quotes", text: 'ARGS="--a=1 --mode=old --b=2"\n', is: 'ARGS="--a=1 --mode=new --b=2"\n' },
  { title: "without quotes", text: "X=1\nARGS=--mode=old\nY=2\n", is: "X=1\nARGS=--mode=new\nY=2\n" },
  {
    title: "on a line of its own",
    text: 'ARGS="--a=1 \\\n--mode=old \\\n"\n',
    is: 'ARGS="--a=1 \\\n--mode=new \\\n"\n',
  },
  { title: "everywhere", text: "ARGS='--mode=1 --x --mode=2'\n", is: "ARGS='--mode=new --x --mode=new'\n" },
  { title: "in the last one", text: "ARGS=--mode=1\nARGS=--mode=2\n", is: "ARGS=--mode=1\nARGS=--mode=new\n" },
  { title: "not in comments", text: "#ARGS=--mode=1\nARGS=--mode=2", is: "#ARGS=--mode=1\nARGS=--mode=new" },
  { title: "not in longer names", text: "ARGS=--mode-more=1 --mode=2\n", is: "ARGS=--mode-more=1 --mode=new\n" },
  { title: "empty", text: 'ARGS="--mode= --b"\n', is: 'ARGS="--mode=new --b"\n' },
  { title: "in two words", text: 'ARGS="--mode old"\n', is: undefined },
  { title: "with one dash", text: 'ARGS="-mode=old"\n', is: undefined },
  { title: "in quotes of its own", text: `ARGS="'--mode=old' --b"\n`, is: undefined },
  { title: "over two lines", text: 'ARGS="--mode=o\\\nld"\n', is: undefined },
  { title: "in quotes without end", text: 'ARGS="--mode=old\n', is: undefined },
];

const ADDED: readonly { readonly text: string; readonly is: string | undefined }[] = [
  { text: 'ARGS="--a=1"\n', is: 'ARGS="--a=1 --mode=new"\n' },
  { text: "ARGS=--a=1 --b \nX=1\n", is: "ARGS=--a=1 --b --mode=new \nX=1\n" },
  { text: "ARGS=--a=1  # no comment\n", is: "ARGS=--a=1  # no comment --mode=new\n" },
  { text: "ARGS=--a=1\nX=1\n", is: 'ARGS="--a=1 --mode=new"\nX=1\n' },
  { text: "ARGS=\n", is: "ARGS=--mode=new\n" },
  { text: 'ARGS=""', is: 'ARGS="--mode=new"' },
  { text: 'ARGS="--a=1 \\\n"\n', is: 'ARGS="--a=1 --mode=new\\\n"\n' },
  { text: 'ARGS="--a=1\n"\n', is: 'ARGS="--a=1\n--mode=new"\n' },
  { text: `ARGS="--a='x"\n`, is: undefined },
];

const UNIT_TEXT = `[Service]\nEnvironmentFile=-${FILE}\nExecStart=/usr/bin/store $STORE_ARGS\nRestart=always\n`;
const FLAGS = "replaceflag store --mode=new\nflag store --added=3s\nreplaceflag store --absent=x\n";

/** @param shell - what the script is run with */
export function readsEnvironmentFiles(shell: string): void {
  describe(`node reads an EnvironmentFile (${shell})`, function () {
    this.timeout(60_000);
    const node = new Scratch(shell);
    after(() => {
      node.remove();
    });
    const variable = async (text: string, ...args: string[]) => {
      node.write("/etc/env", text);
      const [command = "sh", ...first] = shell.split(" ");
      return node.spawn(
        command,
        [...first, "-euc", `. ${PART}; variable "$@"`, "sh", node.path("/etc/env"), ...args],
        "",
      );
    };

    for (const { title, text, words } of READ) {
      it(`finds ${title}`, async () => {
        const { stdout, stderr } = await variable(text, "words", "ARGS");
        assert.deepEqual(stdout.split("\n").slice(0, -1), words, stderr);
      });
    }
    for (const { title, text, is } of SET) {
      it(`sets a flag ${title}`, async () => {
        const { code, stdout } = await variable(text, "replace", "ARGS", "split", "--mode=new");
        assert.deepEqual([code, stdout], is === undefined ? [3, ""] : [0, is]);
      });
    }
    it("says that a flag is not there", async () => {
      assert.equal(
        (await variable("ARGS=--other=1\nMORE=--mode=old\n", "replace", "ARGS", "split", "--mode=new")).code,
        5,
      );
    });
    for (const { text, is } of ADDED) {
      it(`adds a flag to ${JSON.stringify(text)}`, async () => {
        const { code, stdout } = await variable(text, "add", "ARGS", "split", "--mode=new");
        assert.deepEqual([code, stdout], is === undefined ? [3, ""] : [0, is]);
      });
    }
  });
}

/** @param shell - what the script is run with */
export function setsEnvironmentFlags(shell: string): void {
  describe(`node applies flags to an EnvironmentFile (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    const send = (more: string) => at.payload(undefined, { more });
    const calls = () => readFileSync(join(at.node.units, "calls"), "utf8");
    const running = () =>
      readFileSync(`/proc/${String(at.node.pid("store"))}/cmdline`, "utf8")
        .split("\0")
        .filter((word) => word.startsWith("--"));
    /** The unit of "store" and what it reads, as its administrator has them. */
    const lay = async ({
      unit = UNIT_TEXT,
      path = UNIT,
      files,
    }: {
      readonly unit?: string;
      readonly path?: string;
      readonly files: Readonly<Record<string, string>>;
    }) => {
      at.node.write(path, unit, 0o640);
      for (const [file, text] of Object.entries(files)) at.node.write(file, text, 0o600);
      at.node.write("/units/store/fragment", path);
      at.node.write("/units/store/environment", Object.keys(files).join("\n"));
      await at.node.spawn(join(at.node.tools, "systemctl"), ["daemon-reload"], "");
      await at.node.start("store");
      at.node.write("/units/calls", "");
    };

    beforeEach(async () => {
      at = await TrustCluster.make(shell);
    });
    afterEach(() => {
      at.node.remove();
    });

    const text = '# of store\nLOG="--v=2"\nSTORE_ARGS="--first=1 \\\n  --mode=old \\\n  --last=x"\n';

    it("replaces and adds them, every other byte and the mode stay, and the unit runs with them", async () => {
      await lay({ files: { [FILE]: text } });
      const done = await at.node.run("trust", send(FLAGS));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(
        at.node.read(FILE),
        text.replace("--mode=old", "--mode=new").replace("--last=x", "--last=x --added=3s"),
      );
      assert.equal(at.node.read(UNIT), UNIT_TEXT);
      assert.match(at.node.stamp(FILE), / 33152 0 0$/); // 0600
      assert.deepEqual(running(), ["--first=1", "--mode=new", "--last=x", "--added=3s"]);
      assert.match(done.stdout, new RegExp(`file ${FILE} replaced\n[^]*consumer store restarted\n`));

      const [stamp, pid] = [at.node.stamp(FILE), at.node.pid("store")];
      const again = await at.node.run("trust", send(FLAGS));
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, new RegExp(`file ${FILE} unchanged\nconsumer store untouched\n[^]* unchanged\n$`));
      assert.deepEqual([at.node.stamp(FILE), at.node.pid("store")], [stamp, pid]);
    });

    it("restarts for a flag alone", async () => {
      await lay({ files: { [FILE]: text } });
      assert.equal((await at.node.run("trust", send(""))).code, 0);
      const done = await at.node.run("trust", send("replaceflag store --mode=new\n"));
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /ca\.crt replaced/);
      assert.ok(running().includes("--mode=new"), running().join(" "));
    });

    it("finds them in whichever of several variables and files holds them, the last file first", async () => {
      const [shared, own] = ["/etc/kubernetes/config", "/etc/kubernetes/store"];
      const [first, last] = ['A="--mode=shadowed"\nB=--b=1\n', 'A="--mode=old"\nC="--last=x"\n'];
      const files = { [shared]: first, [own]: last };
      await lay({ unit: UNIT_TEXT.replace("$STORE_ARGS", "$A $B ${C}"), files });
      const done = await at.node.run("trust", send(`${FLAGS}replaceflag store --last=y\n`));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(at.node.read(shared), first.replace("B=--b=1", 'B="--b=1 --added=3s"'));
      assert.equal(at.node.read(own), last.replace("=old", "=new").replace("--last=x", "--last=y"));
      assert.ok(running().includes("--last=y"));
    });

    it("adds one to the unit where the others are there", async () => {
      const unit = UNIT_TEXT.replace("$STORE_ARGS", "--v=2 $STORE_ARGS");
      await lay({ unit, files: { [FILE]: text } });
      const done = await at.node.run("trust", send("flag store --added=3s\n"));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(at.node.read(UNIT), unit.replace("/usr/bin/store", "/usr/bin/store --added=3s"));
      assert.equal(at.node.read(FILE), text);
    });

    it("leaves a unit of a package alone, and sets what its file of /etc says", async () => {
      const path = "/usr/lib/systemd/system/store.service";
      await lay({ path, files: { [FILE]: text } });
      const done = await at.node.run("trust", send(FLAGS));
      assert.equal(done.code, 0, done.stderr);
      assert.deepEqual(running(), ["--first=1", "--mode=new", "--last=x", "--added=3s"]);
      assert.equal(at.node.read(path), UNIT_TEXT);
    });

    it("puts the old ones back when the service does not start with them", async () => {
      await lay({ files: { [FILE]: text } });
      const stamp = at.node.stamp(FILE).split(" ").slice(3);
      at.node.write("/units/store/refuses", at.node.live().store.cert);
      const failed = await at.node.run("trust", send(FLAGS));
      assert.equal(failed.code, 1);
      assert.equal(at.node.read(FILE), text);
      assert.deepEqual(at.node.stamp(FILE).split(" ").slice(3), stamp);
    });

    it("ends what a run did that was killed", async () => {
      await lay({ files: { [FILE]: text } });
      assert.notEqual((await at.node.run("trust", send(FLAGS), { KUBE_PKI_KILL_AT: "restarted" })).code, 0);
      const refused = await at.node.run("trust", send("consumer ghost systemd ghost\n"));
      assert.match(refused.why, /ghost does not exist/);
      assert.equal(at.node.read(FILE), text);
    });

    it("does not take a process for it that has not got them", async () => {
      await lay({ files: { [FILE]: text } });
      at.node.write("/units/store/environment", "/etc/kubernetes/other");
      at.node.write("/etc/kubernetes/other", text);
      at.node.tool(
        "systemctl",
        `case $* in "show -p EnvironmentFiles"*) echo "EnvironmentFiles=${FILE} (ignore_errors=yes)"; exit 0 ;; esac
exec ${join(__dirname, "stub", "systemctl")} "$@"`,
      );
      const failed = await at.node.run("trust", send(FLAGS), { KUBE_PKI_LIMITS: "BACK=2 HEALTH=2" });
      assert.match(
        failed.why,
        /store did not start with the flags of \/etc\/kubernetes\/store\.env within 2 s: the old set/,
      );
      assert.equal(at.node.read(FILE), text);
    });

    for (const { title, unit = UNIT_TEXT, files, other, flag = "replaceflag store --mode=new", why } of [
      {
        title: "with its value in a word of its own",
        files: { [FILE]: 'STORE_ARGS="--mode old"\n' },
        why: /\/etc\/kubernetes\/store\.env does not hold --mode in the form --name=value: set --mode=new for store yourself/,
      },
      {
        title: "of a variable that another unit is given",
        files: { [FILE]: text },
        other: `[Service]\nEnvironmentFile=${FILE}\nExecStart=/usr/bin/other \${STORE_ARGS}\n`,
        why: /store\.env gives STORE_ARGS to other\.service as well: set --mode=new for store yourself/,
      },
      {
        title: "of a file of a package",
        files: { "/usr/lib/store.env": text },
        why: /\/usr\/lib\/store\.env belongs to a package: set --mode=new for store yourself/,
      },
      {
        title: "below a comment that may go on",
        files: { [FILE]: `# it goes on \\\n${text}` },
        why: /store\.env has a comment that ends with a backslash: set/,
      },
      {
        title: "that a shell is given",
        unit: UNIT_TEXT.replace("/usr/bin/store $STORE_ARGS", "/bin/sh -c 'exec store $STORE_ARGS'"),
        files: { [FILE]: text },
        flag: "flag store --mode=new",
        why: /store\.service does not hold --mode in the form --name=value/,
      },
    ] as readonly {
      title: string;
      unit?: string;
      files: Record<string, string>;
      other?: string;
      flag?: string;
      why: RegExp;
    }[]) {
      it(`refuses a flag ${title}, before anything is touched`, async () => {
        if (other !== undefined) at.node.write(OTHER, other);
        await lay({ unit, files });
        const [path = ""] = Object.keys(files);
        const [before, live] = [at.node.stamp(path), at.live()];
        const refused = await at.node.run("trust", send(`${flag}\n`));
        assert.equal(refused.code, 1);
        assert.match(refused.why, why);
        assert.deepEqual([at.node.stamp(path), at.live()], [before, live]);
        assert.doesNotMatch(calls(), /restart|stop|daemon-reload/);
      });
    }

    it("refuses a file that is a link", async () => {
      await lay({ files: { "/etc/kubernetes/real.env": text } });
      await at.node.spawn("ln", ["-s", "real.env", at.node.path(FILE)], "");
      at.node.write("/units/store/environment", FILE);
      const refused = await at.node.run("trust", send(FLAGS));
      assert.match(refused.why, /store\.env is a symbolic link to \S+real\.env: put the file itself there/);
    });
  });
}
