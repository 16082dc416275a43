/** What goes wrong with the disks of a node. */
import type { Lab } from "../../lab/lab";
import type { Fault, Mend } from "./fault";

const undone = (lab: Lab, node: string, text: string): Mend => {
  return async () => {
    await lab.must(node, text);
  };
};

const STATE = "/var/lib/kube-pki";

export const diskFaults: readonly Fault[] = [
  {
    name: "a folder of a worker is read-only",
    happen: async ({ run: { lab } }) => {
      const folder = "/var/lib/kubelet";
      await lab.must("w1", `mount --bind ${folder} ${folder} && mount -o remount,bind,ro ${folder}`);
      return undone(lab, "w1", `umount ${folder}`);
    },
    outcome: { is: "fails", within: 120, says: /w1: .*\/var\/lib\/kubelet.*read-only/, touches: false },
  },
  {
    name: "a worker has no room for the step's own files",
    happen: async ({ run: { lab } }) => {
      const fill = `
cp -a ${STATE} /root/state
mount -t tmpfs -o size=512k tmpfs ${STATE}
cp -a /root/state/. ${STATE}/
dd if=/dev/zero of=${STATE}/filler bs=4k 2>/dev/null || :`;
      await lab.must("w1", fill);
      return undone(lab, "w1", `umount ${STATE}; rm -r /root/state`);
    },
    outcome: { is: "fails", within: 120, says: /w1: \/var\/lib\/kube-pki has \d+ KiB left/, touches: false },
  },
];
