/** The systemd units of an unattended run: text alone. */
import { mustBe } from "../../core/format/problem";
import { Failure } from "../failure";

export interface Job {
  /** As `pulumi stack select` knows it. */
  readonly stack: string;
  /** Folder of the Pulumi project. */
  readonly project: string;
  readonly user: string;
  /** systemd.time(7), OnCalendar=. */
  readonly schedule: string;
  /** Up to this much later: systemd.time(7). */
  readonly spread: string;
  /** KEY=value lines with what is secret; systemd reads it, as root. */
  readonly environmentFile: string | undefined;
  /** A unit that is started when a run fails. */
  readonly onFailure: string | undefined;
  /** Also a run that changes CAs or the phase of a rotation. */
  readonly anyChange: boolean;
  /** Absolute paths: what interprets the command, and the command. */
  readonly node: string;
  readonly command: string;
  /** Where pulumi, its plugins and ssh are found. */
  readonly path: readonly string[];
}

/** What nothing has to be quoted in, for systemd: no blank, quote, `%`, `$` or `\`. */
const PATH = /^\/[A-Za-z0-9._/@+-]*$/;
const STACK = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+){0,2}$/;
const USER = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;
const UNIT = /^[A-Za-z0-9:._@%\\-]+\.(?:service|target)$/;
const TIME = /^[A-Za-z0-9 *:,.~/+-]+$/;

const CHECKS: readonly (readonly [(job: Job) => string | undefined, string, RegExp, string])[] = [
  [({ stack }) => stack, "--stack", STACK, "a stack's name"],
  [({ project }) => project, "--cwd", PATH, "a path of letters, digits and . _ - @ +"],
  [({ user }) => user, "--user", USER, "a user of this machine"],
  [({ schedule }) => schedule, "--schedule", TIME, 'times as systemd.time(7) has them, such as "Sun 03:00" or "daily"'],
  [({ spread }) => spread, "--spread", TIME, 'a time span as systemd.time(7) has it, such as "30min"'],
  [({ environmentFile }) => environmentFile, "--environment-file", PATH, "a path of letters, digits and . _ - @ +"],
  [({ onFailure }) => onFailure, "--on-failure", UNIT, 'a unit such as "alert@%n.service"'],
  [({ node }) => node, "node", PATH, "in a path of letters, digits and . _ - @ +"],
  [({ command }) => command, "kube-pki", PATH, "in a path of letters, digits and . _ - @ +"],
  [({ path }) => path.find((folder) => !PATH.test(folder)), "PATH", PATH, "folders of letters, digits and . _ - @ +"],
];

/** @throws Failure naming the option: no other text gets into a unit */
export const checkJob = (job: Job): void => {
  for (const [pick, option, pattern, what] of CHECKS) {
    const given = pick(job);
    if (given !== undefined && !pattern.test(given)) throw new Failure(mustBe(option, JSON.stringify(given), what));
  }
};

/** Without the ending; a stack's name may say its organization too. */
export const unitName = (stack: string): string => `kube-pki-${stack.replaceAll("/", "-")}`;

const given = <T>(value: T | undefined, line: (value: T) => string): string[] =>
  value === undefined ? [] : [line(value)];

export const serviceUnit = (job: Job): string =>
  [
    `# Written by kube-pki timer install; kube-pki timer remove --stack ${job.stack} removes it.`,
    "[Unit]",
    `Description=Renew what is due of the certificates of stack ${job.stack} (kube-pki)`,
    "Wants=network-online.target",
    "After=network-online.target",
    ...given(job.onFailure, (unit) => `OnFailure=${unit}`),
    "",
    "[Service]",
    "Type=oneshot",
    `User=${job.user}`,
    `WorkingDirectory=${job.project}`,
    `Environment=PATH=${job.path.join(":")}`,
    // the passphrase of the state and whatever else is secret: in no unit and on no command line
    ...given(job.environmentFile, (file) => `EnvironmentFile=${file}`),
    `ExecStart=${[job.node, job.command, "timer", "run", "--stack", job.stack, "--cwd", job.project, ...(job.anyChange ? ["--any-change"] : [])].join(" ")}`,
    // a run that is ended lets the node that it is at finish by itself
    "TimeoutStartSec=6h",
    "NoNewPrivileges=yes",
    "",
  ].join("\n");

export const timerUnit = (job: Job): string =>
  [
    `# Written by kube-pki timer install; kube-pki timer remove --stack ${job.stack} removes it.`,
    "[Unit]",
    `Description=Renew what is due of the certificates of stack ${job.stack} (kube-pki)`,
    "",
    "[Timer]",
    `OnCalendar=${job.schedule}`,
    `RandomizedDelaySec=${job.spread}`,
    // one that was missed, as the machine was off, is made up for
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
