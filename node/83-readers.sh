# ---- readers: credentials on this node that no plan of ours holds ------------

LIMIT_TEXT=1048576 # bytes: the largest object that Kubernetes keeps, so the largest kubeconfig there is
FIRST_PERSON=1000  # the first uid of a person: login.defs(5), UID_MIN

# Where what talks to a cluster keeps its credentials by default.
READER_FOLDERS='/etc/kubernetes /etc/cni/net.d /etc/kube-vip /etc/keepalived /etc/haproxy /etc/calico
  /var/lib/kube-proxy /var/lib/node-problem-detector /root/.kube'

# list_readers: $TX/readers gets "UID PATH" of each file that looks like a kubeconfig
# or a certificate: where such files are kept, or named by a manifest, a unit or
# the command line of a system's process. Certificates of this cluster's layout and
# copies that kubeadm, kubespray and ansible keep, which nobody reads, are left out.
list_readers() {
  {
    for lr_folder in $READER_FOLDERS; do
      [ ! -d "$ROOT$lr_folder" ] || find -L "$ROOT$lr_folder" -maxdepth 3 \( -path "$ROOT/etc/kubernetes/pki" -o -path "$ROOT/etc/kubernetes/ssl" -o -path "$ROOT/etc/kubernetes/tmp" \) -prune -o \
        -type f ! -name '*.old' ! -name '*~' -print
    done 2>/dev/null
    for lr_folder in "$ROOT"/home/*/.kube; do
      [ ! -d "$lr_folder" ] || find -L "$lr_folder" -maxdepth 1 -type f -print
    done 2>/dev/null
    list_named >"$TX/named"
    cat "$TX/named"
  } | sort -u >"$TX/paths"
  # names with a line end in them are no paths of anybody's manifest
  tr '\n' '\000' <"$TX/paths" | xargs -0 -r timeout -s KILL 60 grep -lsE 'certificate-authority|client-certificate|token["'\'']? *:|BEGIN CERTIFICATE' -- >"$TX/texts" || :
  tr '\n' '\000' <"$TX/texts" | xargs -0 -r stat -L -c '%u %n' -- 2>/dev/null >"$TX/readers" || :
}

# list_named: files that manifests of static pods, units and processes of the
# system name; a process of a person is that person's matter.
list_named() {
  {
    cat "$MANIFESTS"/*.yaml "$MANIFESTS"/*.yml "$ROOT"/etc/systemd/system/*.service "$ROOT"/etc/systemd/system/*.service.d/*.conf || :
    stat -c '%u %n' "$PROC"/[0-9]* | while read -r ln_uid ln_proc; do
      [ "$ln_uid" -ge "$FIRST_PERSON" ] || tr '\000' '\n' <"$ln_proc/cmdline" || :
    done
  } 2>/dev/null | grep -oE '/(etc|var|opt|srv|root|usr/local)/[A-Za-z0-9._/@:+-]+' | sort -u |
    while read -r ln_path; do
      case $ROOT$ln_path in "$KUBELET_PODS"/*) continue ;; esac
      case $ln_path in /etc/kubernetes/pki/* | /etc/kubernetes/ssl/*) continue ;; esac
      [ ! -f "$ROOT$ln_path" ] || echo "$ROOT$ln_path"
    done
}

# read_text FILE: $TX/text is what it holds; 1 if it is no file, or larger than any
# credentials are. Somebody else may have written it, or may put a pipe in its place.
read_text() {
  [ -f "$1" ] && limited 5 head -c $((LIMIT_TEXT + 1)) "$1" >"$TX/text" 2>/dev/null || return 1
  [ "$(wc -c <"$TX/text")" -le "$LIMIT_TEXT" ]
}

# scan_readers: who would lose the cluster when the old CA or token key goes. One
# that does not work today loses nothing.
scan_readers() {
  while read -r RD_UID RD_FILE <&3; do
    RD_NAME=${RD_FILE#"$ROOT"}
    if ! read_text "$RD_FILE"; then
      [ "$AUTHORITY" != kubernetes ] || say "$RD_NAME is no file or larger than $((LIMIT_TEXT / 1024)) KiB, so it was not looked at"
      continue
    fi
    mv "$TX/text" "$TX/reader"
    RD_USED=
    ! grep -Fqx -e "$RD_FILE" "$TX/named" || RD_USED=yes
    scan_text "$(one_name "$RD_NAME")" found_at
  done 3<"$TX/readers"
}

# one_name PATH: as one word of plain letters; a person may have chosen it.
one_name() { printf %s "$1" | tr -c 'A-Za-z0-9._/@:+-' '?'; }

# scan_text NAME FOUND: FOUND GATE KIND NAME WHY for each thing that $TX/reader, the
# text of RD_FILE, would lose of AUTHORITY. NEEDED is "trust" before issue: who is
# trusted counts, and not who signed. Kubeconfigs are for the cluster's CA alone.
scan_text() {
  if grep -q 'BEGIN CERTIFICATE' "$TX/reader"; then
    scan_certificate "$@"
    return
  fi
  [ "$AUTHORITY" = kubernetes ] || return 0
  [ -z "$STAYS" ] || scan_authority "$@"
  [ -z "$TOKEN_KID" ] || each_token ||
    "$2" tokens kubeconfig "$1" "holds a token of the old service account key: get a new one"
}

# found_at GATE KIND NAME WHY: a person's file stops no rotation: its owner loses
# access, which is told, and nobody else does.
found_at() {
  if [ "$RD_UID" -ge "$FIRST_PERSON" ]; then
    shift
    told "$@"
  else
    found "$@"
  fi
}

scan_authority() {
  each_entry certificate-authority trusts_rest ||
    "$2" scan kubeconfig "$1" "does not trust the new CA: add it to the file"
  [ "$NEEDED" = all ] || return 0
  if ! have_openssl; then
    say "no openssl here: who signed the client certificate of $1 cannot be checked"
    return
  fi
  each_entry client-certificate signed_by_rest ||
    "$2" scan kubeconfig "$1" "has a client certificate that the new CA did not sign: issue a new one"
}

# scan_certificate: a certificate of somebody's that the old CA signed, or a file of CAs
# that is in use (a copy that only lies there may be a backup).
# Where the old CA is not known nothing tells it from any other.
scan_certificate() {
  [ -n "$OLD" ] && [ -n "$STAYS" ] && have_openssl || return 0
  cp "$TX/reader" "$TX/pem"
  if openssl x509 -in "$TX/pem" -noout -text 2>/dev/null | grep -q 'CA:TRUE'; then
    [ -z "$RD_USED" ] || trusts_rest ||
      "$2" scan certificate "$1" "holds the old CA$(of_authority) and not the new one: add that one to the file"
    return
  fi
  [ "$NEEDED" != all ] || signed_by_rest ||
    "$2" scan certificate "$1" "is not signed by the new CA$(of_authority): issue a new one"
}

of_authority() {
  case $AUTHORITY in
    etcd) echo " of etcd" ;;
    frontproxy) echo " of the front proxy" ;;
  esac
}

# each_entry FIELD TEST: TEST holds for each PEM text that FIELD carries or names,
# found at $TX/pem.
each_entry() {
  {
    kubeconfig_values "$1-data" "$TX/reader" | sed 's/^/data /'
    kubeconfig_values "$1" "$TX/reader" | sed 's/^/file /'
  } >"$TX/entries"
  while read -r ee_kind ee_value; do
    case $ee_kind:$ee_value in
      data:*) echo "$ee_value" | base64 -d >"$TX/pem" 2>/dev/null || : ;;
      file:/*) read_named "$ROOT$ee_value" || continue ;;
      *) read_named "${RD_FILE%/*}/$ee_value" || continue ;;
    esac
    "$2" || return 1
  done <"$TX/entries"
}

# read_named FILE: what a kubeconfig names, into $TX/pem. A person's kubeconfig is
# followed to that person's files only.
read_named() {
  [ "$RD_UID" -lt "$FIRST_PERSON" ] || [ "$(stat -L -c %u "$1" 2>/dev/null)" = "$RD_UID" ] || return 1
  read_text "$1" && mv "$TX/text" "$TX/pem"
}

each_token() {
  kubeconfig_values token "$TX/reader" >"$TX/entries"
  while read -r et_token; do
    et_kid=$(echo "$et_token" | token_kid)
    [ -z "$et_kid" ] || [ "$et_kid" = "$TOKEN_KID" ] || return 1
  done <"$TX/entries"
}

# kubeconfig_values KEY KUBECONFIG: every value of that key, block YAML or JSON;
# "-" for one that is not on its key's line. An argument of a credential plugin that
# begins so has its colon within the quotes.
kubeconfig_values() {
  awk -v key="$1" '
    BEGIN { gap = "^[\"\047]?[ \t]*:[ \t]*"; word = "^[\"\047]?[^\"\047,}{ \t\r]+"; none = "^(\"\"|\047\047|null)" }
    /^[ \t]*#/ { next }
    {
      rest = $0
      while ((at = index(rest, key)) > 0) {
        before = substr(rest, at - 1, 1)
        rest = substr(rest, at + length(key))
        if ((at > 1 && before !~ /[ \t"{,\047]/) || !match(rest, gap)) continue
        if (at > 1 && before ~ /["\047]/ && substr(rest, 1, 1) != before) continue
        rest = substr(rest, RLENGTH + 1)
        if (rest ~ none) continue
        if (!match(rest, word)) { print "-"; continue }
        value = substr(rest, 1, RLENGTH)
        gsub(/["\047]/, "", value)
        print value
      }
    }' "$2"
}

# trusts_rest: with "old:" parts known, another cluster's CA is not our matter.
trusts_rest() {
  pem_blocks "$TX/pem" >"$TX/entry"
  [ -z "$OLD" ] || [ ! -s "$TX/entry" ] || among "$TX/blocks.old" "$TX/entry" || return 0
  among "$TX/stays" "$TX/entry"
}

signed_by_rest() {
  openssl x509 -in "$TX/pem" -noout -checkend 0 >/dev/null 2>&1 || return 0
  [ -z "$OLD" ] || signed_by "$OLD" "$TX/pem" || return 0
  signed_by "$STAYS" "$TX/pem"
}

# list_held: a file that is mounted by itself (hostPath of type File) stays what it
# was at the mount: a rename puts another file in its place. $TX/held gets "PID PATH" of
# each that a process still sees; of a container its first process.
list_held() {
  grep -s '//deleted ' "$PROC"/[0-9]*/mountinfo /dev/null | sed "s|^$PROC/\([0-9]*\)/mountinfo:|\1 |" |
    sort -n | awk -v root="${ROOT##*/}" '!($2 in seen) && (root == "" || index($5, root)) { seen[$2]; if ($6 !~ /\\/) print $1, $6 }' >"$TX/held"
}

# scan_held: each is asked as a reader's text.
scan_held() {
  while read -r sh_pid sh_path <&3; do
    RD_FILE=$PROC/$sh_pid/root$sh_path
    read_text "$RD_FILE" || continue
    mv "$TX/text" "$TX/reader"
    RD_UID=0
    RD_USED=yes
    sh_comm=
    read -r sh_comm <"$PROC/$sh_pid/comm" || :
    scan_text "$(one_name "$sh_comm:$sh_path")" found_held
  done 3<"$TX/held"
}

# found_held GATE KIND PROCESS:PATH WHY
found_held() { found "$1" mount "$3" "is an older file, as it is mounted by itself, and ${4%%:*}: restart the pod"; }
