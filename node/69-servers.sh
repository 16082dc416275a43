# ---- servers: do this node's clients trust theirs? ----------------------------

# server_parts URL: WHERE (host:port) and PREFIX (a path) of it; 1 if it is not
# understood.
server_parts() {
  WHERE=${1#https://}
  PREFIX=
  case $WHERE in */*) PREFIX=/${WHERE#*/} ;; esac
  WHERE=${WHERE%%/*}
  PREFIX=${PREFIX%/}
  case $WHERE in *:[0-9]*) ;; *) WHERE=$WHERE:443 ;; esac
  case $1 in https://*) ;; *) return 1 ;; esac
  echo "$WHERE$PREFIX" | grep -Eqx '([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]+(/[A-Za-z0-9._/-]+)?'
}

# to_be HOST: options of openssl: the certificate is to be that name's or address's.
to_be() {
  tb_host=${1#\[}
  tb_host=${tb_host%\]}
  case $tb_host in
    *:*) echo "-verify_ip $tb_host" ;;
    *[!0-9.]*) echo "-verify_hostname $tb_host" ;;
    *) echo "-verify_ip $tb_host" ;;
  esac
}

# list_servers old|new: who trusts whom, one a line in $TX/servers.WHICH: "PATH
# HOST:PORT WHO", and whom he trusts in $TX/trusts.WHICH.LINE. Of old what lies on the
# node before anything is touched, of new what is staged. WHO is the name that counts,
# or "-REASON" where that cannot be asked.
list_servers() {
  ls_which=$1
  ls_n=0
  : >"$TX/servers.$ls_which"
  while read -r ls_word ls_a ls_b ls_c <&3; do
    case $ls_word in
      trusts)
        ls_file=$(version_of "$ls_which" "$ls_b")
        [ -f "$ls_file" ] || continue
        pem_blocks "$ls_file" >"$TX/trusting"
        note_server "$ls_b" "$ls_c" "${ls_c%:*}" <"$TX/trusting" # no pipe: it counts
        ;;
      kubeconfig-ca | keep) list_entries "$ls_a" ;;
    esac
  done 3<"$TX/plan"
}

# note_server PATH HOST:PORT WHO: those on stdin are trusted there.
note_server() {
  ls_n=$((ls_n + 1))
  blocks_pem >"$TX/trusts.$ls_which.$ls_n"
  echo "$1 $2 $3" >>"$TX/servers.$ls_which"
}

# version_of old|new PATH: the file as it lies on the node, or as it is staged.
version_of() {
  vo_n=
  [ "$1" = old ] || vo_n=$(sed -n "s|^\([0-9]*\) file [a-z]* $2\$|\1|p" "$TX/facts")
  if [ -n "$vo_n" ] && [ -s "$TX/new/$vo_n" ]; then echo "$TX/new/$vo_n"; else echo "$ROOT$2"; fi
}

# list_entries KUBECONFIG: of what in it is this cluster's.
list_entries() {
  le_file=$(version_of "$ls_which" "$1")
  [ -f "$le_file" ] || return 0
  read_kubeconfig "$le_file"
  ! kc_field strange - - || return 0
  kc_own "$1"
  kc_context
  le_n=0
  while [ "$le_n" -lt "$ENTRIES" ]; do
    le_n=$((le_n + 1))
    [ "$le_n" = "$KC_CLUSTER" ] || is_own "$le_n" || continue
    { kc_field clusters "$le_n" server && server_parts "$VALUE"; } || continue
    kc_blocks "$le_n" "$1"
    [ -s "$TX/kc.entry" ] || continue # skips verification, or trusts what the machine does
    kc_field clusters "$le_n" tls-server-name || :
    le_who=$VALUE
    case $le_who in *[!A-Za-z0-9.:-]*) continue ;; esac
    kc_field clusters "$le_n" proxy-url || :
    [ -z "$VALUE" ] || le_who="-proxy-url"
    note_server "$1" "$WHERE" "${le_who:-${WHERE%:*}}" <"$TX/kc.entry"
  done
}

SAYS= # why the last answer was not a yes

# trusts WHERE WHO CAS: 0 if what answers there is that one's by those CAs. 1: it is
# not, SAYS tells why. 2: nobody can tell, SAYS tells why.
trusts() {
  SAYS="it goes through a proxy"
  [ "$2" != -proxy-url ] || return 2
  # shellcheck disable=SC2046 # words wanted
  limited 5 openssl s_client -connect "$1" $(to_be "$2") $(servername "$2") -verify_return_error -partial_chain -CAfile "$3" \
    </dev/null >"$TX/said" 2>"$TX/why" || :
  SAYS=$(sed -n 's/.*verify error:num=[0-9]*:\(.*\)/\1/p' "$TX/why" | sed -n 1p)
  [ -z "$SAYS" ] || return 1
  if grep -q 'BEGIN CERTIFICATE' "$TX/said"; then return 0; fi
  SAYS="it does not answer"
  return 2
}

# servername WHO: by that the server chooses among its certificates.
servername() { case $1 in *:*) ;; *[!0-9.]*) echo "-servername $1" ;; esac }

# will_trust LINE: as trusts, of a line of $TX/servers.new: what a consumer here serves
# there from now on is known before it does.
will_trust() {
  wt_cas=$TX/trusts.new.$wt_n
  wt_leaf=$(awk -v at="$1" '$1 == "served" && $3 == at { print $4; exit }' "$TX/plan")
  if [ -z "$wt_leaf" ] || [ ! -f "$TX/parts/cert:$wt_leaf" ] || [ "$2" = -proxy-url ]; then
    trusts "$1" "$2" "$wt_cas"
    return
  fi
  wt_cert=$TX/parts/cert:$wt_leaf
  # shellcheck disable=SC2046 # words wanted
  if openssl verify -purpose sslserver -partial_chain -CAfile "$wt_cas" -untrusted "$wt_cert" $(to_be "$2") "$wt_cert" >/dev/null 2>"$TX/why"; then return 0; fi
  SAYS=$(sed -n 's/.*depth lookup: *//p' "$TX/why" | sed -n 1p)
  return 1
}

# check_servers: before anything is touched. A client that trusts its server today and
# would not any more is refused; one that does not today either is told.
# $TX/servers.yes gets the numbers of those that do.
check_servers() {
  : >"$TX/servers.yes"
  grep -Eq '^(trusts|kubeconfig-ca|keep) ' "$TX/plan" && have_openssl || return 0
  # a machine that begins has no server yet
  [ "$START" != bare ] || grep -qs '^seen ' "$STATE/applied" || return 0
  list_servers old
  list_servers new
  wt_n=0
  while read -r cs_path cs_where cs_who <&3; do
    wt_n=$((wt_n + 1))
    cs_new=0
    will_trust "$cs_where" "$cs_who" || cs_new=$?
    cs_says=$SAYS
    [ "$cs_new" -eq 1 ] || {
      [ "$cs_new" -ne 0 ] || echo "$wt_n" >>"$TX/servers.yes"
      continue
    }
    if trusted_before "$cs_path" "$cs_where" "$cs_who"; then
      die "$cs_path would no longer trust its server $cs_where ($cs_says), which it trusts today: nothing was touched, renew what is served there, or let that file trust the CA of it"
    fi
    say "$cs_path: its server $cs_where does not prove itself to it before either ($cs_says)"
  done 3<"$TX/servers.new"
}

# trusted_before PATH WHERE WHO: as the file is, or was, before this run.
trusted_before() {
  tf_n=$(awk -v want="$1 $2" '$1 " " $2 == want { print NR; exit }' "$TX/servers.old")
  [ -n "$tf_n" ] && trusts "$2" "$(sed -n "${tf_n}s/.* //p" "$TX/servers.old")" "$TX/trusts.old.$tf_n"
}

# prove_servers: once all of it runs. Who trusted his server, or would with the old
# file, and does not now has lost it by this run.
prove_servers() {
  [ -f "$TX/servers.new" ] || return 0
  wt_n=0
  while read -r pv_path pv_where pv_who <&3; do
    wt_n=$((wt_n + 1))
    pv_is=0
    trusts "$pv_where" "$pv_who" "$TX/trusts.new.$wt_n" || pv_is=$?
    pv_says=$SAYS
    case $pv_is in
      0)
        echo "server $pv_path $pv_where yes"
        continue
        ;;
      1)
        if grep -qx "$wt_n" "$TX/servers.yes" || trusted_before "$pv_path" "$pv_where" "$pv_who"; then
          die "$pv_path does not trust its server $pv_where any more ($pv_says): the old set was put back, let that file trust the CA of what is served there"
        fi
        ;;
    esac
    say "$pv_path: whether it trusts its server $pv_where is not proven ($pv_says)"
    echo "server $pv_path $pv_where unproven"
  done 3<"$TX/servers.new"
}
