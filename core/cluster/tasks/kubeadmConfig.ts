/**
 * kubeadm's configuration (kube-system/kubeadm-config), by which it writes the manifests of a control plane again when it
 * upgrades it or another one joins: the options that a rotation needs are in there too (core/protocol/rotationFlags.ts).
 */
import { isMap, isScalar, isSeq, parseDocument, type Document } from "yaml";
import type { RotationFlag } from "../../protocol/rotationFlags";
import { Refusal, type Work } from "../work";

export const KUBEADM_CONFIG = { namespace: "kube-system", name: "kubeadm-config" } as const;
const KEY = "ClusterConfiguration";

const SECTION = {
  "kube-apiserver": "apiServer",
  "kube-controller-manager": "controllerManager",
} as const satisfies Readonly<Record<RotationFlag["component"], string>>;

/** Where the value of an option is: v1beta4 has a list of names and values, v1beta3 a map. The last of several counts. */
const placeOf = (document: Document, { component, name }: RotationFlag): readonly (string | number)[] => {
  const at = [SECTION[component], "extraArgs"];
  const args = document.getIn(at);
  if (isMap(args)) return [...at, name];
  const items = isSeq(args) ? args.items : [];
  const held = items.map((item) => isMap(item) && item.get("name")).lastIndexOf(name);
  return [...at, held < 0 ? items.length : held, "value"];
};

const isList = (document: Document): boolean => !/\/v1beta[123]$/.test(String(document.get("apiVersion")));

/** Whether anything had to be changed. */
const put = (document: Document, flag: RotationFlag): boolean => {
  const section = [SECTION[flag.component]];
  const args = [...section, "extraArgs"];
  if (!isMap(document.getIn(section))) document.setIn(section, document.createNode({}));
  const held = document.getIn(args);
  if (!isMap(held) && !isSeq(held)) document.setIn(args, document.createNode(isList(document) ? [] : {}));
  const place = placeOf(document, flag);
  const value = document.getIn(place, true);
  const text = isScalar(value) ? String(value.value) : undefined;
  if (text === flag.value) return false;
  if (text === undefined && place.at(-1) === "value")
    document.setIn(place.slice(0, -1), document.createNode({ name: flag.name, value: flag.value }));
  else document.setIn(place, flag.value);
  return true;
};

/** The same with these options, all else as it was; undefined where it has them. */
export const withFlags = (text: string, flags: readonly RotationFlag[]): string | undefined => {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents))
    throw new Refusal(
      `${KEY} of kubeadm-config in kube-system is not YAML (${document.errors[0]?.message.split("\n")[0] ?? "no map"}): ` +
        "correct it with `kubectl edit configmap kubeadm-config -n kube-system`",
    );
  const changed = flags.filter((flag) => put(document, flag));
  return changed.length === 0 ? undefined : document.toString({ lineWidth: 0 });
};

/** A cluster without one was not made by kubeadm, or nobody will upgrade it so. */
export const kubeadmConfig = async (work: Work): Promise<void> => {
  const flags = work.fact("flags", "kubeadm-config");
  const held = (await work.kube.get("configmaps", KUBEADM_CONFIG))?.data?.[KEY];
  if (held === undefined) return;
  const text = withFlags(held, flags);
  if (text === undefined) return;
  await work.kube.patch("configmaps", KUBEADM_CONFIG, "merge", { data: { [KEY]: text } });
  work.say("kubeadm-config in kube-system has the options of the rotation: kubeadm upgrade keeps them");
};
