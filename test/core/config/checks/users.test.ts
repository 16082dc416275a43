import assert from "node:assert/strict";
import { config, parsed, problems, type Raw } from "../fixtures";

const users = (...list: readonly Raw[]): Raw => config({ users: list });
const NAME = "at most 64 letters, digits, ., _, @ and -, the first a letter or a digit";

describe("config: users", () => {
  it("fills in what is left out", () => {
    assert.deepEqual(parsed(config()).users, []);
    const alice = { name: "alice", organizations: ["dev"], validity: "90d" };
    assert.deepEqual(parsed(users(alice, { name: "Bob_B" })).users, [
      { name: "alice", organizations: ["dev"], validity: 90 * 86_400, privileged: false },
      { name: "Bob_B", organizations: [], privileged: false },
    ]);
    assert.deepEqual(problems(users({ name: "alice@example.com" })), [], "as an identity provider calls people");
    assert.deepEqual(problems(users({ name: "root", organizations: ["system:masters"], privileged: true })), []);
  });

  const refused: readonly (readonly [Raw, string])[] = [
    [
      config({ users: { name: "a" } }),
      "users: an object; must be a list of users, each with a name; write `- ` before it, as an entry of a list",
    ],
    [users({}), `users[0].name: missing; must be ${NAME}`],
    [users({ name: "system:masters" }), `users[0].name: "system:masters"; must be ${NAME}`],
    [users({ name: "a b" }), `users[0].name: "a b"; must be ${NAME}`],
    [users({ name: "-a" }), `users[0].name: "-a"; must be ${NAME}`],
    [users({ name: "a", organisations: [] }), "users[0]: unknown key `organisations`; did you mean `organizations`?"],
    [
      users({ name: "a", organizations: "dev" }),
      'users[0].organizations: "dev"; must be a list of one organization; did you mean ["dev"]?',
    ],
    [
      users({ name: "a", organizations: ["a,b"] }),
      'users[0].organizations[0]: "a,b"; must be at most 64 letters, digits, :, ., _ and -; give each as an entry of its own: "a", "b"',
    ],
    [
      users({ name: "a", organizations: ["dev", "ops"] }),
      "users[0].organizations: a list of 2; must be a list of one, because a signing request of the tls provider carries no more",
    ],
    [
      users({ name: "a", organizations: ["system:masters"] }),
      'users[0].organizations: "system:masters" is a group of Kubernetes itself; must be a group of your own; or set users[0].privileged: true to grant its rights on purpose',
    ],
    [
      users({ name: "admin" }),
      'users[0].name: "admin"; must be another name, because this is the stack\'s own administrator',
    ],
    [users({ name: "a" }, { name: "a" }), 'users[1].name: "a" is users[0].name too; must be unique'],
    [
      users({ name: "a", validity: "10h30m" }),
      'users[0].validity: "10h30m"; must be a whole number of hours or days from 1h to 36500d, such as "720h" or "30d"',
    ],
    [
      users({ name: "a", validity: "4000d" }),
      "users[0].validity: 4000d; must be no longer than authority.validity, 3650d",
    ],
    [
      { ...users({ name: "a", validity: "10d" }), certificates: { validity: "90d", renewBefore: "30d" } },
      "certificates.renewBefore: 30d; must be less than users[0].validity, 10d",
    ],
    [
      {
        ...users({ name: "a", validity: "3000d" }),
        rotation: { rotateEvery: "730d", since: "2026-01-01T00:00:00Z" },
        rollout: { acceptEtcdDowntime: true },
      },
      "rotation.rotateEvery: 730d; must be at most 650d, so that no leaf outlives its CA; that is authority.validity, 3650d, less users[0].validity, 3000d",
    ],
    [
      config({ certificates: { profiles: { admin: { organizations: ["a", "b"] } } } }),
      "certificates.profiles.admin.organizations: a list of 2; must be a list of one where the key is in the state, as that of the stack's own administrator is",
    ],
  ];
  for (const [changes, sentence] of refused) {
    it(sentence, () => {
      assert.deepEqual(problems(changes), [sentence]);
    });
  }
});
