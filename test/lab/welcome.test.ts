import assert from "node:assert/strict";
import { runDir } from "./paths";
import { topology } from "./topology";
import { welcome } from "./welcome";

describe("a lab that is left running", () => {
  const { nodes } = topology("ha3");
  const lines = welcome({ name: "mine", folder: runDir("mine"), endpoint: "10.0.0.9:6443", nodes });

  it("names its nodes, its API and a shell", () => {
    for (const { name, address } of nodes) assert.ok(lines.some((line) => line.startsWith(`${name}  ${address}  `)));
    assert.match(lines.join("\n"), /npm run lab -- ssh \S+ --name mine; API: https:\/\/10\.0\.0\.9:6443$/m);
  });

  it("says by which key its nodes let somebody in, and from where", () => {
    const text = lines.join("\n");
    assert.ok(
      text.includes(`log in: user root, key ${runDir("mine")}/id_ed25519, host keys ${runDir("mine")}/known_hosts`),
    );
    assert.match(text, /^from its network alone: nsenter --net=\S*mine -- COMMAND$/m);
  });
});
