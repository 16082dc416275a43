#!/bin/sh
# Pins the sources of a Kubernetes release: writes tools/kubernetes/VERSION/go.mod and go.sum, by the Go module proxy.
# Usage: tools/kubernetes/pin.sh 1.35.4
set -eu
version=$1
cd "$(dirname "$0")"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local GOWORK=off
commands='kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubeadm kubectl'

# staged MODULE: its version of this release, or of the newest patch before it that the
# proxy has: these modules hardly change between patches.
staged() {
  patch=${version##*.}
  while [ "$patch" -ge 0 ]; do
    tag=v0.$(echo "$version" | cut -d. -f2).$patch
    ! (cd / && go mod download "$1@$tag") >/dev/null 2>&1 || break
    patch=$((patch - 1))
  done
  [ "$patch" -ge 0 ] || {
    echo "pin.sh: the module proxy has no $1 for $version" >&2
    exit 1
  }
  [ "$patch" = "${version##*.}" ] || echo "pin.sh: $1 $tag instead of $version" >&2
  echo "$tag"
}

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
      tag=$(staged "$module") || exit 1
      printf '\t%s => %s %s\n' "$module" "$module" "$tag"
    fi
  done
  printf ')\n'
} >go.mod.new
mv go.mod.new go.mod
rm -f go.sum
set --
for command in $commands; do set -- "$@" "k8s.io/kubernetes/cmd/$command"; done
go list -deps "$@" >/dev/null
