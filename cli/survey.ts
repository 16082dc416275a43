import { parsedWithHosts } from "./options";
import { EXIT, Failure, type Exit } from "./failure";
import { SSH_OPTIONS } from "./sshArgs";
import { hostOf, isRead, surveyHosts } from "./surveyHosts";
import type { Spec } from "./usage/spec";

export const SPEC: Spec = {
  summary: "what is on the nodes of a cluster, as JSON: components, files of the PKI, kubeconfigs, what is served",
  args: "HOST...",
  text: "HOST is [user@]host[:port]. It reads only, and prints no secret.",
  options: SSH_OPTIONS,
  examples: [["survey root@cp1 root@w1 >cluster.json", "what `doctor --from` and `init --from` read"]],
  page: "doctor.md",
};

/** One JSON object for each host that answered, in a list. */
export async function command(args: readonly string[]): Promise<Exit> {
  const { options, hosts } = parsedWithHosts(args, SSH_OPTIONS);
  if (hosts.length === 0) throw new Failure("no host; give at least one [user@]host[:port]");
  const answers = await surveyHosts(hosts.map(hostOf), options);
  const surveys = [...answers.values()];
  process.stdout.write(`${JSON.stringify(surveys.filter(isRead), null, 2)}\n`);
  const silent = surveys.flatMap((answer, index) =>
    isRead(answer) ? [] : [`${hosts[index] ?? ""}: ${answer.unreachable}`],
  );
  process.stderr.write(silent.map((line) => `${line}\n`).join(""));
  return silent.length === 0 ? EXIT.fine : EXIT.failed;
}
