import assert from "node:assert/strict";
import { LAYOUT_NAMES, LAYOUTS } from "../../../../core/layouts";
import { config, parsed, problems, type Raw } from "../fixtures";

const IMAGE = `docker.io/library/busybox@sha256:${"0a".repeat(32)}`;
/** Where kubelets can ask for certificates. */
const able = LAYOUT_NAMES.filter((name) => LAYOUTS[name].signsForKubelets);
const workers = (changes: Raw, more: Raw = {}): Raw =>
  config({ inCluster: { workers: { image: IMAGE, ...changes } }, ...more });

describe("nodes without ssh, in the stack file", () => {
  it("needs an image and nothing else", () => {
    assert.equal(parsed(config()).inCluster.workers, undefined);
    assert.deepEqual(parsed(workers({})).inCluster.workers, {
      image: IMAGE,
      namespace: "kube-system",
      nodeSelector: {},
    });
  });

  it("takes all the rest as Kubernetes names it", () => {
    const all = {
      image: "registry.example.com:5000/tools/busybox:1.37.0",
      namespace: "pki",
      maxUnavailable: "10%",
      nodeSelector: { "example.com/pool": "batch", zone: "" },
      tolerations: [
        { operator: "Exists", effect: "NoExecute" },
        { key: "gpu", operator: "Equal", value: "yes" },
      ],
    };
    assert.deepEqual(parsed(workers(all)).inCluster.workers, all);
    assert.equal(parsed(workers({ maxUnavailable: 3 })).inCluster.workers?.maxUnavailable, 3);
  });

  const IMAGE_ALLOWED =
    'an image with sh and chroot by tag or, better, by digest, such as "docker.io/library/busybox:1.37.0@sha256:..."';
  const refused: readonly (readonly [Raw, string])[] = [
    [config({ inCluster: { workers: {} } }), `inCluster.workers.image: missing; must be ${IMAGE_ALLOWED}`],
    [workers({ image: "busybox" }), `inCluster.workers.image: "busybox"; must be ${IMAGE_ALLOWED}`],
    [workers({ image: "busy box:1" }), `inCluster.workers.image: "busy box:1"; must be ${IMAGE_ALLOWED}`],
    [workers({ namespace: "Kube" }), 'inCluster.workers.namespace: "Kube"; must be a DNS label; did you mean "kube"?'],
    [
      workers({ maxUnavailable: "0%" }),
      'inCluster.workers.maxUnavailable: "0%"; must be a number of nodes from 1, or a share from "1%" to "100%"',
    ],
    [
      workers({ nodeSelector: { pool: true } }),
      'inCluster.workers.nodeSelector.pool: true (a boolean); must be the value of a label, in quotes; did you mean "true"?',
    ],
    [workers({ tolerations: "all" }), 'inCluster.workers.tolerations: "all"; must be a list of tolerations'],
    [
      workers({ tolerations: [{ key: "gpu", effect: "NoRun" }] }),
      'inCluster.workers.tolerations[0].effect: "NoRun"; must be one of NoSchedule, PreferNoSchedule, NoExecute',
    ],
    [
      workers({ tolerations: [{ key: "-" }] }),
      'inCluster.workers.tolerations[0].key: "-"; must be the key of a label', // no secret, though it is called key
    ],
    [
      workers({ tolerations: [{ key: "gpu", value: "yes" }] }),
      'inCluster.workers.tolerations[0].value: "yes" with operator Exists; must be left out; or set operator: Equal',
    ],
    [
      workers({ tolerations: [{ operator: "Equal", value: "yes" }] }),
      "inCluster.workers.tolerations[0].key: missing with operator Equal; must be the key of a taint; or set operator: Exists",
    ],
    [workers({ images: "x" }), "inCluster.workers: unknown key `images`; did you mean `image`?"],
    [
      config({ inCluster: { enabled: false, workers: { image: IMAGE } } }),
      "inCluster.workers: given with inCluster.enabled: false; must be used with inCluster.enabled: true, because these nodes are reached through the cluster; set that, or leave it out",
    ],
    [
      workers({}, { layout: "hardway" }),
      "inCluster.workers: given with layout hardway, where no component signs certificates for kubelets; " +
        `must be used with layout ${able.join(" or ")}; leave it out, and list every node under nodes`,
    ],
  ];
  for (const [raw, sentence] of refused)
    it(sentence, () => {
      assert.deepEqual(problems(raw), [sentence]);
    });
});
