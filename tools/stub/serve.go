package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"time"
)

// server: who is let in is the business of handle or, with required, of TLS itself.
type server struct {
	what     string
	at       string
	present  func() (*tls.Certificate, error)
	required *x509.CertPool // clients without a certificate of it get no connection
	handle   http.HandlerFunc
}

func (s server) start() {
	config := &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.present() },
		ClientAuth:     tls.RequestClientCert,
	}
	if s.required != nil {
		config.ClientAuth = tls.RequireAndVerifyClientCert
		config.ClientCAs = s.required
	}
	must(s.present())
	listener := must(net.Listen("tcp", s.at))
	served := &http.Server{Handler: s.handle, ErrorLog: log.New(rejections{s.what}, "", 0)}
	go func() { _ = served.Serve(tls.NewListener(listener, config)) }()
}

// rejections: handshakes that failed because one side did not trust the other.
// Who hangs up or shows nothing is a probe or a port scan.
type rejections struct{ what string }

func (r rejections) Write(line []byte) (int, error) {
	text := string(line)
	if strings.Contains(text, "failed to verify") || strings.Contains(text, "remote error") {
		record("rejects", r.what, "-", strings.TrimSpace(text))
	}
	return len(line), nil
}

// signedBy: the client presents a certificate of this pool.
func signedBy(request *http.Request, trusted *x509.CertPool) bool {
	if len(request.TLS.PeerCertificates) == 0 {
		return false
	}
	between := x509.NewCertPool()
	for _, each := range request.TLS.PeerCertificates[1:] {
		between.AddCert(each)
	}
	_, err := request.TLS.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots:         trusted,
		Intermediates: between,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err == nil
}

func healthy(writer http.ResponseWriter, _ *http.Request) { _, _ = writer.Write([]byte("ok")) }

// selfSigned: what a component serves that was given no certificate.
func selfSigned() func() (*tls.Certificate, error) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "stub"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return held(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
}
