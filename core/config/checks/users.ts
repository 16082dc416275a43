/** Checks of `users`: each kubeconfig has a key of its own, and nobody gets the cluster's own rights by accident. */
import { mustBe } from "../../format/problem";
import { ADMIN } from "../../model/profiles";
import { repeated } from "../problems";
import type { Check } from "./check";

/** Groups that Kubernetes and kubeadm give rights to; system:masters is above every role binding. */
export const OF_KUBERNETES = /^(?:system|kubeadm):/;

export const userProblems: Check = ({ sections: { users = [] } }) => [
  ...users.flatMap(({ name, organizations, privileged }, index) => {
    const at = `users[${String(index)}]`;
    const problems: string[] = [];
    if (name === ADMIN)
      problems.push(mustBe(`${at}.name`, `"${ADMIN}"`, "another name, because this is the stack's own administrator"));
    if (organizations.length > 1)
      problems.push(
        mustBe(
          `${at}.organizations`,
          `a list of ${String(organizations.length)}`,
          "a list of one, because a signing request of the tls provider carries no more",
        ),
      );
    const group = organizations.find((each) => OF_KUBERNETES.test(each));
    if (group !== undefined && !privileged)
      problems.push(
        mustBe(
          `${at}.organizations`,
          `"${group}" is a group of Kubernetes itself`,
          "a group of your own",
          `or set ${at}.privileged: true to grant its rights on purpose`,
        ),
      );
    return problems;
  }),
  ...repeated(
    users.map(({ name }) => name),
    (index, first) =>
      mustBe(
        `users[${String(index)}].name`,
        `${JSON.stringify(users[index]?.name)} is users[${String(first)}].name too`,
        "unique",
      ),
  ),
];
