/** The machine: who may read it, its clock, room, openssl, whose it is. */
import { kubeletNames } from "../../init/nodes";
import { hasService } from "../../init/visits";
import { mountOf } from "../../survey/mounts";
import { refused, told, type Check } from "../world";

/** The node waits for so much (node/10-base.sh, LIMIT_CLOCK). */
const CLOCK_SECONDS = 120;
/** That the way to a node cannot explain. */
const CLOCK_OFF = 30;

const STATE = "/var/lib/kube-pki";
/** What a transaction takes before it begins (node/14-room.sh), and a little more. */
const LEAST_ROOM = 256 * 1024;
const ROOM = 64 * 1024 * 1024;

export const login: Check = ({ survey: { host } }) =>
  host.uid === 0
    ? []
    : [refused(`the login is not root (uid ${String(host.uid)})`, "ssh.user: root, or ssh.sudo: true")];

export const openssl: Check = ({ plan, survey: { host }, due }) =>
  host.openssl !== undefined || plan.keyLocation !== "node" || (due.size === 0 && plan.csrSigners.length === 0)
    ? []
    : [
        refused(
          "it has no openssl, and makes its own keys",
          "install openssl there, or nodes[].keyLocation: state for this node",
        ),
      ];

export const clock: Check = ({ survey: { host } }) => {
  const ahead = host.clockAheadSeconds;
  const off = `its clock is ${String(Math.abs(ahead))} s ${ahead < 0 ? "behind" : "ahead"}`;
  const todo = "set the clock (chronyc makestep, timedatectl), no field of the stack file helps";
  if (ahead < -CLOCK_SECONDS) return [refused(`${off}, so a new certificate is not valid there yet`, todo)];
  return Math.abs(ahead) > CLOCK_OFF ? [told(off, todo)] : [];
};

export const room: Check = ({ survey: { host } }) => {
  const mount = mountOf(
    STATE,
    host.room.map(({ mount: at }) => at),
  );
  const free = host.room.find((each) => each.mount === mount)?.freeBytes;
  if (free === undefined || free >= ROOM) return [];
  const text = `${mount ?? ""} has ${String(Math.floor(free / 1024))} KiB left for ${STATE}`;
  return [free < LEAST_ROOM ? refused(text, "make room there") : told(text, "make room there")];
};

/** A path and everything below a mount that cannot be written. */
export const readOnly: Check = ({ survey: { host }, written }) => {
  const mounts = [...host.readOnly, ...host.room.map(({ mount }) => mount)];
  const isReadOnly = (path: string): boolean => host.readOnly.includes(mountOf(path, mounts) ?? "");
  const [path] = [STATE, ...written.map((row) => row.path)].filter(isReadOnly);
  return path === undefined
    ? []
    : [
        refused(
          `${mountOf(path, mounts) ?? ""} is mounted read-only, and ${path} is written there`,
          path === STATE ? "mount it writable" : "mount it writable, or files: where the node reads it elsewhere",
        ),
      ];
};

/** Another machine than the stack file means would get the certificates of this one. */
export const identity: Check = ({ plan, survey }) => {
  const names = hasService(survey, "kubelet") ? kubeletNames(survey) : [];
  const { name } = plan.node;
  return names.length === 0 || names.includes(name)
    ? []
    : [
        refused(
          `the kubelet there is registered as ${names.join(", ")}`,
          `nodes[].name: ${names[0] ?? ""}, or the address of ${name}`,
        ),
      ];
};
