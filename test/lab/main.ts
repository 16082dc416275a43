import { clearAbandoned, clearLab } from "./clean";
import { Lab } from "./lab";
import { interactive } from "./process";
import { sshArgv } from "./ssh";
import { labNames, readState } from "./state";
import { topologyNames } from "./topology";
import { welcome } from "./welcome";

const usage = `usage: npm run lab -- COMMAND
  up TOPOLOGY [--bare] [--name NAME]    start a lab and leave it running; TOPOLOGY: ${topologyNames.join(", ")}
  down [NAME | --all]                   end a lab (the only one, if no name is given)
  status                                name the labs that run
  ssh NODE [COMMAND...] [--name NAME]   a shell or a command on a node
  prepare TOPOLOGY                      make the stopped cluster that labs start from`;

interface Words {
  readonly positional: readonly string[];
  readonly name: string | undefined;
  readonly flags: ReadonlySet<string>;
}

function parse(argv: readonly string[]): Words {
  const positional: string[] = [];
  const flags = new Set<string>();
  let name: string | undefined;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--name") name = argv[++index];
    else if (word === "--bare" || word === "--all") flags.add(word);
    else positional.push(word);
  }
  return { positional, name, flags };
}

const begin = Date.now();

function log(line: string): void {
  console.error(`${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}`);
}

/** The lab that is meant when none is named. */
function chosen(name: string | undefined): string {
  if (name !== undefined) return name;
  const names = labNames();
  const [only] = names;
  if (only === undefined) throw new Error("no lab is running, start one: npm run lab -- up TOPOLOGY");
  if (names.length > 1) throw new Error(`several labs are running, name one: ${names.join(", ")}`);
  return only;
}

const commands: Record<string, (words: Words) => Promise<number>> = {
  async up({ positional: [topology = ""], name, flags }) {
    const lab = await Lab.start(topology, { name: name ?? topology, bare: flags.has("--bare"), keep: true, log });
    console.log(welcome(lab).join("\n"));
    return 0;
  },
  async down({ positional: [name], flags }) {
    if (flags.has("--all")) {
      for (const each of labNames()) await clearLab(each);
      return 0;
    }
    await clearAbandoned(log);
    await clearLab(chosen(name));
    return 0;
  },
  status() {
    for (const name of labNames()) {
      const state = readState(name);
      const nodes = state?.nodes.map((node) => `${node.name} ${node.address}`).join(", ") ?? "being made";
      console.log(`${name}  ${state?.topology ?? ""}${state?.bare === true ? " (bare)" : ""}  ${nodes}`);
    }
    return Promise.resolve(0);
  },
  ssh({ positional: [node = "", ...command], name }) {
    const lab = Lab.attach(chosen(name));
    const address = lab.nodes.find((each) => each.name === node)?.address;
    if (address === undefined)
      throw new Error(`lab ${lab.name}: has no node ${node}, it has ${lab.nodes.map((each) => each.name).join(", ")}`);
    return interactive(lab.driver([...sshArgv(lab.folder), address, ...command]));
  },
  async prepare({ positional: [topology = ""] }) {
    await Lab.prepare(topology, log);
    return 0;
  },
};

async function main(argv: readonly string[]): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = commands[name];
  if (command === undefined) {
    console.error(usage);
    return 2;
  }
  return command(parse(rest));
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
