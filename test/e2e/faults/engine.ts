/** What goes wrong on the machine that runs pulumi. */
import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandOf, familyOf } from "../../lab/killTree";
import { tail } from "../scenario";
import { applyOf, type Fault } from "./fault";

const nothing = (): Promise<void> => Promise.resolve();

/** The plugin that has the nodes' steps, the official one or the stand-in. */
const pluginOf = (pulumi: number): number => {
  const found = familyOf(pulumi).find((pid) => /pulumi-resource-command|\/command\.js\b/.test(commandOf(pid) ?? ""));
  assert.ok(found !== undefined, "the plugin of commands does not run");
  return Number(found);
};

export const engineFaults: readonly Fault[] = [
  {
    name: "the plugin of commands is killed in the middle of a node's step",
    at: applyOf("cp1"),
    happen: ({ pid }) => {
      process.kill(pluginOf(pid), "SIGKILL");
      return Promise.resolve(nothing);
    },
    outcome: { is: "fails", within: 120, says: /cp1-apply/, touches: true },
  },
  {
    name: "a second up begins in the middle of the first",
    at: applyOf("cp1"),
    happen: async ({ run }) => {
      const { code, stdout, stderr } = await run.stack.up();
      assert.notEqual(code, 0, "the second up runs too");
      assert.match(stdout + stderr, /locked/, tail(stdout + stderr));
      return nothing;
    },
    outcome: { is: "passes", within: 150 },
  },
  {
    name: "the state cannot be written any more",
    at: applyOf("cp1"),
    happen: ({ run }) => {
      const folder = join(run.stack.folder, "state/.pulumi/stacks");
      renameSync(folder, `${folder}.away`);
      writeFileSync(folder, "");
      return Promise.resolve(async () => {
        rmSync(folder);
        renameSync(`${folder}.away`, folder);
        await run.stack.must(["cancel", "--yes"]);
      });
    },
    outcome: { is: "fails", within: 150, says: /not a directory/, touches: true },
  },
];
