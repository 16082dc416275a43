/** The lines of the verbs that make keys and signing requests, as in grammar.ts: `request`, and `issue` of the kubelet's client. */
import { ALGORITHMS } from "../model/algorithms";
import { line, NODE, PART, type LineRow } from "./lineRow";

const PROFILE = "name=profile";

export const SIGNING_LINES: readonly LineRow[] = [
  line("request", "node", NODE),
  line("request", "leaf", [PROFILE, "name=id", "algorithm"], `algorithm: ${ALGORITHMS.join(" ")}`),
  line("request", "cn", [PROFILE, "subject=CN"]),
  line("request", "o", [PROFILE, "subject=O"], "none, one or several"),
  line("request", "san", [PROFILE, "san=SAN"], "none, one or several"),

  line("issue", "node", NODE),
  line("issue", "kubeconfig", ["path"], "the kubelet's: its server, the CAs it trusts, its client certificate"),
  line("issue", "part", PART, [
    ["part ca:kubernetes <n>", "the CA that signs"],
    ["part apply <n>", "lines of apply, without the leaf and its certificate"],
  ]),
  line("issue", "leaf", [PROFILE, "name=id", "algorithm"]),
  line("issue", "cn", [PROFILE, "subject=CN"]),
  line("issue", "o", [PROFILE, "subject=O"]),
];
