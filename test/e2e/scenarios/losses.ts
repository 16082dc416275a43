/** What a live cluster has and the stack file does not know: a certificate's name is not lost in silence, keys stay whose they are. */
import assert from "node:assert/strict";
import { assertClusterWorks, assertProven } from "../checks";
import { labConfig } from "../labConfig";
import { assertNothingToDo, begin, casOf, configureAsItIs, goTo, rotateTo } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";

export const NAME = "api.worker.example";
const PKI = "/etc/kubernetes/pki";

/** The API server's certificate with one more name, as its administrator had it made. */
const ADD_NAME = `
cd ${PKI}
sans=$(openssl x509 -in apiserver.crt -noout -ext subjectAltName | sed -n '2{s/ //g;s/IPAddress/IP/g;p}')
printf 'subjectAltName=%s,DNS:${NAME}\\nextendedKeyUsage=serverAuth\\nkeyUsage=digitalSignature,keyEncipherment\\n' "$sans" >/root/extensions
openssl req -new -key apiserver.key -subj /CN=kube-apiserver -out /root/csr
openssl x509 -req -in /root/csr -CA ca.crt -CAkey ca.key -set_serial 4711 -days 30 -extfile /root/extensions -out /root/apiserver.crt
cat /root/apiserver.crt >apiserver.crt`;

export const addName = ({ lab }: Run): Promise<string> => lab.must("cp1", ADD_NAME);

/** Whether w1 reaches the API server by that name, and who is there is the API server. */
const reaches = async (run: Run): Promise<boolean> => {
  const { address = "" } = run.lab.nodes.find(({ name }) => name === "cp1") ?? {};
  const ask = `openssl s_client -connect ${address}:6443 -CAfile ${PKI}/ca.crt -verify_hostname ${NAME} -verify_return_error`;
  return (await run.lab.run("w1", `timeout 10 ${ask} </dev/null`)).code === 0;
};

const stampOf = (run: Run): Promise<string> => run.lab.must("cp1", `stat -c '%n %i %Z' ${PKI}/*.crt ${PKI}/etcd/*.crt`);

const foreignSans: Scenario = {
  name: "foreign-sans",
  proves:
    "a name in a live API server certificate that only a worker uses is refused, kept, or given up, as the stack file says",
  topologies: ["duo"],
  play: async (run) => {
    const { lab, stack } = run;
    await run.step("the API server has one more name, which w1 uses", async () => {
      await addName(run);
      for (let waited = 0; !(await reaches(run)); waited += 1) {
        assert.ok(waited < 100, "the API server does not take its new certificate");
        await lab.must("cp1", "sleep 2");
      }
    });
    await configureAsItIs(run);
    const before = await stampOf(run);
    await run.step("pulumi up is refused, and nothing is touched", async () => {
      const { code, stdout, stderr } = await stack.up();
      assert.notEqual(code, 0);
      assert.match(
        stdout + stderr,
        new RegExp(`cp1: apiserver would lose DNS:${NAME}; cluster.extraSans: \\[${NAME}\\]`),
        tail(stdout + stderr),
      );
    });
    assert.equal(await stampOf(run), before);
    assert.ok(await reaches(run));
    const { cluster } = labConfig(lab);
    stack.configure({ cluster: { ...(cluster as object), extraSans: [NAME] } });
    await run.up("pulumi up with the name in the stack file");
    await assertProven(lab, await stack.certificates());
    assert.ok(await reaches(run), "w1 still knows the API server by that name");
    await assertNothingToDo(run);
    stack.configure({ cluster });
    await run.up("pulumi up without it: the stack's own certificate loses it");
    const { commands } = await stack.commands();
    assert.ok(commands.some(({ outputs }) => String(outputs?.stdout).includes(`loses apiserver DNS:${NAME}\n`)));
    assert.ok(!(await reaches(run)));
    await assertClusterWorks(lab);
  },
};

const ETCD = "/etc/etcd";

/** etcd as people run it who do not want it to be root. */
const BECOME = `
echo 'etcd:x:990:990::/var/lib/etcd:/usr/sbin/nologin' >>/etc/passwd
echo 'etcd:x:990:' >>/etc/group
systemctl stop etcd
chown -R etcd:etcd ${ETCD} /var/lib/etcd
mkdir -p /etc/systemd/system/etcd.service.d
printf '[Service]\\nUser=etcd\\nGroup=etcd\\n' >/etc/systemd/system/etcd.service.d/user.conf
systemctl daemon-reload
systemctl start etcd`;

const GIVE_TO_ROOT = `chmod 0640 ${ETCD}/* && chmod 0750 ${ETCD} && chown -R root:etcd ${ETCD}`;

const assertOwners = async (run: Run, folder: string, keys: string): Promise<void> => {
  const members = run.lab.nodes.filter(({ roles }) => roles.includes("etcd"));
  for (const { name } of members) {
    assert.equal((await run.lab.must(name, `stat -c '%U:%G' ${ETCD}`)).trim(), folder, name);
    const found = await run.lab.must(name, `stat -c '%U:%G %a' ${ETCD}/*.key | sort -u`);
    assert.equal(found.trim(), keys, name);
    assert.equal(
      (await run.lab.must(name, "stat -c %U /proc/$(systemctl show -p MainPID etcd | cut -d = -f 2)")).trim(),
      "etcd",
      name,
    );
    run.counts["members looked at"] = (run.counts["members looked at"] ?? 0) + 1;
  }
};

const owners: Scenario = {
  name: "owners",
  proves:
    "etcd's keys stay those of the user it runs as, or root's that its group may read, and it never stops for that",
  topologies: ["hardway"],
  play: async (run) => {
    const { lab } = run;
    await run.step("etcd runs as a user of its own, who owns its keys", async () => {
      for (const { name } of lab.nodes.filter(({ roles }) => roles.includes("etcd"))) await lab.must(name, BECOME);
      await assertClusterWorks(lab);
    });
    await begin(run);
    await assertOwners(run, "etcd:etcd", "etcd:etcd 600");
    for (const { name } of lab.nodes.filter(({ roles }) => roles.includes("etcd"))) await lab.must(name, GIVE_TO_ROOT);
    await goTo(run, "everything anew, where keys are root's and etcd's group may read them", {
      configure: rotateTo(casOf(run) === "g1" ? 2 : 1),
      trusted: [casOf(run) === "g1" ? "g2" : "g1"],
    });
    await assertOwners(run, "root:etcd", "root:etcd 640");
  },
};

export const lossScenarios: readonly Scenario[] = [foreignSans, owners];
