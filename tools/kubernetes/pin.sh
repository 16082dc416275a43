#!/bin/sh
# Pins the sources of a Kubernetes release: writes tools/kubernetes/VERSION/go.mod and go.sum, by the Go module proxy.
# Usage: tools/kubernetes/pin.sh 1.35.4
set -eu
version=$1
cd "$(dirname "$0")"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local GOWORK=off
commands='kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubeadm kubectl'

mkdir -p "$version"
cd "$version"
printf 'module kube-pki/tools/kubernetes\n\ngo 1.25\n' >go.mod
theirs=$(go list -m -f '{{.GoMod}}' "k8s.io/kubernetes@v$version")
{
  printf 'module kube-pki/tools/kubernetes\n\n'
  # with its go line, and the behaviour of Go's library that it was released with
  grep -E '^(go|godebug) ' "$theirs"
  printf '\ntool (\n'
  for command in $commands; do printf '\tk8s.io/kubernetes/cmd/%s\n' "$command"; done
  printf ')\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$version"
  # the release itself has these as folders; those that are only there to make sources are left out
  sed -n 's,^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging/.*,\1,p' "$theirs" | while read -r module; do
    stub=../stub/${module#k8s.io/}
    if [ -d "$stub" ]; then
      printf '\t%s => %s\n' "$module" "$stub"
    else
      printf '\t%s => %s v0.%s\n' "$module" "$module" "${version#1.}"
    fi
  done
  printf ')\n'
} >go.mod.new
mv go.mod.new go.mod
rm -f go.sum
# shellcheck disable=SC2086 # words
go list -deps $(printf 'k8s.io/kubernetes/cmd/%s ' $commands) >/dev/null
