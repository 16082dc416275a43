/** What is changed on nodes behind the stack's back is told by a preview, brought back by the next run, and then is no more. */
import assert from "node:assert/strict";
import { assertClusterWorks, assertProven } from "../checks";
import { assertNothingToDo, begin, ROLLOUT } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { nameOf } from "../stack";

const PKI = "/etc/kubernetes/pki";
const KUBELET = "/var/lib/kubelet/pki";
const CURRENT = `${KUBELET}/kubelet-client-current.pem`;
const OURS = "kubelet-client-kube-pki.pem";

/** As people and their tools do it on a control plane. */
const ON_CP1 = `
kubeadm certs renew scheduler.conf
kubeadm certs renew apiserver
echo '# looked at by hand' >>${PKI}/front-proxy-client.crt
chmod 0644 ${PKI}/apiserver-kubelet-client.key
chown nobody ${PKI}/etcd/server.key
ln -sfn ${KUBELET}/${OURS} ${CURRENT}`;

const SIGN = (request: string): string => `
cd "$(mktemp -d)"
cat >request <<'END'
${request}
END
printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\nrand_serial=yes\\n' >ca.cnf
printf 'unique_subject=no\\nx509_extensions=e\\npreserve=yes\\n[p]\\ncommonName=optional\\norganizationName=optional\\n' >>ca.cnf
printf '[e]\\nkeyUsage=critical,digitalSignature,keyEncipherment\\nextendedKeyUsage=clientAuth\\n' >>ca.cnf
: >index
openssl ca -batch -config ca.cnf -in request -cert ${PKI}/ca.crt -keyfile ${PKI}/ca.key -startdate 20250101000000Z \\
  -enddate "$(date -u -d '1 hour' +%Y%m%d%H%M%SZ)" -notext -out new.crt >said 2>&1 || { cat said >&2; exit 1; }
cat new.crt`;

/** The kubelet of w1 finds that its certificate ends within the hour, and gets another one from the cluster by itself. */
const letKubeletRotate = async ({ lab }: Run): Promise<void> => {
  const request = await lab.must("w1", `openssl req -new -key ${CURRENT} -subj /O=system:nodes/CN=system:node:w1`);
  const certificate = await lab.must("cp1", SIGN(request.trim()));
  await lab.must(
    "w1",
    `cd ${KUBELET}
umask 077
{ cat <<'END'
${certificate.trim()}
END
openssl pkey -in ${OURS}; } >new && cat new >${OURS} && rm new
systemctl restart kubelet`,
  );
  for (let waited = 0; (await linkOf(lab, "w1")).endsWith(OURS); waited += 1) {
    assert.ok(waited < 60, "the kubelet does not rotate its certificate");
    await lab.must("w1", "sleep 2");
  }
};

const linkOf = async (lab: Run["lab"], node: string): Promise<string> =>
  (await lab.must(node, `readlink ${CURRENT}`)).trim();

const TOLD: readonly RegExp[] = [
  /cp1: drift: \/etc\/kubernetes\/scheduler\.conf: scheduler was renewed by another tool, such as `kubeadm certs renew` \(serial /,
  /cp1: drift: \S+\/apiserver\.crt, \S+\/apiserver\.key: apiserver was renewed by another tool, such as `kubeadm certs renew` \(serial /,
  /cp1: drift: \S+\/front-proxy-client\.crt: edited; the certificate of front-proxy-client is still the stack's/,
  /cp1: drift: \S+\/apiserver-kubelet-client\.key: mode 0644, and it was left with 0600/,
  /cp1: drift: \S+\/etcd\/server\.key: it belongs to nobody:root, and was left to root:root/,
  new RegExp(`cp1: drift: ${CURRENT}: the link leads to ${KUBELET}/${OURS}, and led to ${OURS}`),
  new RegExp(`w1: drift: ${KUBELET}/${OURS}: kubelet was renewed by another tool`),
  /w1: drift: \S+: the kubelet has rotated its client certificate by itself: the link leads to \S*kubelet-client-\d{4}-/,
];

/** How often nodes were logged in to; the question itself is a login too. */
const logins = async ({ lab }: Run): Promise<Record<string, number>> => {
  const counts = lab.nodes.map(async ({ name }) => {
    const text = await lab.must(name, "journalctl --no-pager -q | grep -c 'Accepted publickey' || :");
    return [name, Number(text)] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
};

/** What one run asks of each node by ssh. */
const loginsOf = async (run: Run, ask: () => Promise<unknown>): Promise<Record<string, number>> => {
  const [first, second] = [await logins(run), await logins(run)];
  await ask();
  const third = await logins(run);
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const [a = 0, b = 0, c = 0] = [first[name], second[name], third[name]];
      return [name, c - b - (b - a)];
    }),
  );
};

const rightsOf = ({ lab }: Run): Promise<string> =>
  lab.must("cp1", `stat -c '%n %a %U:%G' ${PKI}/*.* ${PKI}/etcd/*.* /etc/kubernetes/*.conf`);

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  const detect = (detectDrift: boolean | undefined): void => {
    stack.configure({ rollout: { ...ROLLOUT, ...(detectDrift === undefined ? {} : { detectDrift }) } });
  };
  const quiet = async (): Promise<void> => {
    const { code, stdout, stderr } = await stack.previewText("--expect-no-changes");
    assert.equal(code, 0, tail(stdout + stderr));
    assert.doesNotMatch(stdout + stderr, /\bdrift: |would be refused/);
  };
  await begin(run);
  await run.step("a preview contacts nodes where the stack file asks for it, and no node otherwise", async () => {
    assert.deepEqual(await loginsOf(run, quiet), { cp1: 0, w1: 0 });
    detect(true);
    assert.deepEqual(await loginsOf(run, quiet), { cp1: 1, w1: 1 });
  });
  await assertNothingToDo(run);
  const rights = await rightsOf(run);

  await run.step("people, kubeadm and a kubelet change files", async () => {
    await letKubeletRotate(run);
    await lab.must("cp1", ON_CP1);
  });
  await run.step("pulumi preview names each change, and the steps that bring it back", async () => {
    const { code, stdout, stderr } = await stack.previewText();
    assert.equal(code, 0, tail(stdout + stderr));
    for (const line of TOLD) assert.match(stdout + stderr, line, tail(stdout + stderr));
    const announced = (await stack.preview()).map(({ op, urn }) => `${op} ${nameOf(urn)}`);
    assert.deepEqual(announced.filter((text) => !text.includes("pulumi:pulumi")).sort(), [
      "update lab-cp1-apply",
      "update lab-w1-apply",
    ]);
    const due = await stack.due();
    for (const line of TOLD) assert.match(due, new RegExp(line.source.replace("drift: ", "")), due);
  });
  await run.step("without the setting nothing is told and nothing asked", async () => {
    detect(undefined);
    assert.deepEqual(await loginsOf(run, quiet), { cp1: 0, w1: 0 });
    detect(true);
  });

  const title = "pulumi up: what was changed is brought back";
  await run.up(title);
  const restarted = run.restarts
    .filter(({ up, how }) => up === title && how === "restarted")
    .map(({ node, consumer }) => `${node} ${consumer}`);
  assert.deepEqual([...restarted].sort(), ["cp1 kube-scheduler", "cp1 kubelet", "w1 kubelet"]);
  assert.equal(await rightsOf(run), rights);
  for (const node of ["cp1", "w1"]) assert.equal(await linkOf(lab, node), OURS);
  assert.equal((await lab.run("cp1", `grep -q 'by hand' ${PKI}/front-proxy-client.crt`)).code, 1);
  await assertProven(lab, await stack.certificates());
  assert.match(await stack.statusOfNodes(), /same\n/);

  await assertNothingToDo(run);
  await run.step("a preview finds nothing any more, with or without the setting", async () => {
    await quiet();
    detect(undefined);
    assert.deepEqual(await loginsOf(run, quiet), { cp1: 0, w1: 0 });
  });
  await assertNothingToDo(run);
  await assertClusterWorks(lab);
};

export const drift: Scenario = {
  name: "drift",
  proves:
    "files, modes, owners, links, a kubeadm renewal and a kubelet's own rotation are told by a preview and brought back once",
  topologies: ["duo"],
  play,
};
