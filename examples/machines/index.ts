// Machines and their PKI by one program: addresses and host keys are outputs, which a preview of the first run does not know yet.
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, stackOutputs } from "kube-pki";

interface Machine {
  readonly address: string;
  readonly publicAddress: string;
  readonly hostKey: string;
}

const config = new pulumi.Config();
/** By a command of yours, which makes the machine NAME and prints these fields as JSON; a resource of any provider will do as well. */
const machine = (name: string) =>
  new local.Command(name, { create: config.require("make"), environment: { NAME: name } }).stdout.apply(
    (text) => JSON.parse(text) as Machine,
  );
const node = (name: string, role: "control-plane" | "worker") => {
  const { address, publicAddress, hostKey } = machine(name);
  return { name, address, roles: [role], ssh: { host: publicAddress, hostKey } };
};

const pki = new ClusterPki("prod", {
  cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
  nodes: [node("cp1", "control-plane"), node("w1", "worker")],
  ssh: { privateKey: config.requireSecret("login"), port: config.getNumber("port") },
});

export const { summary, certificates, authorities, nodes, trust, kubeconfigs } = stackOutputs(pki);
