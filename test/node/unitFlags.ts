import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TrustCluster } from "./trustCluster";

const UNIT = "/etc/systemd/system/store.service";
const unitText = `[Unit]
Description=store --mode=in a text
[Service]
# --mode=a comment
ExecStart=/usr/bin/store \\
  --mode=old --mode-more=1 \\
  "--quoted=old" \\
  --last=old
Restart=always
`;
const THREE = `replaceflag store --mode=new
replaceflag store --quoted=/etc/new.crt
flag store --added=3s
replaceflag store --absent=x
`;

/** @param shell - what the script is run with */
export function setsUnitFlags(shell: string): void {
  describe(`node applies flags to a unit (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    const send = (more: string) => at.payload(undefined, { more });
    const calls = () => readFileSync(join(at.node.units, "calls"), "utf8");
    const running = () =>
      readFileSync(`/proc/${String(at.node.pid("store"))}/cmdline`, "utf8")
        .split("\0")
        .filter((word) => word.startsWith("--"));
    /** The unit of "store" as its administrator has it. */
    const lay = async (text = unitText, path = UNIT) => {
      at.node.write(path, text, 0o640);
      at.node.write("/units/store/fragment", path);
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

    it("replaces and adds them, every other byte and the mode stay, and the unit runs with them", async () => {
      await lay();
      const done = await at.node.run("trust", send(THREE));
      assert.equal(done.code, 0, done.stderr);
      assert.equal(
        at.node.read(UNIT),
        unitText
          .replace("/usr/bin/store \\", "/usr/bin/store --added=3s \\")
          .replace("--mode=old", "--mode=new")
          .replace("--quoted=old", "--quoted=/etc/new.crt"),
      );
      assert.match(at.node.stamp(UNIT), / 33184 0 0$/); // 0640
      assert.deepEqual(running(), [
        ...["--added=3s", "--mode=new", "--mode-more=1", "--quoted=/etc/new.crt", "--last=old"],
      ]);
      assert.match(done.stdout, new RegExp(`file ${UNIT} replaced\n[^]*consumer store restarted\n`));
      assert.match(calls(), /daemon-reload\n[^]*restart --no-block store\n/);
    });

    it("touches nothing the second time", async () => {
      await lay();
      assert.equal((await at.node.run("trust", send(THREE))).code, 0);
      const [stamp, pid] = [at.node.stamp(UNIT), at.node.pid("store")];
      const again = await at.node.run("trust", send(THREE));
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, new RegExp(`file ${UNIT} unchanged\nconsumer store untouched\n[^]* unchanged\n$`));
      assert.deepEqual([at.node.stamp(UNIT), at.node.pid("store")], [stamp, pid]);
    });

    it("restarts for a flag alone", async () => {
      await lay();
      assert.equal((await at.node.run("trust", send(""))).code, 0);
      const pid = at.node.pid("store");
      const done = await at.node.run("trust", send("flag store --added=3s\n"));
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /ca\.crt replaced/);
      assert.notEqual(at.node.pid("store"), pid);
      assert.ok(running().includes("--added=3s"));
    });

    it("keeps a last line without its end", async () => {
      const text = "[Service]\nExecStart=/usr/bin/store --mode=old";
      await lay(text);
      assert.equal((await at.node.run("trust", send(THREE))).code, 0);
      assert.equal(at.node.read(UNIT), "[Service]\nExecStart=/usr/bin/store --added=3s --mode=new");
    });

    it("puts the old ones back when the service does not start with them", async () => {
      await lay();
      at.node.write("/units/store/refuses", at.node.live().store.cert);
      const failed = await at.node.run("trust", send(THREE));
      assert.equal(failed.code, 1);
      assert.equal(at.node.read(UNIT), unitText);
      // as systemd knows it: told after the put back
      assert.match(readFileSync(join(at.node.units, "store", "flags"), "utf8"), /--mode=old/);
    });

    it("empties one that is to say nothing, and gives it a value again", async () => {
      await lay();
      for (const flag of ["--mode=", "--mode=new"]) {
        const once = () => at.node.run("trust", send(`replaceflag store ${flag}\n`));
        const done = await once();
        assert.equal(done.code, 0, done.stderr);
        assert.ok(running().includes(flag), running().join(" "));
        const again = await once();
        assert.equal(again.code, 0, again.stderr);
        assert.match(again.stdout, /consumer store untouched\n/);
      }
    });

    it("makes systemd forget those of a run that was killed", async () => {
      await lay();
      assert.notEqual((await at.node.run("trust", send(THREE), { KUBE_PKI_KILL_AT: "restarted" })).code, 0);
      assert.ok(running().includes("--mode=new"));
      const refused = await at.node.run("trust", send("consumer ghost systemd ghost\n"));
      assert.match(refused.why, /ghost does not exist/);
      assert.equal(at.node.read(UNIT), unitText);
      assert.match(readFileSync(join(at.node.units, "store", "flags"), "utf8"), /--mode=old/);
    });

    for (const { title, text = unitText, path = UNIT, drop = "", flag, why } of [
      {
        title: "of a package",
        path: "/usr/lib/systemd/system/store.service",
        flag: "replaceflag store --mode=new",
        why: /\/usr\/lib\/systemd\/system\/store\.service belongs to a package: set --mode=new for store yourself and restart it, nothing was touched$/,
      },
      {
        title: "whose command line stands in a drop-in",
        drop: "[Service]\nExecStart=\nExecStart=/usr/bin/store --mode=dropped\n",
        flag: "replaceflag store --mode=new",
        why: /store\.service\.d\/own\.conf has a command line of its own: set --mode=new for store yourself/,
      },
      {
        title: "whose flag comes from elsewhere",
        text: "[Service]\nExecStart=/usr/bin/store $STORE_ARGS\n",
        flag: "replaceflag store --mode=new",
        why: /store\.service does not hold --mode in the form --name=value: set --mode=new for store yourself/,
      },
      {
        title: "with its value in a word of its own",
        text: "[Service]\nExecStart=/usr/bin/store --mode old\n",
        flag: "flag store --mode=new",
        why: /does not hold --mode in the form --name=value/,
      },
      {
        title: "that starts another program",
        text: "[Service]\nExecStart=/usr/bin/wrapper store\n",
        flag: "flag store --mode=new",
        why: /does not hold --mode in the form --name=value/,
      },
    ]) {
      const dropIn = `${UNIT}.d/own.conf`;
      it(`refuses a unit ${title}, before anything is touched`, async () => {
        at.node.env["STORE_ARGS"] = "--mode=elsewhere";
        await lay(text, path);
        if (drop !== "") {
          at.node.write(dropIn, drop);
          at.node.write("/units/store/dropins", dropIn);
        }
        const [before, live] = [at.node.stamp(path), at.live()];
        const refused = await at.node.run("trust", send(`${flag}\n`));
        assert.equal(refused.code, 1);
        assert.match(refused.why, why);
        assert.deepEqual([at.node.stamp(path), at.live()], [before, live]);
        assert.doesNotMatch(calls(), /restart|stop|daemon-reload/);
      });
    }

    const ENVIRONMENT = "[Service]\nEnvironmentFile=/etc/default/store\nExecStart=/usr/bin/store $STORE_ARGS\n";

    it("refuses one that another one of an EnvironmentFile would follow: the last one counts", async () => {
      at.node.env["STORE_ARGS"] = "--mode=elsewhere --last=x";
      await lay(ENVIRONMENT);
      const [before, pid] = [at.node.stamp(UNIT), at.node.pid("store")];
      const why =
        /^n1: store gets --mode=elsewhere from elsewhere than \S+store\.service \(an EnvironmentFile=\?\), and the last one counts: set --mode=new for store there yourself and restart it, nothing was touched$/;
      assert.match((await at.node.run("trust", send("flag store --mode=new\n"))).why, why);
      assert.deepEqual([at.node.stamp(UNIT), at.node.pid("store")], [before, pid]);
      // somebody has put both there: the unit's file alone says nothing of what runs
      await lay(ENVIRONMENT.replace("$STORE", "--mode=new $STORE"));
      assert.match((await at.node.run("trust", send("replaceflag store --mode=new\n"))).why, why);
      at.node.env["STORE_ARGS"] = "--mode=new";
      await lay(ENVIRONMENT.replace("$STORE", "--mode=old $STORE"));
      const done = await at.node.run("trust", send("replaceflag store --mode=new\n"));
      assert.equal(done.code, 0, done.stderr);
    });

    it("does not take a process for it that another one follows since", async () => {
      await lay(ENVIRONMENT);
      at.node.env["STORE_ARGS"] = "--mode=elsewhere";
      const sent = send("flag store --mode=new\n");
      const failed = await at.node.run("trust", sent, { KUBE_PKI_LIMITS: "BACK=2 HEALTH=2" });
      assert.match(
        failed.why,
        /store did not start with the flags of \S+store\.service within 2 s: the old set was put back/,
      );
      assert.equal(at.node.read(UNIT), ENVIRONMENT);
    });

    it("takes what its administrator has set elsewhere, and the absence of what is only replaced", async () => {
      at.node.env["STORE_ARGS"] = "--mode=new";
      await lay("[Service]\nExecStart=/usr/bin/store $STORE_ARGS\n", "/usr/lib/systemd/system/store.service");
      const done = await at.node.run("trust", send("flag store --mode=new\nreplaceflag store --absent=x\n"));
      assert.equal(done.code, 0, done.stderr);
      assert.doesNotMatch(done.stdout, /store\.service/);
    });
  });
}
