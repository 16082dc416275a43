import assert from "node:assert/strict";
import { LAYOUTS, LAYOUT_NAMES } from "../../../core/layouts";
import { fileOn } from "../../../core/layouts/layout";
import { optionsOf } from "../../../core/nodes/options";
import { readGolden } from "./kubeadm/golden";
import { FLAGS } from "./readers";

/** `<service> <option>` and the paths of the layout that it is for. */
const told = (layout: keyof typeof LAYOUTS): Map<string, string[]> => {
  const paths = new Map<string, string[]>();
  for (const row of LAYOUTS[layout].files(36).map((each) => fileOn(each, "cp1")))
    for (const { consumer, option } of optionsOf(row)) {
      const name = `${consumer} ${option}`;
      paths.set(name, [...new Set([...(paths.get(name) ?? []), row.path])]);
    }
  return paths;
};

describe("options", () => {
  for (const layout of LAYOUT_NAMES)
    it(`are each for one file, and for the input that the programs' documentation says: ${layout}`, () => {
      for (const [name, paths] of told(layout)) {
        assert.equal(paths.length, 1, `${name}: ${paths.join(", ")}`);
        const [service = "", option = ""] = name.split(" ");
        const known: Readonly<Record<string, string>> = {
          ...FLAGS[service],
          ...(service === "kubelet" ? KUBELET : {}),
        };
        const input = known[option.slice(2)];
        const row = LAYOUTS[layout]
          .files(36)
          .map((each) => fileOn(each, "cp1"))
          .find(({ path, uses }) => path === paths[0] && uses.some((use) => use === input));
        assert.ok(row !== undefined, `${name} is not ${String(input)}`);
      }
    });

  it("name the files that kubeadm's manifests name", () => {
    const paths = told("kubeadm");
    let seen = 0;
    for (const [service, { flags }] of Object.entries(readGolden().manifests))
      for (const [option, value] of Object.entries(flags)) {
        const path = paths.get(`${service} --${option}`);
        if (path === undefined) continue;
        seen += 1;
        if (option.startsWith("cluster-signing-")) {
          // what a rotation moves it to
          assert.deepEqual(path, [value.replace("/ca.", "/ca-signing.")], option);
          continue;
        }
        assert.deepEqual(path, [value], `${service} --${option}`);
      }
    assert.ok(seen >= 20, String(seen));
  });
});

/** Deprecated in favour of its configuration file, and still there. */
const KUBELET = {
  "tls-cert-file": "kubelet/serving",
  "tls-private-key-file": "kubelet/serving",
  "client-ca-file": "kubelet/client-ca",
} as const;
