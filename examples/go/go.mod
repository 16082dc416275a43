module clusters

go 1.26

require (
	example.com/pulumi-kube-pki/sdk/go/kube-pki v0.0.0
	github.com/pulumi/pulumi/sdk/v3 v3.250.0
)

// where the SDK was written
replace example.com/pulumi-kube-pki/sdk/go/kube-pki => ./sdk
