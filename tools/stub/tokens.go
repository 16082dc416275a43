package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

// Service account tokens: a header with the key's id, claims, a signature. Real
// enough for what looks at the tokens of a node.

var base64url = base64.RawURLEncoding

type signer struct {
	key crypto.Signer
	id  string
}

func readSigner(file string) (signer, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return signer{}, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return signer{}, fmt.Errorf("%s holds no key", file)
	}
	var key any
	switch block.Type {
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return signer{}, err
	}
	able := key.(crypto.Signer)
	id, err := idOf(able.Public())
	return signer{able, id}, err
}

// idOf: as kube-apiserver names its keys, https://github.com/kubernetes/kubernetes/pull/78502
func idOf(public any) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	sum := sha256.Sum256(der)
	return base64url.EncodeToString(sum[:]), err
}

func (s signer) token(subject string) string {
	header, _ := json.Marshal(map[string]string{"alg": "stub", "kid": s.id})
	claims, _ := json.Marshal(map[string]any{"sub": subject, "kubernetes.io": map[string]string{"namespace": "stub"}})
	text := base64url.EncodeToString(header) + "." + base64url.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	signature := must(s.key.Sign(rand.Reader, sum[:], crypto.SHA256))
	return text + "." + base64url.EncodeToString(signature)
}

func readVerifiers(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	keys := map[string]any{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		id, err := idOf(key)
		if err != nil {
			return nil, err
		}
		keys[id] = key
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s holds no public key", file)
	}
	return keys, nil
}

func verified(keys map[string]any, token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	var header struct{ Kid string }
	text, _ := base64url.DecodeString(parts[0])
	_ = json.Unmarshal(text, &header)
	signature, _ := base64url.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch key := keys[header.Kid].(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, sum[:], signature)
	}
	return false
}
