import assert from "node:assert/strict";
import { config, parsed, problems, type Raw } from "../fixtures";

const users = (...list: readonly Raw[]): Raw => config({ users: list });
const NAME = "at most 64 letters, digits, ., _ and -, the first a letter or a digit";

describe("config: users", () => {
  it("fills in what is left out", () => {
    assert.deepEqual(parsed(config()).users, []);
    const alice = { name: "alice", organizations: ["dev"], validity: "90d" };
    assert.deepEqual(parsed(users(alice, { name: "Bob_B" })).users, [
      { name: "alice", organizations: ["dev"], validity: 90 * 86_400, privileged: false },
      { name: "Bob_B", organizations: [], privileged: false },
    ]);
    assert.deepEqual(problems(users({ name: "root", organizations: ["system:masters"], privileged: true })), []);
  });

  const refused: readonly (readonly [Raw, string])[] = [
    [config({ users: { name: "a" } }), "users: an object; allowed is a list of users, each with a name"],
    [users({}), `users[0].name: missing; allowed is ${NAME}`],
    [users({ name: "system:masters" }), `users[0].name: "system:masters"; allowed is ${NAME}`],
    [users({ name: "a b" }), `users[0].name: "a b"; allowed is ${NAME}`],
    [users({ name: "-a" }), `users[0].name: "-a"; allowed is ${NAME}`],
    [users({ name: "a", organisations: [] }), "users[0]: unknown key `organisations`; did you mean `organizations`?"],
    [
      users({ name: "a", organizations: "dev" }),
      'users[0].organizations: "dev"; allowed is a list of one organization',
    ],
    [
      users({ name: "a", organizations: ["a,b"] }),
      'users[0].organizations[0]: "a,b"; allowed is at most 64 letters, digits, :, ., _ and -',
    ],
    [
      users({ name: "a", organizations: ["dev", "ops"] }),
      "users[0].organizations: 2 of them; allowed is one, which is all that a signing request of the tls provider carries",
    ],
    [
      users({ name: "a", organizations: ["system:masters"] }),
      'users[0].organizations: "system:masters" is a group of Kubernetes itself; allowed is one of your own, ' +
        "or set users[0].privileged: true to give its rights knowingly",
    ],
    [
      users({ name: "admin" }),
      'users[0].name: "admin"; allowed is another name: this one is the stack\'s own administrator',
    ],
    [users({ name: "a" }, { name: "a" }), 'users[1].name: "a" is users[0].name too; allowed is each name once'],
    [
      users({ name: "a", validity: "10h30m" }),
      'users[0].validity: "10h30m"; allowed is a whole number of hours or days, such as "720h" or "30d"',
    ],
    [users({ name: "a", validity: "4000d" }), "users[0].validity: 4000d; longer than authority.validity, 3650d"],
    [
      { ...users({ name: "a", validity: "10d" }), certificates: { validity: "90d", renewBefore: "30d" } },
      "certificates.renewBefore: 30d; allowed is less than users[0].validity, 10d",
    ],
    [
      {
        ...users({ name: "a", validity: "3000d" }),
        rotation: { rotateEvery: "730d", since: "2026-01-01T00:00:00Z" },
        rollout: { acceptEtcdDowntime: true },
      },
      "rotation.rotateEvery: 730d; allowed is up to 650d, so that the last leaf ends before its CA: " +
        "authority.validity, 3650d, less users[0].validity, 3000d",
    ],
    [
      config({ certificates: { profiles: { admin: { organizations: ["a", "b"] } } } }),
      "certificates.profiles.admin.organizations: 2 of them; allowed is one: " +
        "the key of the stack's own administrator is in its state",
    ],
  ];
  for (const [changes, sentence] of refused) {
    it(sentence, () => {
      assert.deepEqual(problems(changes), [sentence]);
    });
  }
});
