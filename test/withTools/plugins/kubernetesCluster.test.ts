import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { apps, core, Provider, type ProviderArgs } from "@pulumi/kubernetes";
import type { CustomResourceOptions } from "@pulumi/pulumi";
import { authority, leaf } from "../../node/pki";
import { freePort } from "../../freePort";
import { ApiServer, dig, type Live } from "../../lab/plugins/apiServer";
import { errorsOf, TestStack, type Run } from "../../lab/plugins/testStack";

const configMaps = "/api/v1/namespaces/default/configmaps";

/** The cluster behind the patches: whether it is the same one, whether it answers, and how far its workloads are. */
describe("kubernetes plugin and its cluster", function () {
  this.timeout(120_000);
  let api: ApiServer;
  let stack: TestStack;

  before(async () => {
    api = await ApiServer.start();
  });
  after(() => api.stop());
  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  type Options = CustomResourceOptions & { provider: Provider };
  const on = (args: ProviderArgs, resources: (options: Options) => void) => () => {
    resources({ provider: new Provider("cluster", { kubeconfig: api.kubeconfig(), ...args }) });
  };

  describe("provider", () => {
    const identified = "standins";
    const strange = authority();
    const one = (args: ProviderArgs, value = "1") =>
      on(args, (options) => {
        new core.v1.ConfigMapPatch("it", { metadata: { name: "provider" }, data: { value } }, options);
      });
    const otherServer = () => api.kubeconfig({ server: `${api.server}/` });
    const otherCa = () => api.kubeconfig({ ca: api.bundle(strange) });
    const otherUser = () => api.kubeconfig({ client: api.user("somebody") });
    const stepsOf = ({ steps }: Run) => [steps["cluster"]?.[0], steps["it"]?.[0]];

    it("without clusterIdentifier is replaced by another server or CA, with all under it, not by another user", async () => {
      await stack.up(one({}));
      const cases: [kubeconfig: string, steps: unknown][] = [
        [otherServer(), ["create-replacement", "create-replacement"]],
        [otherCa(), ["create-replacement", "create-replacement"]],
        [otherUser(), ["update", "same"]],
      ];
      for (const [kubeconfig, steps] of cases) {
        assert.deepEqual(stepsOf(await stack.preview(one({ kubeconfig }))), steps);
      }
      assert.deepEqual(stepsOf(await stack.up(one({ clusterIdentifier: identified }))), ["update", "same"]);
    });

    it("with an unchanged clusterIdentifier is updated; another one or none replaces it", async () => {
      await stack.up(one({ clusterIdentifier: identified }));
      for (const kubeconfig of [otherServer(), otherCa(), api.kubeconfig()]) {
        const run = await stack.up(one({ clusterIdentifier: identified, kubeconfig }));
        assert.deepEqual([run.failed, ...stepsOf(run)], [false, "update", "same"]);
      }
      for (const args of [{ clusterIdentifier: "another" }, {}]) {
        const run = await stack.preview(one(args));
        assert.deepEqual(stepsOf(run), ["create-replacement", "create-replacement"]);
        assert.deepEqual(run.replaces["cluster"], ["clusterIdentifier"]);
      }
    });

    it("previews a cluster that does not answer as any other, and fails only where something is to be done", async () => {
      const port = await freePort();
      const kubeconfig = api.kubeconfig({ server: `https://127.0.0.1:${String(port)}` });
      const gone = { clusterIdentifier: identified, kubeconfig };
      const fresh = await stack.preview(one(gone));
      assert.deepEqual([fresh.failed, ...stepsOf(fresh)], [false, "create", "create"]);
      await stack.up(one({ clusterIdentifier: identified }));
      const previewed = await stack.preview(one(gone, "2"));
      assert.deepEqual([previewed.failed, ...stepsOf(previewed)], [false, "update", "update"]);
      const idle = await stack.up(one(gone));
      assert.deepEqual([idle.failed, ...stepsOf(idle)], [false, "update", "same"]);
      for (const run of [await stack.up(one(gone, "2")), await stack.destroy()]) {
        assert.ok(run.failed);
        assert.match(errorsOf(run), /configured Kubernetes cluster is unreachable/);
      }
      assert.match(errorsOf(await stack.refresh()), /failed to read resource state due to unreachable cluster/);
    });

    it("checks the server's certificate and shows its own; each error is that of an unreachable cluster", async () => {
      const cases: [kubeconfig: string, why: RegExp][] = [
        // TLS first, then the API server's word.
        [
          api.kubeconfig({ ca: strange.cert }),
          /cluster is unreachable: .*(self-signed certificate|unable to (get local|verify))/,
        ],
        [api.kubeconfig({ client: leaf(strange, "admin") }), /cluster is unreachable: .*Unauthorized/],
        ["{}", /cluster is unreachable: the kubeconfig has no server/],
        ["users: [client-key-data: of nobody's business", /failed to parse kubeconfig$/m],
      ];
      for (const [kubeconfig, why] of cases) {
        const said = errorsOf(await stack.up(one({ kubeconfig })));
        assert.match(said, why);
        assert.ok(!said.includes("nobody's business"));
      }
      await assert.rejects(api.get(`${configMaps}/nothing-made`), /NotFound/);
    });
  });

  describe("rollouts", () => {
    const namespace = "/apis/apps/v1/namespaces/default";
    const plurals = { DaemonSet: "daemonsets", Deployment: "deployments", StatefulSet: "statefulsets" } as const;
    type Workload = keyof typeof plurals;
    const workloads = Object.keys(plurals) as Workload[];
    const pathOf = (kind: Workload): string => `${namespace}/${plurals[kind]}/it`;
    const labels = { app: "it" };

    before(async () => {
      const template = { metadata: { labels }, spec: { containers: [{ name: "it", image: "example.com/it:1" }] } };
      for (const kind of workloads) {
        const spec = { selector: { matchLabels: labels }, template };
        await api.create(`${namespace}/${plurals[kind]}`, { metadata: { name: "it" }, spec });
      }
    });

    /** A failing test shall not wait for ten minutes. */
    const patient = { customTimeouts: { create: "40s", update: "40s" } };
    const restarted = (
      at: string,
      options: CustomResourceOptions = patient,
      kinds = workloads,
      annotations?: Record<string, string>,
    ) =>
      on({ enablePatchForce: true }, (given) => {
        const metadata = { name: "it", ...(annotations && { annotations }) };
        const args = { metadata, spec: { template: { metadata: { annotations: { "example.com/restarted": at } } } } };
        const { DaemonSetPatch, DeploymentPatch, StatefulSetPatch } = apps.v1;
        const classes = { DaemonSet: DaemonSetPatch, Deployment: DeploymentPatch, StatefulSet: StatefulSetPatch };
        for (const kind of kinds) new classes[kind](kind, args, { ...given, ...options });
      });
    /** What the controllers of a real cluster write once all is rolled out; the test stands in for them. */
    const done: Record<Exclude<Workload, "Deployment">, Live> = {
      DaemonSet: {
        desiredNumberScheduled: 2,
        currentNumberScheduled: 2,
        updatedNumberScheduled: 2,
        numberReady: 2,
        numberAvailable: 2,
        numberMisscheduled: 0,
      },
      StatefulSet: { replicas: 1, readyReplicas: 1, currentReplicas: 1, currentRevision: "new", updateRevision: "new" },
    };
    async function rollOut(kind: Workload): Promise<void> {
      const { metadata, spec } = await api.get(pathOf(kind));
      const observedGeneration = Number(dig(metadata, "generation"));
      if (kind !== "Deployment") {
        await api.merge(`${pathOf(kind)}/status`, { status: { ...done[kind], observedGeneration } });
        return;
      }
      const annotations = { "deployment.kubernetes.io/revision": String(observedGeneration) };
      const name = `it-${String(observedGeneration)}`;
      const owner = { apiVersion: "apps/v1", kind, name: "it", uid: dig(metadata, "uid"), controller: true };
      await api.create(`${namespace}/replicasets`, {
        metadata: { name, annotations, ownerReferences: [owner] },
        spec: { replicas: 1, selector: dig(spec, "selector"), template: dig(spec, "template") },
      });
      await api.merge(`${namespace}/replicasets/${name}/status`, { status: { replicas: 1, readyReplicas: 1 } });
      const conditions = [
        { type: "Available", status: "True" },
        { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
      ];
      // By the status: any other change of an annotation is a new generation of a Deployment.
      const status = { observedGeneration, replicas: 1, readyReplicas: 1, availableReplicas: 1, conditions };
      await api.merge(`${pathOf(kind)}/status`, { metadata: { annotations }, status });
    }
    async function patched(kind: Workload, at: string): Promise<Live> {
      for (const end = Date.now() + 20_000; ;) {
        const live = await api.get(pathOf(kind));
        if (dig(live, "spec", "template", "metadata", "annotations", "example.com/restarted") === at) return live;
        if (Date.now() > end) throw new Error(`the ${kind} was not patched`);
        await sleep(100);
      }
    }

    it("waits until the last workload is rolled out", async () => {
      let ended = false;
      const run = stack.up(restarted("once")).finally(() => (ended = true));
      for (const kind of workloads) {
        await patched(kind, "once");
        await sleep(700);
        assert.ok(!ended, `did not wait for the ${kind}`);
        await rollOut(kind);
      }
      const { steps, ...made } = await run;
      assert.equal(errorsOf(made), "");
      assert.deepEqual(steps, {
        cluster: ["create"],
        DaemonSet: ["create"],
        Deployment: ["create"],
        StatefulSet: ["create"],
      });
      const changed = stack.up(restarted("twice"));
      for (const kind of workloads) {
        await patched(kind, "twice");
        await rollOut(kind);
      }
      assert.deepEqual((await changed).steps["Deployment"], ["update"]);
      assert.deepEqual((await stack.preview(restarted("twice"))).steps["Deployment"], ["same"]);
    });

    it("fails when time is up, keeps the patch in the state, and waits again at the next run, also after a refresh", async () => {
      const hurried = (at: string) => restarted(at, { customTimeouts: { create: "1s", update: "1s" } });
      const began = Date.now();
      const made = await stack.up(hurried("in a hurry"));
      assert.ok(Date.now() - began < 25_000, "did not end after a second, and some more on a busy machine");
      assert.ok(made.failed);
      assert.match(
        errorsOf(made),
        /was successfully created, but .*failed to fully initialize or become live: 'it' timed out/,
      );
      const [old] = await Promise.all(workloads.map((kind) => patched(kind, "in a hurry")));
      assert.equal(dig(await stack.stored("DaemonSet"), "id"), "default/it");

      await stack.refresh();
      const again = await stack.up(hurried("in a hurry"));
      assert.ok(again.failed);
      assert.deepEqual(again.steps["StatefulSet"], ["update"]);
      assert.match(errorsOf(again), /"default\/it" failed to fully initialize or become live: 'it' timed out waiting/);
      await Promise.all(workloads.map(rollOut));
      const end = await stack.up(hurried("in a hurry"));
      assert.deepEqual([errorsOf(end), end.steps["StatefulSet"]], ["", ["update"]]);
      assert.equal(
        dig(await api.get(pathOf("DaemonSet")), "metadata", "generation"),
        dig(old, "metadata", "generation"),
      );
      assert.deepEqual((await stack.up(hurried("in a hurry"))).steps["StatefulSet"], ["same"]);
    });

    it("does not wait where the annotation skipAwait says so", async () => {
      const skip = { "pulumi.com/skipAwait": "true" };
      const run = await stack.up(restarted("unseen", { customTimeouts: { create: "1s" } }, ["DaemonSet"], skip));
      assert.equal(run.failed, false);
      const { metadata, status } = await patched("DaemonSet", "unseen");
      assert.notEqual(dig(status, "observedGeneration"), dig(metadata, "generation"));
    });
  });
});
