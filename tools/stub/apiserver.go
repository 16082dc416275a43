package main

import (
	"crypto/tls"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// Client certificate and CA for kubelets are looked at this seldom by the real one.
	pollEvery = 5 * time.Minute
	// The stub of an extension API server that comes with each API server.
	extensionPort = ":4443"
)

// apiServer answers when one of its etcd members does. It calls them, every
// kubelet and, as the front proxy, every extension API server.
func apiServer(f flags) {
	keys := must(readVerifiers(f["service-account-key-file"]))
	signs := must(readSigner(f["service-account-signing-key-file"]))
	clients := watchPool(watchEvery, f["client-ca-file"])
	fronts := watchPool(watchEvery, f["requestheader-client-ca-file"])
	front := watchPair(watchEvery, f["proxy-client-cert-file"], f["proxy-client-key-file"])
	kubeletClient := watchPair(pollEvery, f["kubelet-client-certificate"], f["kubelet-client-key"])
	kubelets := watchPool(pollEvery, f["kubelet-certificate-authority"])
	serving := watchPair(watchEvery, f["tls-cert-file"], f["tls-private-key-file"])

	stores := storesOf(f)
	for !stores.answer() {
		time.Sleep(retryEvery)
	}
	server{"kube-apiserver", f["advertise-address"] + ":6443", of(serving), nil, func(writer http.ResponseWriter, request *http.Request) {
		token, bearer := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
		switch {
		case request.URL.Path == "/readyz" && stores.answer(), request.URL.Path == "/livez":
			healthy(writer, request)
		case request.URL.Path == "/readyz":
			http.Error(writer, "no etcd member answers", http.StatusInternalServerError)
		case !signedBy(request, clients.get()) && !(bearer && verified(keys, token)):
			http.Error(writer, "Unauthorized", http.StatusUnauthorized)
		case request.URL.Path == "/stub/token":
			_, _ = writer.Write([]byte(signs.token("stub")))
		case strings.HasPrefix(request.URL.Path, "/apis/coordination.k8s.io/"):
			http.NotFound(writer, request) // nobody leads
		default:
			healthy(writer, request)
		}
	}}.start()
	server{"extension", f["advertise-address"] + extensionPort, of(serving), nil, func(writer http.ResponseWriter, request *http.Request) {
		if signedBy(request, fronts.get()) {
			healthy(writer, request)
		} else {
			http.Error(writer, "Unauthorized", http.StatusUnauthorized)
		}
	}}.start()
	for _, whom := range f.list("stub-kubelets") {
		every(func() bool {
			return call{what: "kubelet", whom: whom, path: "/pods", trusted: kubelets.get(), present: of(kubeletClient)}.works()
		})
	}
	for _, host := range f.list("stub-control-planes") {
		every(call{what: "extension", whom: host + extensionPort, path: "/apis/stub", present: of(front)}.works)
	}
	ready()
}

func of(pair *watched[*tls.Certificate]) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) { return pair.get(), nil }
}

// stores: the etcd members, and whether each answered when it was last called.
// Their CA is read once, the client pair at each handshake.
type stores []*atomic.Bool

func storesOf(f flags) stores {
	trusted := must(pool(f["etcd-cafile"]))
	var all stores
	for _, address := range f.list("etcd-servers") {
		answers := &atomic.Bool{}
		all = append(all, answers)
		read := call{
			what: "etcd", whom: hostOf(address), path: "/stub/read", trusted: trusted,
			present: pairOf(f["etcd-certfile"], f["etcd-keyfile"]),
		}
		every(func() bool {
			answers.Store(read.works())
			return answers.Load()
		})
	}
	return all
}

func (s stores) answer() bool {
	for _, each := range s {
		if each.Load() {
			return true
		}
	}
	return false
}
