import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { jsonScreen, lineScreen } from "../../../cli/up/screen";
import { Progress } from "../../../core/progress/progress";

const CLEAR = "\r\u001b[K";
const told = {
  event: "message",
  stage: "apply",
  step: "apply",
  node: "cp1",
  text: "putting the old set back",
} as const;

const screen = (terminal: object) => {
  let text = "";
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  return { out: Object.assign(out, terminal), text: () => text };
};

describe("the screen of kube-pki up", () => {
  it("has a line that changes below the lines that stay, on a terminal alone, no wider than that", () => {
    const { out, text } = screen({ isTTY: true, columns: 20 });
    const lines = lineScreen(out, { TERM: "xterm" });
    lines.now(new Progress(0), 5);
    lines.show([told], 65);
    lines.end();
    const status = "[ 0:05] pulumi work";
    assert.equal(status.length, 19);
    const line = "[ 1:05]   cp1: putting the old set back\n";
    assert.equal(text(), `${CLEAR}${status}${CLEAR}${line}${CLEAR}${status}${CLEAR}`);
  });

  for (const [what, terminal, env] of [
    ["a pipe", {}, {}],
    ["a dumb terminal", { isTTY: true, columns: 80 }, { TERM: "dumb" }],
  ] as const)
    it(`has lines alone on ${what}`, () => {
      const { out, text } = screen(terminal);
      const lines = lineScreen(out, env);
      lines.now(new Progress(0), 5);
      lines.show([told], 5);
      lines.end();
      assert.equal(text(), "[ 0:05]   cp1: putting the old set back\n");
    });

  it("of a program has an object a line", () => {
    const { out, text } = screen({});
    jsonScreen(out).show([told, { event: "interrupted", times: 1 }], 1.26);
    const head = { version: 1, elapsedSeconds: 1.3 };
    assert.deepEqual(
      text()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
      [
        { ...head, ...told },
        { ...head, event: "interrupted", times: 1 },
      ],
    );
  });
});
