/** `kube-pki timer`: renewals that nobody starts, by a systemd timer on a machine that reaches the nodes. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { mustBe } from "../core/format/problem";
import { EXIT, Failure, type Exit } from "./failure";
import { parsedOptions, STACK_OPTIONS, unknownWord } from "./options";
import { runDue, RUN } from "./timer/run";
import { calendarTrouble, installUnits, removeUnits, timerState, UNIT_FOLDER } from "./timer/systemd";
import { checkJob, serviceUnit, timerUnit, unitName, type Job } from "./timer/units";
import type { OptionTable, Verbs } from "./usage/spec";

const STACK = { stack: { ...STACK_OPTIONS.stack, text: "the stack; has to be given" } } as const satisfies OptionTable;

const FOLDER = {
  "unit-folder": {
    type: "string",
    default: UNIT_FOLDER,
    value: "DIR",
    offers: "folders",
    text: `where the units are; ${UNIT_FOLDER} by default`,
  },
} as const satisfies OptionTable;

const OF_STACK = { ...STACK, ...FOLDER } as const;

const INSTALL = {
  ...STACK,
  cwd: { ...STACK_OPTIONS.cwd, default: ".", text: "folder of the Pulumi project; this one by default" },
  schedule: {
    type: "string",
    default: "Sun 03:00",
    value: "TIMES",
    text: 'when, as OnCalendar= has it; "Sun 03:00" by default',
  },
  spread: { type: "string", default: "30min", value: "SPAN", text: 'up to so much later; "30min" by default' },
  user: {
    type: "string",
    value: "USER",
    text: "whose run it is, with their ssh keys and pulumi login; you by default",
  },
  "environment-file": {
    type: "string",
    value: "FILE",
    offers: "files",
    text:
      "KEY=value lines for the run, such as PULUMI_CONFIG_PASSPHRASE and PULUMI_BACKEND_URL; of mode 0600. No secret is in a " +
      "unit or on a command line",
  },
  "on-failure": { type: "string", value: "UNIT", text: "started when a run fails, such as alert@%n.service" },
  "any-change": {
    type: "boolean",
    default: false,
    text: "let it also change CAs or the phase of a rotation; without it such a run fails",
  },
  ...FOLDER,
  "dry-run": { type: "boolean", default: false, text: "print both units, and change nothing" },
} as const satisfies OptionTable;

const PAGE = "unattended.md";

export const SPEC: Verbs = {
  summary: "renewals that nobody starts, by a systemd timer on this machine",
  verbs: {
    install: {
      summary: "a systemd service and timer on this machine that renew what is due of a stack",
      options: INSTALL,
      examples: [
        ["timer install --stack prod --environment-file /etc/kube-pki/prod.env", "every Sunday at 3:00"],
        ["timer install --stack prod --dry-run", "see the units first"],
      ],
      page: PAGE,
    },
    run: RUN,
    status: {
      summary: "when it ran and runs next; exits 1 if the last run failed or the timer is not active",
      options: OF_STACK,
      examples: [["timer status --stack prod", "what a monitoring check calls"]],
      page: PAGE,
    },
    remove: {
      summary: "takes both units away",
      options: OF_STACK,
      examples: [["timer remove --stack prod", "renewals are started by people again"]],
      page: PAGE,
    },
  },
};

const VERBS: Readonly<Record<string, (args: readonly string[]) => Promise<Exit>>> = {
  install: (args) => install(args),
  status: (args) => status(args),
  remove: (args) => remove(args),
  run: (args) => runDue(args),
};

export const command = ([verb = "", ...args]: readonly string[]): Promise<Exit> => {
  if (verb === "") throw new Failure(`timer takes one of ${Object.keys(SPEC.verbs).join(", ")}`);
  const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (run === undefined) throw unknownWord("timer", verb, Object.keys(SPEC.verbs));
  return run(args);
};

const given = (stack: string | undefined): string => {
  if (stack === undefined)
    throw new Failure("--stack: missing; name the stack, as another one may be selected by then");
  return stack;
};

const install = async (args: readonly string[]): Promise<Exit> => {
  const options = parsedOptions(args, INSTALL);
  const job: Job = {
    stack: given(options.stack),
    project: resolve(options.cwd),
    user: options.user ?? process.env["SUDO_USER"] ?? userInfo().username,
    schedule: options.schedule,
    spread: options.spread,
    environmentFile: options["environment-file"],
    onFailure: options["on-failure"],
    anyChange: options["any-change"],
    node: process.execPath,
    command: join(__dirname, "kube-pki"),
    path: searchPath(),
  };
  checkJob(job);
  checkProject(job.project);
  checkSecrets(job.environmentFile);
  const trouble = await calendarTrouble(job.schedule);
  if (trouble !== undefined) throw new Failure(`--schedule: ${JSON.stringify(job.schedule)}; ${trouble}`);
  const name = unitName(job.stack);
  const units = { service: serviceUnit(job), timer: timerUnit(job) };
  const folder = options["unit-folder"];
  if (options["dry-run"]) {
    for (const [kind, text] of Object.entries(units))
      process.stdout.write(`# ${join(folder, `${name}.${kind}`)}\n${text}\n`);
    return EXIT.fine;
  }
  const changed = await installUnits(folder, name, units);
  process.stdout.write(
    `${name}.timer ${changed ? "installed" : "is there already"}\n${(await timerState(name)).listed}`,
  );
  return EXIT.fine;
};

/** Where this node, pulumi and ssh are, before the folders that systemd has by itself. */
const searchPath = (): string[] => {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  const holds = (program: string): string[] =>
    folders.filter((folder) => existsSync(join(folder, program))).slice(0, 1);
  const pulumi = holds("pulumi");
  if (pulumi.length === 0)
    throw new Failure('pulumi: not found on PATH; with sudo it may be another one: sudo env "PATH=$PATH" ...');
  const usual = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return [
    ...new Set([...pulumi, dirname(process.execPath), ...holds("pulumi-language-nodejs"), ...holds("ssh"), ...usual]),
  ];
};

const checkProject = (project: string): void => {
  if (!existsSync(join(project, "Pulumi.yaml")))
    throw new Failure(mustBe("--cwd", project, "the folder of a Pulumi project, with Pulumi.yaml in it"));
};

const EVERYBODY_ELSE = 0o077;

/** A secret that others may read is none. */
const checkSecrets = (file: string | undefined): void => {
  if (file === undefined) return;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new Failure(mustBe("--environment-file", file, "a file that is there, and that you may read"));
  }
  const mode = statSync(file).mode & 0o777;
  if ((mode & EVERYBODY_ELSE) !== 0)
    throw new Failure(
      mustBe(
        "--environment-file",
        `${file} has mode 0${mode.toString(8)}`,
        "readable by its owner alone",
        `chmod 0600 ${file}`,
      ),
    );
};

const status = async (args: readonly string[]): Promise<Exit> => {
  const name = unitName(given(parsedOptions(args, OF_STACK).stack));
  const { listed, isActive, result, exitCode, endedAt } = await timerState(name);
  process.stdout.write(listed);
  const failed = result !== undefined && result !== "success";
  const last =
    result === undefined
      ? "last run: none since this machine was started"
      : failed
        ? `last run: failed (${result}, exit code ${exitCode}) ${endedAt}: journalctl -u ${name}.service`
        : `last run: succeeded ${endedAt}`;
  process.stdout.write(`${last}\n`);
  if (!isActive)
    process.stderr.write(
      `${name}.timer is not active: run \`npx kube-pki timer install\`, or \`systemctl start\` it\n`,
    );
  return failed || !isActive ? EXIT.attention : EXIT.fine;
};

const remove = async (args: readonly string[]): Promise<Exit> => {
  const options = parsedOptions(args, OF_STACK);
  const name = unitName(given(options.stack));
  const wasThere = await removeUnits(options["unit-folder"], name);
  process.stdout.write(`${name}.timer ${wasThere ? "removed" : "is not there"}\n`);
  return EXIT.fine;
};
