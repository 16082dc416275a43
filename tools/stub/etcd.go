package main

import (
	"net/http"
	"net/url"
	"strings"
)

// etcd reads its pairs at each handshake and its CA pools once; it talks to the
// other members and answers whoever TLS has let in.
func etcd(f flags) {
	clients := must(pool(f["trusted-ca-file"]))
	peers := must(pool(f["peer-trusted-ca-file"]))
	peer := pairOf(f["peer-cert-file"], f["peer-key-file"])
	for _, each := range f.list("listen-client-urls") {
		server{"etcd", hostOf(each), pairOf(f["cert-file"], f["key-file"]), clients, answer}.start()
	}
	for _, each := range f.list("listen-peer-urls") {
		server{"etcd-peer", hostOf(each), peer, peers, healthy}.start()
	}
	for _, member := range f.list("initial-cluster") {
		name, address, _ := strings.Cut(member, "=")
		if name != f["name"] {
			every(call{what: "etcd-peer", whom: hostOf(address), path: "/version", trusted: peers, present: peer}.works)
		}
	}
	ready()
}

func answer(writer http.ResponseWriter, request *http.Request) {
	switch request.URL.Path {
	case "/health":
		_, _ = writer.Write([]byte(`{"health":"true"}`))
	case "/stub/read":
		healthy(writer, request)
	default:
		http.NotFound(writer, request)
	}
}

func hostOf(address string) string {
	return must(url.Parse(address)).Host
}
