package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"regexp"
	"sync/atomic"
	"syscall"
	"time"
)

// How often a component looks at a file that it watches; the real ones are told by the kernel.
const watchEvery = 200 * time.Millisecond

// watched holds what a set of files says, anew whenever they change. What
// cannot be used is left alone, as the real components leave it.
type watched[T any] struct{ value atomic.Pointer[T] }

func watch[T any](every time.Duration, read func() (T, error), files ...string) *watched[T] {
	w := &watched[T]{}
	last := stamp(files)
	first := must(read())
	w.value.Store(&first)
	go func() {
		for range time.Tick(every) {
			now := stamp(files)
			if now == last {
				continue
			}
			if value, err := read(); err == nil {
				w.value.Store(&value)
				last = now
			}
		}
	}()
	return w
}

func (w *watched[T]) get() T { return *w.value.Load() }

func stamp(files []string) string {
	text := ""
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			text += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), info.Sys().(*syscall.Stat_t).Ino, " ")
		}
	}
	return text
}

// pair reads certificate and key; also the way of what reads them at each handshake.
func pair(base string) func() (*tls.Certificate, error) {
	return pairOf(base+".crt", base+".key")
}

func pairOf(certificate, key string) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) {
		read, err := tls.LoadX509KeyPair(certificate, key)
		return &read, err
	}
}

func watchPair(every time.Duration, certificate, key string) *watched[*tls.Certificate] {
	return watch(every, pairOf(certificate, key), certificate, key)
}

func pool(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return poolOf(text, file)
}

func poolOf(text []byte, from string) (*x509.CertPool, error) {
	certificates := x509.NewCertPool()
	if !certificates.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", from)
	}
	return certificates, nil
}

func watchPool(every time.Duration, file string) *watched[*x509.CertPool] {
	return watch(every, func() (*x509.CertPool, error) { return pool(file) }, file)
}

// signing: what kube-controller-manager signs with is one certificate and its key.
func signing(certificate, key string) func() (int, error) {
	return func() (int, error) {
		text, err := os.ReadFile(certificate)
		if err != nil {
			return 0, err
		}
		count := 0
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			count++
		}
		if count != 1 {
			err = fmt.Errorf("%s holds %d certificates, one is wanted", certificate, count)
			record("broken", "signing", "-", err.Error())
			return count, err
		}
		if _, err = tls.LoadX509KeyPair(certificate, key); err != nil {
			record("halfway", "signing", "-", err.Error())
		}
		return count, err
	}
}

// kubeconfig as the stack and the lab write it: block YAML, data inline.
type kubeconfig struct {
	server      string
	trusted     *x509.CertPool
	certificate tls.Certificate
}

func readKubeconfig(file string) (kubeconfig, error) {
	var read kubeconfig
	text, err := os.ReadFile(file)
	if err != nil {
		return read, err
	}
	field := func(name string) []byte {
		found := regexp.MustCompile(`(?m)^[ -]*` + name + `: *"?([^"\s]+)"?$`).FindSubmatch(text)
		if found == nil {
			return nil
		}
		return found[1]
	}
	data := func(name string) []byte {
		decoded, _ := base64.StdEncoding.DecodeString(string(field(name)))
		return decoded
	}
	read.server = regexp.MustCompile(`^https://`).ReplaceAllString(string(field("server")), "")
	if read.trusted, err = poolOf(data("certificate-authority-data"), file); err != nil {
		return read, err
	}
	read.certificate, err = tls.X509KeyPair(data("client-certificate-data"), data("client-key-data"))
	return read, err
}
