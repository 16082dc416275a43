/** Service account tokens that an external signer signs: its key in Vault's transit engine, and none in a file. */
import assert from "node:assert/strict";
import { withRole } from "../../lab/topology";
import { assertClusterWorks } from "../checks";
import { mustKubectl } from "../clients/userland";
import { givenAuthorities } from "../labConfig";
import { begin, casOf, goTo, rotateTo } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";
import { SOCKET, TokenSigner } from "../tokenSigner";

const PUBLIC = "/etc/kubernetes/pki/sa.pub";
const FILES = "sha256sum /etc/kubernetes/pki/sa.key /etc/kubernetes/pki/sa.pub";

/** $1 the socket. The manifest is replaced in one move; the folder of the socket becomes one of its mounts. */
const MOVE = `
cd /etc/kubernetes/manifests
folder=$(dirname "$1")
sed -e '/--service-account-key-file=/d' \\
  -e "s#--service-account-signing-key-file=.*#--service-account-signing-endpoint=$1#" \\
  -e "s#^    volumeMounts:#&\\n    - mountPath: $folder\\n      name: token-signer#" \\
  -e "s#^  volumes:#&\\n  - hostPath:\\n      path: $folder\\n      type: Directory\\n    name: token-signer#" \\
  kube-apiserver.yaml >.new
mv .new kube-apiserver.yaml
for i in $(seq 120); do
  # it authorises nobody until it has read the roles
  if pgrep -f "[k]ube-apiserver.*signing-endpoint=$1" >/dev/null &&
    kubectl --kubeconfig /etc/kubernetes/admin.conf get nodes >/dev/null 2>&1; then exit 0; fi
  sleep 1
done
tail -n 3 /var/log/pods/kube-system_kube-apiserver-*/kube-apiserver/*.log >&2
echo "kube-apiserver does not start with the signer" >&2
exit 1`;

interface Token {
  readonly text: string;
  readonly kid: string;
}

const makeToken = async ({ lab }: Run): Promise<Token> => {
  const text = (await mustKubectl(lab, ["create", "token", "default", "--duration=1h"])).trim();
  const { kid } = JSON.parse(Buffer.from(text.split(".")[0] ?? "", "base64url").toString()) as { kid: string };
  return { text, kid };
};

const assertAccepted = async ({ lab }: Run, tokens: readonly Token[]): Promise<void> => {
  for (const { text, kid } of tokens) {
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: text } };
    const create = ["create", "-f", "-", "-o", "jsonpath={.status.authenticated}{.status.error}"];
    assert.equal(await mustKubectl(lab, create, JSON.stringify(review)), "true", `a token signed by ${kid}`);
  }
};

const keyFilesOn = async ({ lab }: Run): Promise<readonly string[]> =>
  Promise.all(withRole(lab.nodes, "control-plane").map(({ name }) => lab.must(name, FILES)));

const play = async (run: Run, signer: TokenSigner, earlier: Token): Promise<void> => {
  await run.step("the API servers ask the signer, and accept tokens of before", async () => {
    for (const { name } of withRole(run.lab.nodes, "control-plane"))
      await run.lab.must(name, `set -eu; set -- ${SOCKET}${MOVE}`, { timeoutMs: 180_000 });
    await assertClusterWorks(run.lab);
    await assertAccepted(run, [earlier]);
  });
  const first = await makeToken(run);
  assert.equal(first.kid, "transit-1");
  const files = await keyFilesOn(run);

  await run.step(
    "pulumi up with a renewal due is refused, with the field to set, before any node is changed",
    async () => {
      run.stack.configure({ certificates: { validity: "300d" } });
      const { code, stdout, stderr } = await run.stack.up();
      assert.notEqual(code, 0);
      assert.match(
        stdout + stderr,
        /external signer \(--service-account-signing-endpoint=\S+\) signs service account tokens, .*; authority\.serviceAccount\.enabled: false/,
        tail(stdout + stderr),
      );
    },
  );
  await run.stack.configureSecret("authority", {
    ...(await givenAuthorities(run.lab)),
    serviceAccount: { enabled: false },
  });
  await run.up("pulumi up: the token key is left to the signer");
  await assertAccepted(run, [earlier, first]);
  await goTo(run, "all CAs are replaced in one up", { configure: rotateTo(2), trusted: ["g2"] });
  await signer.rotate();
  const second = await makeToken(run);
  assert.equal(second.kid, "transit-2");
  await run.step("tokens of every key are accepted, and the former key files were not touched", async () => {
    await assertAccepted(run, [earlier, first, second]);
    assert.deepEqual(await keyFilesOn(run), files);
  });
  run.counts["tokens signed by the transit engine"] = signer.signed;
  assert.ok(signer.signed > 1);
};

export const tokenSigner: Scenario = {
  name: "token-signer",
  proves:
    "service account tokens signed by an external signer, its key in OpenBao's transit engine, stay good through a rotation of all CAs",
  topologies: ["duo"],
  play: async (run) => {
    await begin(run);
    assert.equal(casOf(run), "foreign");
    const [{ name } = { name: "" }] = withRole(run.lab.nodes, "control-plane");
    const earlier = await makeToken(run);
    const signer = await TokenSigner.start(run.lab, [await run.lab.must(name, `cat ${PUBLIC}`)]);
    try {
      await play(run, signer, earlier);
    } finally {
      await signer.stop();
    }
  },
};
