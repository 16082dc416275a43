// Command stub stands in for the components of a cluster, by the name it is
// called by: etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
// kubelet, kube-proxy. It takes the flags of the real one that name files and
// addresses, serves and calls with TLS on the real ports, and reads each file
// when the real one does (core/reload.ts). It runs nothing, stores nothing and
// keeps no leader: what it is for is trust. Each component calls those that
// the real one talks to, a few times a second, always on a new connection, and
// writes down how that went.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// How often each kind of call is made; --stub-call-every makes it rarer.
var callEvery = 250 * time.Millisecond

// A call that failed is made again after this time.
const retryEvery = 250 * time.Millisecond

var components = map[string]func(flags){
	"etcd":                    etcd,
	"kube-apiserver":          apiServer,
	"kube-controller-manager": controllerManager,
	"kube-scheduler":          scheduler,
	"kubelet":                 kubelet,
	"kube-proxy":              proxy,
}

type flags map[string]string

// list: a flag that holds several values.
func (f flags) list(name string) []string {
	if f[name] == "" {
		return nil
	}
	return strings.Split(f[name], ",")
}

func parse(args []string) flags {
	parsed := flags{}
	for _, arg := range args {
		name, value, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		parsed[name] = value
	}
	return parsed
}

func main() {
	name := filepath.Base(os.Args[0])
	component, known := components[name]
	if !known {
		fmt.Fprintf(os.Stderr, "stub: %s is no component it stands in for: link the name of one to it\n", name)
		os.Exit(2)
	}
	openRecord(name)
	given := parse(os.Args[1:])
	if text := given["stub-call-every"]; text != "" {
		callEvery = must(time.ParseDuration(text))
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGINT, syscall.SIGTERM)
	go component(given)
	<-end
	flushCounts()
	record("end", "-", "-", "")
}

// ready tells systemd, and the record, that this component serves.
func ready() {
	record("ready", "-", "-", "")
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return
	}
	connection, err := net.Dial("unixgram", socket)
	if err != nil {
		return
	}
	defer connection.Close()
	_, _ = connection.Write([]byte("READY=1"))
}

// must: what the real component does not start without.
func must[T any](value T, err error) T {
	if err != nil {
		record("fatal", "-", "-", err.Error())
		fmt.Fprintf(os.Stderr, "stub: %v\n", err)
		os.Exit(1)
	}
	return value
}

// every calls again and again, each kind of call in a row of its own.
func every(call func() bool) {
	go func() {
		for {
			if call() {
				time.Sleep(callEvery)
			} else {
				time.Sleep(retryEvery)
			}
		}
	}()
}
