/** cluster-info (kube-public): what a node is told to trust before it joins. kubeadm does not update its CA later. */
import { parseDocument, isMap, isScalar, isSeq, type Document } from "yaml";
import { blocksOf, pemOf } from "../../format/pemBlocks";
import { CLUSTER_INFO } from "../clusterInfo";
import { Refusal, type Work } from "../work";

type Merge = (held: readonly string[]) => readonly string[];

const DATA = "certificate-authority-data";

const paths = (document: Document): readonly (readonly (string | number)[])[] => {
  const clusters = document.get("clusters");
  return isSeq(clusters)
    ? clusters.items.flatMap((item, index) =>
        isMap(item) && isScalar(document.getIn(["clusters", index, "cluster", DATA], true))
          ? [["clusters", index, "cluster", DATA]]
          : [],
      )
    : [];
};

/** Each entry with other CAs, all else as it was. */
export const withCas = (kubeconfig: string, merge: Merge): string => {
  const document = parseDocument(kubeconfig);
  if (document.errors.length > 0)
    throw new Refusal(
      `cluster-info in kube-public is not YAML (${document.errors[0]?.message.split("\n")[0] ?? ""}): correct it with ` +
        "`kubectl edit configmap cluster-info -n kube-public`",
    );
  let changes = false;
  for (const path of paths(document)) {
    const text = Buffer.from(String(document.getIn(path)), "base64").toString("latin1");
    const held = blocksOf(text);
    const wanted = [...new Set(merge(held))];
    if (wanted.join() === held.join()) continue;
    document.setIn(path, Buffer.from(pemOf(wanted)).toString("base64"));
    changes = true;
  }
  return changes ? document.toString({ lineWidth: 0 }) : kubeconfig;
};

/** Nobody else keeps it, and the bootstrap signer signs it anew by itself. A cluster without one has nothing to be told. */
const write = async (work: Work, merge: Merge): Promise<void> => {
  const held = (await work.kube.get("configmaps", CLUSTER_INFO))?.data?.["kubeconfig"];
  if (held === undefined) return;
  const kubeconfig = withCas(held, merge);
  if (kubeconfig === held) return;
  await work.kube.patch("configmaps", CLUSTER_INFO, "merge", { data: { kubeconfig } });
  work.say("cluster-info in kube-public has the CAs that are trusted now");
};

/** What is there, and what stays. */
export const clusterInfoAdd = async (work: Work): Promise<void> => {
  const stays = work.blocks("ca", "cluster-info-add");
  await write(work, (held) => [...held, ...stays]);
};

/** What stays, and what is there and is not this cluster's. */
export const clusterInfoExact = async (work: Work): Promise<void> => {
  const stays = work.blocks("ca", "cluster-info-exact");
  const ours = blocksOf(await work.kube.ours("kubernetes"));
  await write(work, (held) => [...stays, ...held.filter((block) => !ours.includes(block))]);
};
