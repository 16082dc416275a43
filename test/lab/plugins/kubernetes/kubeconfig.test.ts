import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kubeconfigText, type KubeconfigInput } from "../../../../core/certificates/kubeconfig";
import { accessOf } from "./kubeconfig";

describe("kubernetes plugin, credentials of a kubeconfig", () => {
  let folder: string;
  const credentials = (user: Extract<KubeconfigInput["credentials"], { user: unknown }>["user"]) =>
    accessOf(kubeconfigText({ cluster: "prod", user: "ci", server: "api:6443", caData: "Q0E=", credentials: { user } }))
      .credentials;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-kubeconfig-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("reads the file of a token each time", () => {
    const tokenFile = join(folder, "token");
    for (const token of ["one", "two"]) {
      writeFileSync(tokenFile, `${token}\n`);
      assert.deepEqual(credentials({ tokenFile }), { token });
    }
  });

  it("asks a credential plugin, with its arguments and variables", () => {
    const answer = '{"status":{"token":"\'"$1$MORE"\'"}}';
    const exec = { command: "sh", args: ["-c", `echo '${answer}'`, "sh", "given-"], env: { MORE: "added" } };
    assert.deepEqual(credentials({ exec }), { token: "given-added" });
    assert.throws(() => credentials({ exec: { ...exec, args: ["-c", "echo {}"] } }), /sh gave no token/);
  });
});
