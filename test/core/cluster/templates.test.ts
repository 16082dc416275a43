/** What node/ has kubectl print of objects: a text that a tenant may choose must not look like two fields, or two lines. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const NODE = join(__dirname, "../../../node");

/** Names that the API server validates, typed fields, and base64. */
const SAFE: readonly RegExp[] = [
  /^\.metadata\.(name|namespace)$/,
  /^\$(i|k|v)$/,
  /^\.(time|startedAt|type|key)$/,
  /^\.status\.disruptionsAllowed$/,
];

/** One object that only administrators write, asked for by its name. */
const ADMINISTRATORS =
  /get configmap (extension-apiserver-authentication -n kube-system|cluster-info -n kube-public|kube-root-ca\.crt -n kube-system) [^']*'[^']*'/g;

/** In one template `.` is the last field that a `with` or `range` chose. */
const DOTS: readonly RegExp[] = [
  /\{\{with \.(caBundle|spec\.nodeName)\}\}\{\{\.\}\}/,
  /\{\{with \.token\}\}\{\{base64decode \.\}\}/,
];

const FLOW = /^-?\s*(if|else|end|with|range|define|block)\b/;
const ONE_WORD = /^(urlquery |printf "%q" )/;

describe("templates for kubectl", () => {
  for (const file of readdirSync(NODE).filter((name) => name.includes("cluster")))
    it(`print in node/${file} no free text as it is`, () => {
      const whole = readFileSync(join(NODE, file), "utf8").replace(ADMINISTRATORS, "");
      const text = DOTS.reduce((rest, dot) => rest.replaceAll(new RegExp(dot, "g"), ""), whole);
      const printed = (text.match(/\{\{[^}]*\}\}/g) ?? [])
        .map((action) => action.replace(/^\{\{-?\s*|\s*-?\}\}$/g, ""))
        .filter((action) => !FLOW.test(action) && !ONE_WORD.test(action));
      assert.deepEqual(
        printed.filter((action) => !SAFE.some((safe) => safe.test(action))),
        [],
      );
    });
});
