package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"
)

// What the proofs of the stack ask for (core/proofs.ts).
const authenticated = "/api/v1/namespaces/kube-system"

// callApiServer with the kubeconfig as it was at the start.
func callApiServer(what, file string) kubeconfig {
	config := must(readKubeconfig(file))
	every(call{what: what, whom: config.server, path: authenticated, trusted: config.trusted, present: held(config.certificate)}.works)
	return config
}

func controllerManager(f flags) {
	must(pool(f["root-ca-file"]))
	signs := must(readSigner(f["service-account-private-key-file"]))
	certificate, key := f["cluster-signing-cert-file"], f["cluster-signing-key-file"]
	watch(watchEvery, signing(certificate, key), certificate, key)
	watchPool(watchEvery, f["client-ca-file"])
	config := callApiServer("kube-controller-manager", f["kubeconfig"])
	token := signs.token("kube-controller-manager")
	every(call{what: "token-of-kube-controller-manager", whom: config.server, path: authenticated, trusted: config.trusted, token: token}.works)
	server{"kube-controller-manager", "127.0.0.1:10257", selfSigned(), nil, healthy}.start()
	ready()
}

func scheduler(f flags) {
	callApiServer("kube-scheduler", f["kubeconfig"])
	server{"kube-scheduler", "127.0.0.1:10259", selfSigned(), nil, healthy}.start()
	ready()
}

func proxy(f flags) {
	callApiServer("kube-proxy", f["kubeconfig"])
	ready()
}

// kubelet lets API servers in and gives its one pod a token of its own start.
func kubelet(f flags) {
	text := must(os.ReadFile(f["config"]))
	field := func(name string) string {
		found := regexp.MustCompile(`(?m)^ *` + name + `: *(\S+)$`).FindSubmatch(text)
		if found == nil {
			return ""
		}
		return string(found[1])
	}
	clients := watchPool(watchEvery, field("clientCAFile"))
	serving := watchPair(watchEvery, field("tlsCertFile"), field("tlsPrivateKeyFile"))
	config := callApiServer("kubelet", f["kubeconfig"])
	server{"kubelet", f["node-ip"] + ":10250", of(serving), nil, func(writer http.ResponseWriter, request *http.Request) {
		if signedBy(request, clients.get()) {
			healthy(writer, request)
		} else {
			http.Error(writer, "Unauthorized", http.StatusUnauthorized)
		}
	}}.start()
	health := must(net.Listen("tcp", "127.0.0.1:10248"))
	go func() { _ = http.Serve(health, http.HandlerFunc(healthy)) }()
	pod(f, config)
	ready()
}

const tokenFile = "/var/lib/kubelet/pods/00000000-0000-4000-8000-000000000000/volumes/kubernetes.io~projected/kube-api-access/..data/token"

// pod: a service account token, got once per start, shown to every API server.
func pod(f flags, config kubeconfig) {
	var token atomic.Value
	every(func() bool {
		if token.Load() != nil {
			return true
		}
		asked := call{what: "token", whom: config.server, path: "/stub/token", trusted: config.trusted, present: held(config.certificate)}
		text, ok := asked.do()
		if ok {
			_ = os.MkdirAll(filepath.Dir(tokenFile), 0o700)
			_ = os.WriteFile(tokenFile, []byte(text), 0o600)
			token.Store(text)
		}
		return ok
	})
	for _, host := range f.list("stub-control-planes") {
		every(func() bool {
			text, ok := token.Load().(string)
			return ok && call{what: "pod", whom: host + ":6443", path: authenticated, trusted: config.trusted, token: text}.works()
		})
	}
}
