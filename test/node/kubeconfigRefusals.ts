import assert from "node:assert/strict";
import { applyKubeconfig, CA, CONF, live, OURS, text, THEIRS } from "./kubeconfigNode";
import { Scratch } from "./scratch";
import { base64 } from "./pki";

const theirs = `clusters:\n- cluster:\n    certificate-authority-data: ${base64(THEIRS.cert)}\n    server: https://staging:6443\n  name: staging\n`;
const oneLine = /\(a value that goes on in the next line\)/;

const refusals: readonly { readonly title: string; readonly live: string; readonly why: RegExp }[] = [
  {
    title: "a file that leads to another cluster only",
    live: text(
      live({ staging: false, cluster: { "certificate-authority-data": base64(THEIRS.cert), server: "https://s" } }),
    ),
    why: /admin\.conf leads to another cluster: no context in it .* move that file away/,
  },
  { title: "JSON", live: JSON.stringify(live()), why: /not written as kubectl writes a kubeconfig \(JSON\): rewrite/ },
  {
    title: "flow style",
    live: "clusters: [{name: a, cluster: {server: x}}]\n",
    why: /\(all of clusters in one line\)/,
  },
  {
    title: "an anchor",
    live: "clusters:\n- cluster: &a\n    server: x\n  name: a\n",
    why: /\(a value that begins with &\)/,
  },
  { title: "tabs", live: "clusters:\n-\tcluster:\n\t\tserver: x\n", why: /\(a line indented by a tab\)/ },
  {
    title: "a value over two lines",
    live: `clusters:\n- cluster:\n    certificate-authority-data: AAAA\n      BBBB\n  name: a\n`,
    why: oneLine,
  },
  {
    title: "a CA in the line below its key",
    live: text(live()).replace("authority-data: ", "authority-data:\n      "),
    why: oneLine,
  },
  {
    title: "a key in the line below its key",
    live: text(live()).replaceAll("key-data: ", "key-data:\n      "),
    why: oneLine,
  },
  { title: "a second document", live: `${text(live())}---\n${theirs}`, why: /\(more than one document\)/ },
  { title: "clusters in two places", live: text(live()) + theirs, why: /\(clusters twice\)/ },
  { title: "a file that is indented", live: theirs.replaceAll(/^/gm, "  "), why: /\(all of it indented\)/ },
  {
    title: "an entry in flow style",
    live: "clusters:\n- {name: a, cluster: {server: x}}\n",
    why: /\(a line that is no field\)/,
  },
  {
    title: "fields from elsewhere",
    live: text(live()).replace("    server:", "    <<: {proxy-url: x}\n    server:"),
    why: /\(a line that is no field\)/,
  },
  {
    title: "a user without fields of its own",
    live: text(live({ staging: false })).replace(/^ {2}user:\n[^]*/m, ""),
    why: /\(an entry of users without user\)/,
  },
  {
    title: "a file without the user that its certificate is for",
    live: text(live({ staging: false })).replace(/^contexts:[^]*/m, ""),
    why: /admin\.conf leads to another cluster: no context in it/,
  },
  {
    title: "to lose users whose clusters are elsewhere",
    live: "clusters: null\nusers:\n- name: bot\n  user:\n    token: abc\n",
    why: /admin\.conf leads to another cluster: no context in it/,
  },
  {
    title: "CA data of two texts",
    live: text(live()).replace(base64(OURS.cert), `${base64(OURS.cert)} ${base64(THEIRS.cert)}`),
    why: /certificate-authority-data that is not base64/,
  },
];

/** No service runs here: these are about files alone. @param shell - what the script is run with */
export function refusesKubeconfigs(shell: string): void {
  describe(`node applies no kubeconfig that it cannot read (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
      node.write(CA, OURS.cert);
    });
    afterEach(() => {
      node.remove();
    });

    for (const { title, live: before, why } of refusals)
      it(`refuses ${title}, and touches nothing`, async () => {
        node.write(CONF, before);
        const stamps = [node.stamp(CONF), node.stamp(CA)];
        const done = await applyKubeconfig(node);
        assert.equal(done.code, 1);
        assert.match(done.why, why);
        assert.deepEqual([node.stamp(CONF), node.stamp(CA)], stamps);
        assert.ok(!node.list("/etc").some((name) => name.includes(".kube-pki.")));
      });
  });
}
