/** The program: one stack's configuration in, the cluster's whole PKI out. */
import { ClusterPki, stackFile, stackOutputs } from "./components";

const { name, args, authorityDigest } = stackFile();
const { signingRequests, ...outputs } = stackOutputs(new ClusterPki(name, args));
const requested = Object.keys(signingRequests).length === 0 ? {} : { signingRequests };

// `pulumi stack output kubeconfigs --show-secrets --json`: the administrator's and each user's
export = { ...outputs, ...requested, authorityDigest };
