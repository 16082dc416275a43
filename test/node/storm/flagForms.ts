/** How people write the command line of "store": in its unit, beside it, or in the manifest of its static pod. */

/** What is in a text for the flag that is replaced and the one that is added. */
export interface Values {
  readonly mode: string;
  /** With what stands before it; empty: it is not there. */
  readonly added: string;
}

export interface Form {
  readonly kind: "systemd" | "static-pod";
  readonly text: (values: Values) => string;
  /** Flags that cannot be set there. */
  readonly refuses: readonly Wish[];
  /** @default /etc/systemd/system, or the manifests of the kubelet */
  readonly path?: string;
  /** A file beside it. */
  readonly dropIn?: string;
  /** What its EnvironmentFile= says. */
  readonly environment?: string;
  /** The unit that has the text for its EnvironmentFile=, which the node asks systemd for. */
  readonly unit?: string;
  /** What the kubelet makes of it where that is no line of its own for each flag. */
  readonly knownAs?: string;
}

/** replace, set: of the flag that is there; add: one that is not; ignore: none that is there. */
export const WISHES = { replace: "replaceflag", set: "flag", add: "flag", ignore: "replaceflag" } as const;
export type Wish = keyof typeof WISHES;
export const FLAG_OF: Readonly<Record<Wish, string>> = {
  replace: "--mode=new",
  set: "--mode=new",
  add: "--added=3s",
  ignore: "--absent=x",
};
const MODE: readonly Wish[] = ["replace", "set"];

export const UNIT_PATH = "/etc/systemd/system/store.service";
export const MANIFEST_PATH = "/etc/kubernetes/manifests/store.yaml";
/** In a text of this indentation. */
const ADDED = "--added=3s";

const unit = (rest: string): string =>
  `[Unit]\nDescription=store --mode=in a text\n[Service]\n# --mode=a comment\nExecStartPre=/bin/true --mode=pre\n${rest}Restart=always\n`;
const oneLine = ({ mode, added }: Values): string =>
  unit(`ExecStart=/usr/bin/store${added === "" ? "" : ` ${added}`} --mode=${mode} --mode-more=1\n`);
const bare = ({ added }: Values): string => unit(`ExecStart=/usr/bin/store${added === "" ? "" : ` ${added}`}\n`);
const withEnvironment = ({ added }: Values): string =>
  unit(`EnvironmentFile=/etc/default/store\nExecStart=/usr/bin/store${added === "" ? "" : ` ${added}`} $STORE_ARGS\n`);

export const ENVIRONMENT_FILE = "/etc/default/store.env";
const environment = (args: string): string => `# --mode=a comment\nOTHER="--mode=other"\nSTORE_ARGS=${args}\n`;
const inEnvironment = {
  path: ENVIRONMENT_FILE,
  unit: unit(`EnvironmentFile=${ENVIRONMENT_FILE}\nExecStart=/usr/bin/store $STORE_ARGS\n`),
};
const behind = (added: string): string => (added === "" ? "" : ` ${added}`);

const manifest = (command: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: store\nspec:\n  containers:\n  - ${command}    # --mode=a comment\n    image: store\n    name: store\n    volumeMounts:\n    - mountPath: /etc/kubernetes/pki/ca.crt\n      name: ca\n  volumes:\n  - hostPath:\n      path: /etc/kubernetes/pki/ca.crt\n      type: File\n    name: ca\n`;
const block =
  (program: string, quote = "") =>
  ({ mode, added }: Values): string =>
    manifest(
      `command:\n    - ${program}\n${added === "" ? "" : `    - ${added}\n`}    - ${quote}--mode=${mode}${quote}\n    - --mode-more=1\n`,
    );

const systemd = (text: Form["text"], more: Partial<Form> = {}): Form => ({
  kind: "systemd",
  text,
  refuses: [],
  ...more,
});
const pod = (text: Form["text"], more: Partial<Form> = {}): Form => ({
  kind: "static-pod",
  text,
  refuses: [],
  ...more,
});
const always = (text: string) => (): string => text;

export const FORMS = {
  unit: systemd(oneLine),
  unitContinued: systemd(({ mode, added }) =>
    unit(`ExecStart=/usr/bin/store${added === "" ? "" : ` ${added}`} \\\n  --mode=${mode} \\\n  --last=x\n`),
  ),
  unitQuoted: systemd(({ mode, added }) =>
    unit(`ExecStart=/usr/bin/store${added === "" ? "" : ` ${added}`} "--mode=${mode}"\n`),
  ),
  unitNoEol: systemd((values) => oneLine(values).replace(/\n$/, "")),
  unitTwoWords: systemd(({ added }) => bare({ mode: "", added }).replace(/(ExecStart=.*)/, "$1 --mode old"), {
    refuses: MODE,
  }),
  unitEnvironment: systemd(withEnvironment, { refuses: MODE, environment: "--mode=old" }),
  unitDropIn: systemd(always(oneLine({ mode: "old", added: "" })), {
    refuses: [...MODE, "add"],
    dropIn: "[Service]\nExecStart=\nExecStart=/usr/bin/store --mode=old\n",
  }),
  unitDropInOfOthers: systemd(oneLine, { dropIn: "[Service]\nEnvironment=MORE=--mode=x\n" }),
  unitOfPackage: systemd(always(oneLine({ mode: "old", added: "" })), {
    refuses: [...MODE, "add"],
    path: "/usr/lib/systemd/system/store.service",
  }),
  unitElsewhere: systemd(always(withEnvironment({ mode: "", added: "" })), {
    refuses: ["add"],
    path: "/usr/lib/systemd/system/store.service",
    environment: "--mode=new",
  }),
  environmentQuoted: systemd(
    ({ mode, added }) => environment(`"--mode-more=1 --mode=${mode}${behind(added)}"`),
    inEnvironment,
  ),
  environmentContinued: systemd(
    ({ mode, added }) => environment(`'--first=1 \n--mode=${mode}\n--last=x${behind(added)}'`),
    inEnvironment,
  ),
  environmentNoEol: systemd(
    ({ mode, added }) => environment(`"--mode=${mode}${behind(added)}"`).replace(/\n$/, ""),
    inEnvironment,
  ),
  environmentTwoWords: systemd(({ added }) => environment(`"--mode old${behind(added)}"`), {
    ...inEnvironment,
    refuses: MODE,
  }),
  pod: pod(block("store")),
  podPath: pod(block("/usr/local/bin/store")),
  podQuoted: pod(block("store", '"')),
  podNoEol: pod((values) => block("store")(values).replace(/\n$/, "")),
  podList: pod(always(manifest("command: [store, --mode=old, --last=x]\n")), {
    refuses: [...MODE, "add"],
    knownAs: "- --mode=old\n- --last=x\n",
  }),
  podTwoWords: pod(
    ({ added }) =>
      manifest(`command:\n    - store\n${added === "" ? "" : `    - ${added}\n`}    - --mode\n    - old\n`),
    { refuses: MODE },
  ),
} as const satisfies Record<string, Form>;
export type FormName = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as FormName[];

export const OLD: Values = { mode: "old", added: "" };

/** What these wishes make of it. */
export const wanted = (wishes: readonly Wish[]): Values => ({
  mode: wishes.some((wish) => MODE.includes(wish)) ? "new" : "old",
  added: wishes.includes("add") ? ADDED : "",
});

export const pathOf = ({ kind, path }: Form): string => path ?? (kind === "systemd" ? UNIT_PATH : MANIFEST_PATH);
