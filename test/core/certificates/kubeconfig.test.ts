import assert from "node:assert/strict";
import { parse } from "yaml";
import { kubeconfigText, type KubeconfigInput } from "../../../core/certificates/kubeconfig";

const usersOf = (credentials: KubeconfigInput["credentials"]): unknown =>
  (
    parse(kubeconfigText({ cluster: "prod", user: "ci", server: "api:6443", caData: "Q0E=", credentials })) as {
      users: unknown;
    }
  ).users;

describe("kubeconfig of who works in the cluster", () => {
  it("names the file of a token", () => {
    assert.deepEqual(usersOf({ user: { tokenFile: "/run/token" } }), [
      { name: "ci", user: { tokenFile: "/run/token" } },
    ]);
  });

  it("names a credential plugin, which asks nobody anything", () => {
    const exec = { command: "kubelogin", args: ["get-token"], env: { AUDIENCE: "prod" } };
    assert.deepEqual(usersOf({ user: { exec } }), [
      {
        name: "ci",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            interactiveMode: "Never",
            command: "kubelogin",
            args: ["get-token"],
            env: [{ name: "AUDIENCE", value: "prod" }],
          },
        },
      },
    ]);
  });
});
