/** Checks of `users`: each kubeconfig has a key of its own, and nobody gets the cluster's own rights by accident. */
import { ADMIN } from "../../model/profiles";
import { repeated } from "../problems";
import type { Check } from "./check";

/** Groups that Kubernetes and kubeadm give rights to; system:masters is above every role binding. */
const OF_KUBERNETES = /^(?:system|kubeadm):/;

export const userProblems: Check = ({ sections: { users = [] } }) => [
  ...users.flatMap(({ name, organizations, privileged }, index) => {
    const at = `users[${String(index)}]`;
    const problems: string[] = [];
    if (name === ADMIN)
      problems.push(`${at}.name: "${ADMIN}"; allowed is another name: this one is the stack's own administrator`);
    if (organizations.length > 1)
      problems.push(
        `${at}.organizations: ${String(organizations.length)} of them; allowed is one, ` +
          "which is all that a signing request of the tls provider carries",
      );
    const group = organizations.find((each) => OF_KUBERNETES.test(each));
    if (group !== undefined && !privileged)
      problems.push(
        `${at}.organizations: "${group}" is a group of Kubernetes itself; allowed is one of your own, ` +
          `or set ${at}.privileged: true to give its rights knowingly`,
      );
    return problems;
  }),
  ...repeated(
    users.map(({ name }) => name),
    (index, first) =>
      `users[${String(index)}].name: ${JSON.stringify(users[index]?.name)} is users[${String(first)}].name too; ` +
      "allowed is each name once",
  ),
];
