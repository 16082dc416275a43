import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Lab } from "../lab/lab";
import type { ProbeResult, Target } from "./probe";

/** Every API server and the endpoint clients use, on new and on kept connections. */
const targetsOf = (lab: Lab): Target[] => {
  const servers = lab.nodes
    .filter(({ roles }) => roles.includes("control-plane"))
    .map(({ name, address }) => ({ name, host: address, port: 6443 }));
  return [{ name: "endpoint", ...lab.api }, ...servers].flatMap((target) =>
    (["new", "kept"] as const).map((connection) => ({ ...target, connection })),
  );
};

/** The probe of a run, started before the first change and stopped after the last one. */
export class Availability {
  private readonly out: string[] = [];

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.out.push(text));
  }

  public static watch(lab: Lab): Availability {
    const [command = "", ...args] = lab.driver([
      process.execPath,
      "--import",
      "tsx",
      join(__dirname, "probe.ts"),
      JSON.stringify(targetsOf(lab)),
    ]);
    return new Availability(spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] }));
  }

  public async stop(): Promise<ProbeResult[]> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGTERM");
    await ended;
    return JSON.parse(this.out.join("")) as ProbeResult[];
  }
}
