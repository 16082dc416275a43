import { spawn } from "node:child_process";
import type { ClusterPkiArgs } from "../../components";
import { GREETING } from "../../core/survey/questions";
import type { SshServer } from "../lab/plugins/sshServer";
import { Scratch } from "./scratch";

const SERVICES = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/** A control plane in a folder that is not part of the cluster yet: it gets its files, and no service has to run. */
export class FolderNode extends Scratch {
  begin(command: string) {
    const here = command.replaceAll(" /var/lib/kube-pki/", ` ${this.path("/var/lib/kube-pki/")}`);
    return spawn("sh", ["-c", here], {
      stdio: "pipe",
      env: {
        ...this.environment(),
        // this machine may have components of its own
        ...(command.includes(GREETING) ? { KUBE_PKI_PROC: this.path("/proc") } : {}),
      },
    });
  }

  /** The cluster that it is the only node of, by way of an SSH server. */
  args(server: SshServer): Pick<ClusterPkiArgs, "cluster" | "nodes" | "ssh" | "services"> {
    return {
      cluster: { name: "prod", kubernetesVersion: "1.36.3", endpoint: "192.0.2.11:6443" },
      nodes: [
        {
          name: "cp1",
          address: "192.0.2.11",
          roles: ["control-plane"],
          joining: true,
          ssh: { host: "127.0.0.1", port: server.port, user: "root", hostKey: server.hostKey },
        },
      ],
      ssh: { privateKey: server.clientKey },
      // found by the stub of systemctl, and not among the processes of this machine
      services: Object.fromEntries(SERVICES.map((unit) => [unit, { kind: "systemd", unit: `test-${unit}` }])),
    };
  }
}
