/**
 * A program like kube-vip: a static pod on each control plane that renews a Lease by `admin.conf`, which is mounted as a single
 * file. It reads the file once, at its start, as client-go does.
 */
import assert from "node:assert/strict";
import type { Lab } from "../lab/lab";
import { withRole } from "../lab/topology";
import { mustKubectl, podSpec, sandboxImageOf } from "./clients/userland";

export const HOLDER = "vip";
export const READS = "/etc/kubernetes/admin.conf";
const FOLDER = "/opt/vip";
const LOGS = "/var/log/vip";
const LEASE = "vip";

/** Every second: the Lease is renewed, by a copy of the file that was read at the start; the time of each success is kept. */
const LOOP = `
trap 'exit 0' TERM
cp ${READS} /tmp-vip/config
while :; do
  now=$(date +%s)
  timeout 5 kubectl --kubeconfig /tmp-vip/config --request-timeout=4s -n kube-system annotate lease ${LEASE} --overwrite "renewed=$now" >/dev/null 2>&1 &&
    echo "$now" >>${LOGS}/renewed
  sleep 1
done`;

export class LeaseHolder {
  private constructor(private readonly lab: Lab) {}

  /** Starts it on every control plane. */
  public static async start(lab: Lab): Promise<LeaseHolder> {
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: LEASE, namespace: "kube-system" },
    };
    await mustKubectl(lab, ["apply", "-f", "-"], JSON.stringify(lease));
    const image = await sandboxImageOf(lab);
    for (const { name } of withRole(lab.nodes, "control-plane")) {
      // a static pod's process has the name of its manifest
      await lab.must(name, `mkdir -p ${FOLDER} ${LOGS} && cp /bin/sh ${FOLDER}/${HOLDER} && cat >${FOLDER}/loop.sh`, {
        stdin: LOOP,
      });
      const manifest = `/etc/kubernetes/manifests/${HOLDER}.yaml`;
      await lab.must(name, `cat >/root/${HOLDER}.yaml && mv /root/${HOLDER}.yaml ${manifest}`, {
        stdin: JSON.stringify(manifestOf(image)),
      });
    }
    const holder = new LeaseHolder(lab);
    await holder.renews();
    return holder;
  }

  /** Every one of them renews again. */
  public async renews(): Promise<void> {
    for (const { name } of withRole(this.lab.nodes, "control-plane"))
      await this.lab.must(
        name,
        `before=$(cat ${LOGS}/renewed 2>/dev/null | wc -l); for i in $(seq 60); do ` +
          `[ "$(cat ${LOGS}/renewed 2>/dev/null | wc -l)" -gt "$before" ] && exit; sleep 1; done; exit 1`,
      );
  }

  /** Restarts it on every control plane, one after another, as an operator does: the manifest is moved away and back. */
  public async restart(): Promise<void> {
    for (const { name } of withRole(this.lab.nodes, "control-plane")) {
      const at = `/etc/kubernetes/manifests/${HOLDER}.yaml`;
      const gone = `for i in $(seq 60); do pgrep -x ${HOLDER} >/dev/null || break; sleep 1; done`;
      await this.lab.must(name, `mv ${at} /root/ && ${gone}; mv /root/${HOLDER}.yaml ${at}`);
    }
    await this.renews();
  }

  /** Seconds of the longest time without a renewal from any control plane, and how often it was renewed. */
  public async longestGap(): Promise<{ readonly seconds: number; readonly renewals: number }> {
    const texts = await Promise.all(
      withRole(this.lab.nodes, "control-plane").map(({ name }) => this.lab.must(name, `cat ${LOGS}/renewed`)),
    );
    const moments = texts.flatMap((text) => text.trim().split("\n").map(Number)).sort((a, b) => a - b);
    assert.ok(moments.length > 100, `renewed ${String(moments.length)} times`);
    const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
    return { seconds: Math.max(...gaps), renewals: moments.length };
  }
}

const manifestOf = (image: string): Record<string, unknown> => {
  const spec = podSpec({ name: HOLDER, image, script: "", writes: [LOGS] }) as {
    containers: { command: string[]; volumeMounts: unknown[] }[];
    volumes: unknown[];
  };
  const [container] = spec.containers;
  assert.ok(container);
  container.command = [`${FOLDER}/${HOLDER}`, `${FOLDER}/loop.sh`];
  container.volumeMounts.push(
    { name: "conf", mountPath: READS, readOnly: true },
    { name: "tmp", mountPath: "/tmp-vip" },
  );
  spec.volumes.push({ name: "conf", hostPath: { path: READS, type: "File" } }, { name: "tmp", emptyDir: {} });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: HOLDER, namespace: "kube-system" },
    spec: { ...spec, hostNetwork: true },
  };
};
