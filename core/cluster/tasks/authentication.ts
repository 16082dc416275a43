/** extension-apiserver-authentication: what aggregated API servers are told to trust. API servers only ever add to it. */
import { blocksOf } from "../../format/pemBlocks";
import { Refusal, type Work } from "../work";

const CONFIG_MAP = { namespace: "kube-system", name: "extension-apiserver-authentication" } as const;

const WRITTEN_S = 60;

const LISTS = [
  { authority: "kubernetes", fact: "ca", key: "client-ca-file", text: "kubernetes" },
  { authority: "frontProxy", fact: "frontProxy", key: "requestheader-client-ca-file", text: "the front proxy" },
] as const;

/** "exact", or what is wrong. Another owner's CA in ca.crt stays in the list as well. */
type State = "exact" | "lacks" | { readonly surplus: string };

const look = async ({ kube, job }: Work, ours: Readonly<Record<string, readonly string[]>>): Promise<State> => {
  const data = (await kube.get("configmaps", CONFIG_MAP))?.data ?? {};
  let state: State = "exact";
  for (const { authority, fact, key, text } of LISTS) {
    const given = job[fact];
    if (given === undefined) continue;
    const stays = blocksOf(given);
    const live = blocksOf(data[key] ?? "");
    if (live.some((block) => ours[authority]?.includes(block) && !stays.includes(block)))
      return { surplus: `still holds an old CA of ${text}` };
    if (!stays.every((block) => live.includes(block))) state = "lacks";
  }
  return state;
};

/** It is deleted once, when the last API server has dropped the old CA, and they write it anew from what they have. */
export const authenticationClean = async (work: Work): Promise<void> => {
  const ours: Record<string, readonly string[]> = {};
  for (const { authority } of LISTS) ours[authority] = blocksOf(await work.kube.ours(authority));
  let state = await look(work, ours);
  const isExact = async (): Promise<boolean> => {
    state = await look(work, ours);
    return state === "exact";
  };
  if (state === "exact") return;
  if (state !== "lacks") {
    work.say(`${CONFIG_MAP.name} still holds an old CA: deleted, the API servers create it again`);
    await work.kube.remove("configmaps", CONFIG_MAP);
  }
  if (await work.waitFor(WRITTEN_S, `${CONFIG_MAP.name} with only what stays`, isExact)) return;
  throw new Refusal(
    `${CONFIG_MAP.name} in kube-system ${typeof state === "string" ? "lacks the new CA" : state.surplus} after ` +
      `${String(WRITTEN_S)} s: an API server has other CA files than the rest, restart it`,
  );
};
