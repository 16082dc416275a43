// Command webhook is an admission webhook as small as one can be: it allows
// every object but those with the label neighbours/deny. It also converts
// custom resources between versions that differ in nothing but their name. It
// reads its certificate once, as most webhooks do: a new one needs a new process.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const version = "3"

// Those of https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ that are read or written here.
type review struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Request    *request  `json:"request,omitempty"`
	Response   *response `json:"response,omitempty"`
}

type request struct {
	UID    string `json:"uid"`
	Object struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	} `json:"object"`
}

type response struct {
	UID     string  `json:"uid"`
	Allowed bool    `json:"allowed"`
	Status  *status `json:"status,omitempty"`
}

type status struct {
	Message string `json:"message"`
}

func validate(w http.ResponseWriter, r *http.Request) {
	var asked review
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil || asked.Request == nil {
		http.Error(w, "not an AdmissionReview with a request", http.StatusBadRequest)
		return
	}
	answer := response{UID: asked.Request.UID, Allowed: true}
	if _, denied := asked.Request.Object.Metadata.Labels["neighbours/deny"]; denied {
		answer.Allowed = false
		answer.Status = &status{Message: "denied by the label neighbours/deny"}
	}
	w.Header().Set("content-type", "application/json")
	json.NewEncoder(w).Encode(review{APIVersion: asked.APIVersion, Kind: asked.Kind, Response: &answer})
}

// Those of https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/ that are read or written here.
type conversion struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"`
	Request    *conversionRequest  `json:"request,omitempty"`
	Response   *conversionResponse `json:"response,omitempty"`
}

type conversionRequest struct {
	UID               string           `json:"uid"`
	DesiredAPIVersion string           `json:"desiredAPIVersion"`
	Objects           []map[string]any `json:"objects"`
}

type conversionResponse struct {
	UID              string           `json:"uid"`
	ConvertedObjects []map[string]any `json:"convertedObjects"`
	Result           map[string]any   `json:"result"`
}

func convert(w http.ResponseWriter, r *http.Request) {
	var asked conversion
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&asked); err != nil || asked.Request == nil {
		http.Error(w, "not a ConversionReview with a request", http.StatusBadRequest)
		return
	}
	objects := asked.Request.Objects
	for _, object := range objects {
		object["apiVersion"] = asked.Request.DesiredAPIVersion
	}
	answer := conversionResponse{UID: asked.Request.UID, ConvertedObjects: objects, Result: map[string]any{"status": "Success"}}
	w.Header().Set("content-type", "application/json")
	json.NewEncoder(w).Encode(conversion{APIVersion: asked.APIVersion, Kind: asked.Kind, Response: &answer})
}

func main() {
	listen := flag.String("listen", ":8443", "address to serve at")
	cert := flag.String("cert", "/tls/tls.crt", "certificate, PEM")
	key := flag.String("key", "/tls/tls.key", "its key, PEM")
	drain := flag.Duration("drain", 5*time.Second, "time to go on serving after SIGTERM, until nobody sends requests here")
	printVersion := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *printVersion {
		fmt.Println("webhook", version)
		return
	}
	http.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	http.HandleFunc("/validate", validate)
	http.HandleFunc("/convert", convert)
	server := &http.Server{Addr: *listen, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	done := make(chan struct{})
	go func() {
		<-ended
		time.Sleep(*drain)
		server.Shutdown(context.Background())
		close(done)
	}()
	if err := server.ListenAndServeTLS(*cert, *key); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	<-done
}
