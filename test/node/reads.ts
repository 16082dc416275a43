import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { Cluster, files } from "./cluster";

const OTHER = "/etc/kubernetes/pki/other.crt";

/** @param shell - what the script is run with */
export function readsWhatIsWritten(shell: string): void {
  describe(`node looks which files a process reads (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    afterEach(() => {
      node.remove();
    });
    const apply = async (options: string, line = `reads web --tls-cert-file ${files.webCert}\n`, before = "") => {
      node = await Cluster.make(shell);
      symlinkSync("web.crt", node.path("/etc/kubernetes/pki/current.crt"));
      node.write("/units/web/command", `${before} ${node.read("/units/web/command")} ${options}`);
      await wait(1100);
      await node.start("web");
      return node.run("apply", node.payload(node.set(), { more: line }));
    };

    for (const options of [
      `--tls-cert-file=${OTHER}`,
      `--tls-cert-file ${OTHER} --other`,
      `--tls_cert_file=${OTHER}`,
      `--tls-cert-file=${files.webCert} --tls-cert-file=${OTHER}`,
    ])
      it(`refuses another one: ${options}`, async () => {
        const failed = await apply(options);
        assert.equal(failed.code, 1, failed.stdout);
        assert.equal(
          failed.why,
          `n1: web runs with --tls-cert-file=${OTHER} and does not read ${files.webCert}, which is written here: nothing was touched, start it with --tls-cert-file=${files.webCert} or leave that certificate to others (certificates.profiles.web.enabled: false), then run again`,
        );
        assert.equal(failed.stdout, "");
        assert.equal(node.restarts("web"), 2); // its own starts
      });

    const ETCD = `consumer etcd systemd web\nreads etcd --tls-cert-file ${files.webCert}\n`;

    it("refuses another one that etcd is given by its environment", async () => {
      const failed = await apply("", ETCD, `env ETCD_TLS_CERT_FILE=${OTHER}`);
      assert.equal(
        failed.why,
        `n1: etcd runs with ETCD_TLS_CERT_FILE=${OTHER} and does not read ${files.webCert}, which is written here: nothing was touched, start it with ETCD_TLS_CERT_FILE=${files.webCert} or leave that certificate to others (certificates.profiles.web.enabled: false), then run again`,
      );
    });

    for (const [title, options, environment, line] of [
      ["its own from its environment", "", `env ETCD_TLS_CERT_FILE=${files.webCert}`, ETCD],
      [
        "what its command line says before that",
        `--tls-cert-file=${files.webCert}`,
        `env ETCD_TLS_CERT_FILE=${OTHER}`,
        ETCD,
      ],
      ["any environment of what is not etcd", "", `env ETCD_TLS_CERT_FILE=${OTHER}`, undefined],
    ] as const)
      it(`takes ${title}`, async () => {
        const done = await apply(options, line, environment);
        assert.equal(done.code, 0, done.stderr);
      });

    it("refuses a port that is not the stack's: somebody else would answer there", async () => {
      const line = "listens web --secure-port 6443\n";
      const failed = await apply("--secure-port=6443 --secure-port=6444", line);
      assert.equal(
        failed.why,
        "n1: web runs with --secure-port=6444, and the stack has port 6443: nothing was touched, set its port in 'cluster.listeners', then run again",
      );
      assert.equal(node.restarts("web"), 2); // its own starts
      for (const options of ["--secure-port=6444 --secure-port=6443", "--other"]) {
        node.remove();
        const done = await apply(options, line);
        assert.equal(done.code, 0, done.stderr);
      }
    });

    it("takes an option that may be given several times where one of them names the file, and refuses it where none does", async () => {
      const line = `readsone web --key-file ${files.webCert}\n`;
      const done = await apply(`--key-file=${files.webCert} --key-file=${OTHER}`, line);
      assert.equal(done.code, 0, done.stderr);
      node.remove();
      const failed = await apply(`--key-file=/etc/x.crt --key-file=${OTHER}`, line);
      assert.match(
        failed.why,
        /^n1: web runs with --key-file=\S+other\.crt and does not read \S+web\.crt, .*nothing was touched/,
      );
    });

    for (const options of [
      `--tls-cert-file=${files.webCert}`,
      `--tls-cert-file=${OTHER} --tls-cert-file=${files.webCert}`,
      "--tls-cert-file=/etc/kubernetes/pki/current.crt",
      `--tls-cert-file-other=${OTHER}`,
      "",
    ])
      it(`takes: ${options === "" ? "a default" : options}`, async () => {
        const done = await apply(options);
        assert.equal(done.code, 0, done.stderr);
      });
  });
}
