#!/bin/sh
# What the peers of the race do on the controller; their loops, a shell's and
# Ansible's, call it.
#
#   controller.sh nodes                 the nodes, one a line
#   controller.sh request NODE          prints what makes keys and requests there
#   controller.sh sign NODE <requests   signs them; $WORK/NODE.sh puts them in place
#   controller.sh phase trust|issue|done
#                                       a rotation's: new CAs and what is trusted;
#                                       $WORK/NODE.sh puts what is trusted in place
#
# From the environment: PKI, the folder of the CAs; WORK, a scratch folder; NODES, a
# file of "name address role more-names|-"; ENDPOINT and SERVICE, the API's addresses;
# WITHIN, seconds: a leaf is due that ends within them; DRY, yes to make nothing;
# SETTLE, seconds after which what was restarted has to prove itself again.
set -eu
umask 077
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
KUBERNETES=/var/lib/kubernetes

# leaves NAME ADDRESS ROLE MORE: "leaf authority kind path subject usage names".
leaves() {
  own="DNS:$1,DNS:localhost,IP:$2,IP:127.0.0.1"
  [ "$4" = - ] || own="$own,DNS:$4"
  case $3 in
    control-plane)
      api=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
      cat <<END
etcd-server etcd pem /etc/etcd/server /CN=$1 serverAuth,clientAuth $own
etcd-peer etcd pem /etc/etcd/peer /CN=$1 serverAuth,clientAuth $own
apiserver kubernetes pem $KUBERNETES/kube-apiserver /CN=kube-apiserver serverAuth $api,IP:$SERVICE,IP:$ENDPOINT,$own
apiserver-kubelet-client kubernetes pem $KUBERNETES/apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth -
apiserver-etcd-client etcd pem $KUBERNETES/apiserver-etcd-client /CN=kube-apiserver-etcd-client clientAuth -
front-proxy-client frontProxy pem $KUBERNETES/front-proxy-client /CN=front-proxy-client clientAuth -
admin kubernetes kubeconfig $KUBERNETES/admin.kubeconfig /O=system:masters/CN=kubernetes-admin clientAuth -
controller-manager kubernetes kubeconfig $KUBERNETES/kube-controller-manager.kubeconfig /CN=system:kube-controller-manager clientAuth -
scheduler kubernetes kubeconfig $KUBERNETES/kube-scheduler.kubeconfig /CN=system:kube-scheduler clientAuth -
END
      ;;
    worker)
      names="DNS:$1,IP:$2"
      [ "$4" = - ] || names="$names,DNS:$4"
      cat <<END
kubelet-server kubernetes pem /var/lib/kubelet/kubelet /O=system:nodes/CN=system:node:$1 serverAuth $names
kubelet kubernetes kubeconfig /var/lib/kubelet/kubeconfig /O=system:nodes/CN=system:node:$1 clientAuth -
kube-proxy kubernetes kubeconfig /var/lib/kube-proxy/kubeconfig /O=system:node-proxier/CN=system:kube-proxy clientAuth -
END
      ;;
  esac
}

# cas ROLE: "authority path" of the CA files of a node.
cas() {
  case $1 in
    control-plane) printf '%s\n' "etcd /etc/etcd/ca.crt" "kubernetes $KUBERNETES/ca.crt" "etcd $KUBERNETES/etcd-ca.crt" "frontProxy $KUBERNETES/front-proxy-ca.crt" ;;
    worker) echo "kubernetes /var/lib/kubelet/ca.crt" ;;
  esac
}

# node NAME: sets name, address, role and more.
node() {
  row=$(grep "^$1 " "$NODES")
  name=${row%% *}
  # shellcheck disable=SC2086 # words wanted
  set -- $row
  address=$2 role=$3 more=$4
}

# file PATH MODE: what is on stdin becomes that file, by the node's function.
file() {
  echo "file $1 $2 <<'END'"
  cat
  echo END
}

# trusted AUTHORITY: what everybody who asks trusts now.
trusted() { cat "$PKI/$1.trusted" 2>/dev/null || cat "$PKI/$1.crt"; }

# head: the script of a node up to the verb.
head_of() {
  echo "NAME=$name ADDRESS=$address ROLE=$role WITHIN=$WITHIN DRY=$DRY SETTLE=$SETTLE"
  cat "$here/node.sh"
}

request() {
  head_of
  leaves "$name" "$address" "$role" "$more" |
    while read -r leaf _ kind path subject _ names; do echo "request $leaf $kind $path $subject $names"; done
}

# sign_one LEAF: prints the certificate of the request in the file request.
sign_one() {
  row=$(grep "^$1 " "$tmp/leaves")
  # shellcheck disable=SC2086 # words wanted
  set -- $row
  {
    echo "basicConstraints=critical,CA:FALSE"
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=$6"
    echo "authorityKeyIdentifier=keyid"
    [ "$7" = - ] || echo "subjectAltName=$7"
  } >"$tmp/extensions"
  serial=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  openssl x509 -req -in "$tmp/request" -CA "$PKI/$2.crt" -CAkey "$PKI/$2.key" -set_serial "0x$serial" \
    -days 365 -extfile "$tmp/extensions" 2>/dev/null
}

# issued: what a rotation changes on a control plane once new CAs sign.
issued() {
  [ -f "$PKI/issuing" ] && [ "$role" = control-plane ] || return 0
  for path in ca ca-signing; do file "$KUBERNETES/$path.key" 600 <"$PKI/kubernetes.key"; done
  file $KUBERNETES/ca-signing.crt 644 <"$PKI/kubernetes.crt"
  file $KUBERNETES/service-accounts.key 600 <"$PKI/service-accounts.key"
  echo "restart kube-apiserver"
}

sign() {
  tmp=$(mktemp -d "$WORK/sign.XXXXXX")
  leaves "$name" "$address" "$role" "$more" >"$tmp/leaves"
  {
    head_of
    echo begin
    issued
    # "== leaf" before each request
    while IFS= read -r line; do
      case $line in
        "== "*) leaf=${line#== } && : >"$tmp/request" && continue ;;
        *) printf '%s\n' "$line" >>"$tmp/request" ;;
      esac
      [ "$line" = "-----END CERTIFICATE REQUEST-----" ] || continue
      echo "leaf $(cut -d' ' -f1-4 "$tmp/leaves" | grep "^$leaf ") <<'END'"
      sign_one "$leaf"
      echo END
    done
    echo finish
  } >"$WORK/$name.part"
  mv "$WORK/$name.part" "$WORK/$name.sh"
  rm -r "$tmp"
}

# trust: the script that puts what is trusted now in place on one node.
trust() {
  head_of
  echo begin
  cas "$role" | while read -r authority path; do trusted "$authority" | file "$path" 644; done
  leaves "$name" "$address" "$role" - | while read -r _ _ kind path _; do
    [ "$kind" = pem ] || echo "kubeconfig_ca $path $(trusted kubernetes | base64 -w0)"
  done
  if [ "$role" = control-plane ]; then
    file $KUBERNETES/service-accounts.pub 644 <"$PKI/service-accounts.pub"
    [ ! -f "$PKI/first" ] || echo sign_apart
  fi
  # whoever reads CAs reads them when it starts
  echo "restart everything"
  echo finish
}

trust_scripts() {
  rm -f "$WORK"/*.sh
  while read -r each _; do
    node "$each"
    trust >"$WORK/$each.sh"
  done <"$NODES"
}

new_cas() {
  for authority in kubernetes etcd frontProxy; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$authority-new" \
      -keyout "$PKI/$authority.key.new" -out "$PKI/$authority.crt.new" -addext keyUsage=critical,digitalSignature,keyCertSign 2>/dev/null
    cat "$PKI/$authority.crt" "$PKI/$authority.crt.new" >"$PKI/$authority.trusted"
  done
  openssl genrsa -out "$PKI/service-accounts.key.new" 2048 2>/dev/null
  openssl rsa -in "$PKI/service-accounts.key.new" -pubout -out "$PKI/service-accounts.pub.new" 2>/dev/null
  cat "$PKI/service-accounts.pub.new" >>"$PKI/service-accounts.pub"
}

phase() {
  case $1 in
    trust)
      new_cas
      : >"$PKI/first"
      trust_scripts
      rm "$PKI/first"
      ;;
    issue)
      rm -f "$WORK"/*.sh
      for each in kubernetes etcd frontProxy; do
        for half in crt key; do mv "$PKI/$each.$half.new" "$PKI/$each.$half"; done
      done
      mv "$PKI/service-accounts.key.new" "$PKI/service-accounts.key"
      : >"$PKI/issuing"
      ;;
    done)
      rm "$PKI/issuing" "$PKI"/*.trusted
      mv "$PKI/service-accounts.pub.new" "$PKI/service-accounts.pub"
      trust_scripts
      ;;
  esac
}

verb=$1
shift
case $verb in
  nodes) cut -d' ' -f1,2,3 "$NODES" ;;
  phase) phase "$1" ;;
  request | sign)
    node "$1"
    "$verb"
    ;;
esac
