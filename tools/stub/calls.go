package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// A call to another component, always on a new connection: the trust of this moment.
type call struct {
	what    string
	whom    string // host:port
	path    string
	token   string
	trusted *x509.CertPool // nil: nobody is asked who signed the server's certificate
	present func() (*tls.Certificate, error)
}

func (c call) do() (body string, ok bool) {
	var unreadable error
	config := &tls.Config{RootCAs: c.trusted, InsecureSkipVerify: c.trusted == nil}
	if c.present != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, err := c.present()
			unreadable = err
			return certificate, err
		}
	}
	transport := &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}
	client := http.Client{Transport: transport, Timeout: 5 * time.Second}
	request, _ := http.NewRequest(http.MethodGet, "https://"+c.whom+c.path, nil)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := client.Do(request)
	if err != nil {
		kind := kindOf(err)
		if unreadable != nil {
			kind = "halfway"
		}
		record(kind, c.what, c.whom, err.Error())
		return "", false
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	switch response.StatusCode {
	case http.StatusOK:
		well(c.what, c.whom)
		return string(text), true
	case http.StatusUnauthorized:
		record("rejected", c.what, c.whom, response.Status)
	default:
		record("unready", c.what, c.whom, response.Status)
	}
	return "", false
}

// kindOf: the server is not trusted, does not trust us, has half a pair, or is not there.
func kindOf(err error) string {
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return "distrusted"
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "remote error" {
		if strings.Contains(err.Error(), "internal error") {
			return "halfway"
		}
		return "rejected"
	}
	return "unreachable"
}

// works: who is called answers as it should.
func (c call) works() bool {
	_, ok := c.do()
	return ok
}

func held(certificate tls.Certificate) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) { return &certificate, nil }
}
