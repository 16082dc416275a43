/** The program: one stack's configuration in, the cluster's whole PKI out. */
import { ClusterPki, stackFile } from "./components";

const { name, args, authorityDigest } = stackFile();
const { certificates, authorities, nodes, trust, kubeconfigs, signingRequests } = new ClusterPki(name, args);
const requested = Object.keys(signingRequests).length === 0 ? {} : { signingRequests };

// `pulumi stack output kubeconfigs --show-secrets --json`: the administrator's and each user's
export = { certificates, authorities, nodes, trust, ...requested, kubeconfigs, authorityDigest };
