"""The PKI of a cluster, taken over with its CAs. Nodes, CAs and the login are in the stack's configuration."""

import pulumi
from pulumi_kube_pki import (
    AuthorityArgs,
    AuthorityEtcdArgs,
    AuthorityFrontProxyArgs,
    AuthorityKubernetesArgs,
    AuthorityServiceAccountArgs,
    ClusterArgs,
    ClusterPki,
    NodeArgs,
    NodeSshArgs,
    SshArgs,
)

config = pulumi.Config()


def ca(kind, name):
    return kind(certificate=config.require(f"{name}Certificate"), key=config.require_secret(f"{name}Key"))


pki = ClusterPki(
    "lab",
    cluster=ClusterArgs(
        name="lab",
        kubernetes_version=config.require("version"),
        endpoint=config.require("endpoint"),
    ),
    nodes=[
        NodeArgs(
            name=node["name"],
            address=node["address"],
            roles=node["roles"],
            ssh=NodeSshArgs(host_key=node["hostKey"]),
        )
        for node in config.require_object("nodes")
    ],
    ssh=SshArgs(private_key=config.require_secret("login")),
    authority=AuthorityArgs(
        kubernetes=ca(AuthorityKubernetesArgs, "kubernetes"),
        etcd=ca(AuthorityEtcdArgs, "etcd"),
        front_proxy=ca(AuthorityFrontProxyArgs, "frontProxy"),
        service_account=AuthorityServiceAccountArgs(key=config.require_secret("serviceAccountKey")),
    ),
)

pulumi.export("certificates", pki.certificates)
pulumi.export("authorities", pki.authorities)
pulumi.export("nodes", pki.nodes)
pulumi.export("kubeconfigs", pki.kubeconfigs)
