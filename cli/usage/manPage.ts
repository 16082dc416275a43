/** The man page, from the table of commands: man(7) macros alone, which every man reads. */
import { EXIT_TEXTS, named, placeholder, synopsis, type CommandSpec, type Named, type Option } from "./spec";

/** A text as roff prints it: no sign of its own in it, and no request at the start of a line. */
const plain = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "\\(ga")
    .replaceAll("'", "\\(aq")
    .replace(/^\./, "\\&.");

const bold = (text: string): string => `\\fB${plain(text)}\\fR`;
const variable = (text: string): string => `\\fI${plain(text)}\\fR`;

const optionTag = (name: string, option: Option): string => {
  const value = placeholder(option);
  const flags = [...(option.short === undefined ? [] : [`-${option.short}`]), `--${name}`].map(bold).join(", ");
  return value === undefined ? flags : `${flags} ${variable(value)}`;
};

const item = (tag: string, text: string): string[] => [".TP", tag, plain(text)];

const commandLines = (of: Named): string[] => {
  const { spec } = of;
  return [
    `.SS ${synopsis(of).split(" ").map(plain).join(" ")}`,
    plain(`${spec.summary.charAt(0).toUpperCase()}${spec.summary.slice(1)}.`),
    ...(spec.text === undefined ? [] : [".PP", plain(spec.text)]),
    ...Object.entries(spec.options).flatMap(([name, option]) => item(optionTag(name, option), option.text)),
    ...(spec.handsOn === undefined ? [] : item(variable("OPTION..."), `those of ${spec.handsOn}`)),
    ...(spec.page === undefined ? [] : [".PP", `More: ${variable(`docs/${spec.page}`)} of the package.`]),
  ];
};

const ENVIRONMENT: readonly (readonly [name: string, text: string])[] = [
  ["NO_COLOR", "print no colours on a terminal either (https://no-color.org)"],
  ["KUBE_PKI_DETECT_DRIFT", "true: a pulumi up or preview reads what was changed on nodes (docs/drift.md)"],
  ["VAULT_ADDR", "the server for kube-pki init --ca vault"],
  ["PULUMI_*", "what pulumi itself reads: passphrase, backend, access token"],
];

/** @param version of the package, on the page's last line */
export const manPage = (commands: Readonly<Record<string, CommandSpec>>, version: string): string =>
  [
    `.TH KUBE\\-PKI 1 "" ${JSON.stringify(`kube-pki ${version}`)} "User Commands"`,
    ".SH NAME",
    "kube\\-pki \\- the PKI of a self\\-managed Kubernetes cluster, as a Pulumi stack",
    ".SH SYNOPSIS",
    `${bold("kube-pki")} ${variable("COMMAND")} [${variable("OPTION...")}]`,
    ".SH DESCRIPTION",
    plain("Shows what a stack holds and what is due, renews it, and finds what is wrong with the PKI of a cluster."),
    ".SH COMMANDS",
    ...named(commands).flatMap(commandLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...item(`${bold("-h")}, ${bold("--help")}`, "print the options of the command, with examples"),
    ...item(bold("--version"), "without a command: print the version"),
    ".SH EXIT STATUS",
    ...EXIT_TEXTS.flatMap(([code, text]) => item(bold(String(code)), text)),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, text]) => item(bold(name), text)),
    ".SH EXAMPLES",
    ...named(commands).flatMap(({ spec }) =>
      spec.examples.flatMap(([line, what]) => item(bold(`kube-pki ${line}`), what)),
    ),
    ".SH SEE ALSO",
    `${bold("pulumi")}(1), ${bold("kubeadm")}(1), ${bold("systemd.timer")}(5)`,
    "",
  ].join("\n");
