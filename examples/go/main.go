// The PKI of a cluster, taken over with its CAs. Nodes, CAs and the login are in the stack's configuration.
package main

import (
	kubepki "example.com/pulumi-kube-pki/sdk/go/kube-pki"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

type node struct {
	Name, Address, HostKey string
	Roles                  []string
}

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		var listed []node
		if err := config.GetObject(ctx, "nodes", &listed); err != nil {
			return err
		}
		var nodes []kubepki.NodeArgs
		for _, each := range listed {
			nodes = append(nodes, kubepki.NodeArgs{
				Name:    each.Name,
				Address: pulumi.String(each.Address),
				Roles:   each.Roles,
				Ssh:     &kubepki.NodeSshArgs{HostKey: pulumi.String(each.HostKey)},
			})
		}
		certificate := func(name string) pulumi.StringInput { return pulumi.String(config.Require(ctx, name+"Certificate")) }
		key := func(name string) pulumi.StringInput { return config.RequireSecret(ctx, name+"Key") }
		pki, err := kubepki.NewClusterPki(ctx, "lab", &kubepki.ClusterPkiArgs{
			Cluster: kubepki.ClusterArgs{
				Name:              "lab",
				KubernetesVersion: config.Require(ctx, "version"),
				Endpoint:          config.Require(ctx, "endpoint"),
			},
			Nodes: nodes,
			Ssh:   &kubepki.SshArgs{PrivateKey: config.RequireSecret(ctx, "login")},
			Authority: &kubepki.AuthorityArgs{
				Kubernetes:     &kubepki.AuthorityKubernetesArgs{Certificate: certificate("kubernetes"), Key: key("kubernetes")},
				Etcd:           &kubepki.AuthorityEtcdArgs{Certificate: certificate("etcd"), Key: key("etcd")},
				FrontProxy:     &kubepki.AuthorityFrontProxyArgs{Certificate: certificate("frontProxy"), Key: key("frontProxy")},
				ServiceAccount: &kubepki.AuthorityServiceAccountArgs{Key: key("serviceAccount")},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("certificates", pki.Certificates)
		ctx.Export("authorities", pki.Authorities)
		ctx.Export("nodes", pki.Nodes)
		ctx.Export("kubeconfigs", pki.Kubeconfigs)
		return nil
	})
}
