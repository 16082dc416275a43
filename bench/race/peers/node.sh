# What the peers of the race do on a node: controller.sh writes a script of this and
# calls of its functions. NAME, ADDRESS, ROLE, WITHIN, DRY and SETTLE are set before it.
# shellcheck shell=sh disable=SC2153
set -eu
umask 077
LC_ALL=C
export LC_ALL
STATE=/var/lib/race
STAGE=$STATE/stage
API=$ADDRESS:6443

# live KIND PATH: the certificate that is there now.
live() {
  case $1 in
    pem) cat "$2.crt" ;;
    *) sed -n 's/^ *client-certificate-data: *"*\([^" ]*\).*/\1/p' "$2" | base64 -d ;;
  esac
}

# due KIND PATH NAMES: it ends soon, or lacks a name.
due() {
  facts=$(live "$1" "$2" | openssl x509 -noout -checkend "$WITHIN" -ext subjectAltName 2>/dev/null) || return 0
  [ "$3" != - ] || return 1
  has=,$(echo "$facts" | sed -n 's/IP Address:/IP:/g; s/, */,/g; s/^ *\([DI][NP].*\)/\1/p'),
  for each in $(echo "$3" | tr , ' '); do
    case $has in *",$each,"*) ;; *) return 0 ;; esac
  done
  return 1
}

# request LEAF KIND PATH SUBJECT NAMES: a key, which stays here, and a request, which is printed.
request() {
  due "$2" "$3" "$5" || return 0
  echo "== $1"
  [ "$DRY" != yes ] || return 0
  mkdir -p "$STAGE"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$4" -keyout "$STAGE/$1.key" 2>/dev/null
}

begin() {
  mkdir -p "$STAGE"
  : >"$STAGE/files"
  : >"$STAGE/proofs"
  RESTART=
  UNITS=
  BACKUP=
}

# file PATH MODE: what is on stdin lies beside that file, for finish to put in its place.
file() {
  cat >"$1.race"
  chmod "$2" "$1.race"
  echo "$1" >>"$STAGE/files"
}

# ca_file AUTHORITY: what this node trusts of it.
ca_file() {
  case $1:$ROLE in
    etcd:*) echo /etc/etcd/ca.crt ;;
    frontProxy:*) echo /var/lib/kubernetes/front-proxy-ca.crt ;;
    *:worker) echo /var/lib/kubelet/ca.crt ;;
    *) echo /var/lib/kubernetes/ca.crt ;;
  esac
}

die() {
  echo "$NAME: $*" >&2
  exit 1
}

# leaf NAME AUTHORITY KIND PATH: its certificate is on stdin.
leaf() {
  cert=$STAGE/$1.crt
  key=$STAGE/$1.key
  cat >"$cert"
  openssl verify -CAfile "$(ca_file "$2")" "$cert" >/dev/null 2>&1 || die "$1: no CA of this node has signed it"
  [ "$(openssl x509 -in "$cert" -noout -pubkey)" = "$(openssl pkey -in "$key" -pubout)" ] || die "$1: certificate and key do not belong together"
  case $3 in
    pem)
      file "$4.crt" 644 <"$cert"
      file "$4.key" 600 <"$key"
      ;;
    *)
      sed "s|client-certificate-data:.*|client-certificate-data: $(base64 -w0 "$cert")|
        s|client-key-data:.*|client-key-data: $(base64 -w0 "$key")|" "$4" | file "$4" 600
      ;;
  esac
  case $1 in
    etcd-server) proof served "$ADDRESS:2379" "$cert" ;;
    etcd-peer) proof served "$ADDRESS:2380" "$cert" ;;
    apiserver) proof served "$API" "$cert" ;;
    kubelet-server) proof served "$ADDRESS:10250" "$cert" ;;
    apiserver-etcd-client) proof answers "$ADDRESS:2379" /health "$cert" "$key" ;;
    admin) proof answers "$API" /api/v1/namespaces/kube-system "$cert" "$key" ;;
    controller-manager | scheduler) proof answers "$API" /api/v1/namespaces/kube-system "$cert" "$key" && restart "kube-$1" ;;
    kubelet | kube-proxy) proof answers "$(server_of "$4")" /api/v1/namespaces/kube-system "$cert" "$key" && restart "$1" ;;
  esac
}

server_of() { sed -n 's|^ *server: *"*https://\([^" ]*\).*|\1|p' "$1"; }

# kubeconfig_ca PATH BASE64: it trusts these from now on.
kubeconfig_ca() {
  sed "s|certificate-authority-data:.*|certificate-authority-data: $2|" "$1" | file "$1" 600
}

# sign_apart: kube-controller-manager signs with one certificate, and ca.crt holds two from now on.
sign_apart() {
  for half in crt key; do file /var/lib/kubernetes/ca-signing.$half 600 </var/lib/kubernetes/ca.$half; done
  unit=/etc/systemd/system/kube-controller-manager.service
  sed 's|\(cluster-signing-[a-z]*-file=/var/lib/kubernetes/\)ca\.|\1ca-signing.|' $unit | file $unit 644
  UNITS=changed
}

proof() { echo "$*" >>"$STAGE/proofs"; }

# restart UNIT | everything
restart() {
  case $1:$ROLE in
    everything:worker) RESTART="kubelet kube-proxy" ;;
    everything:*) RESTART="etcd kube-apiserver kube-controller-manager kube-scheduler" ;;
    *) case " $RESTART " in *" $1 "*) ;; *) RESTART="$RESTART $1" ;; esac ;;
  esac
}

served() {
  [ "$(openssl s_client -connect "$1" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null)" = "$(openssl x509 -in "$2" -noout -fingerprint -sha256)" ]
}

# answers HOST:PORT PATH [CERTIFICATE KEY]: 200.
answers() {
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" | timeout 5 openssl s_client -quiet -connect "$1" ${3:+-cert "$3" -key "$4"} 2>/dev/null | head -n 1 | grep -q ' 200 '
}

# proves LINES: each proof, again and again for a minute.
prove() {
  # shellcheck disable=SC2086 # words wanted
  [ -z "$RESTART" ] || systemctl is-active -q $RESTART || return 1
  end=$(($(date +%s) + 60))
  while read -r line; do
    # shellcheck disable=SC2086 # words wanted
    until $line; do
      [ "$(date +%s)" -lt "$end" ] || return 1
      sleep 0.1
    done
  done <"$STAGE/proofs"
}

restart_all() {
  [ -z "$UNITS" ] || systemctl daemon-reload
  # shellcheck disable=SC2086 # words wanted
  [ -z "$RESTART" ] || systemctl restart $RESTART
}

put_back() {
  code=$?
  trap - EXIT
  [ -z "$BACKUP" ] || {
    while read -r path; do
      rm -f "$path.race"
      if [ -e "$BACKUP$path" ]; then cp -p "$BACKUP$path" "$path.race" && mv "$path.race" "$path"; else rm -f "$path"; fi
    done <"$STAGE/files"
    restart_all
    echo "$NAME: the old files were put back" >&2
  }
  exit "$code"
}

# finish: backup, disk, renames, restarts, proofs; the old set again if one fails.
finish() {
  case $ROLE in
    worker) proof healthy 127.0.0.1:10248 ;;
    *)
      proof answers "$API" /readyz
      for port in 10257 10259; do proof answers 127.0.0.1:$port /healthz; done
      ;;
  esac
  files=$(cat "$STAGE/files")
  BACKUP=$STATE/backup/$(date +%s%N)
  trap put_back EXIT
  mkdir -p "$BACKUP"
  old=
  for path in $files; do [ ! -e "$path" ] || old="$old ${path#/}"; done
  # shellcheck disable=SC2086 # words wanted
  (cd / && cp -p --parents $old "$BACKUP")
  # shellcheck disable=SC2046,SC2086 # words wanted
  sync $(printf '%s.race ' $files)
  for path in $files; do mv "$path.race" "$path"; done
  # shellcheck disable=SC2046,SC2086 # words wanted
  sync $(dirname $files | sort -u)
  restart_all
  prove || die "a proof fails"
  if [ -n "$RESTART" ] && [ "$SETTLE" -gt 0 ]; then
    # shellcheck disable=SC2086 # words wanted
    before=$(systemctl show -p MainPID $RESTART)
    sleep "$SETTLE"
    # shellcheck disable=SC2086 # words wanted
    [ "$before" = "$(systemctl show -p MainPID $RESTART)" ] || die "what was restarted has ended again"
    prove || die "a proof fails after a while"
  fi
  trap - EXIT
  rm -rf "$STAGE"
  # the newest five
  # shellcheck disable=SC2012 # names are numbers
  ls -1 $STATE/backup | sort -rn | tail -n +6 | while read -r each; do rm -r "$STATE/backup/$each"; done
  echo "$NAME: done"
}

# healthy HOST:PORT: the kubelet's own port speaks no TLS; systemd says that it is ready.
healthy() { systemctl is-active -q kubelet; }
