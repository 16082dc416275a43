# ---- kubeconfigs: which entries are this cluster's, and what becomes of them ----

# kc_own PATH: OWN has the numbers of the entries of clusters that are this cluster's,
# with a blank before and behind: they trust a CA of it, or lead to a server of it.
# ENTRIES is how many there are.
kc_own() {
  OWN=' '
  kc_field count 0 clusters || :
  ENTRIES=${VALUE:-0}
  ko_n=0
  while [ "$ko_n" -lt "$ENTRIES" ]; do
    ko_n=$((ko_n + 1))
    if kc_is_own "$ko_n" "$1"; then OWN="$OWN$ko_n "; fi
  done
}

is_own() { case $OWN in *" $1 "*) ;; *) return 1 ;; esac }

kc_is_own() {
  kc_field clusters "$1" server || :
  ki_server=${VALUE#https://}
  case $SERVERS in *" ${ki_server%/} "*) return 0 ;; esac
  [ -f "$TX/ours/ca:kubernetes" ] || return 1
  kc_blocks "$1" "$2"
  among "$TX/ours/ca:kubernetes" "$TX/kc.entry"
}

# kc_context: KC_CLUSTER, KC_USER (numbers) and KC_CONTEXT (name) of the context that
# leads to this cluster: the current one if it does, else the first that does. Where
# none is known to, the current one; without contexts the only entries there are.
kc_context() {
  awk -v owns="$OWN" '
    BEGIN { k = split(owns, at, " "); for (i = 1; i <= k; i++) own[at[i]] }
    { value = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", value) }
    $1 == "current" { current = value }
    $1 == "contexts" { if ($2 > n) n = $2; if ($3 == "name") name[$2] = value; else if ($3 == "cluster") cluster[$2] = value; else if ($3 == "user") user[$2] = value }
    $1 == "clusters" || $1 == "users" { last[$1] = $2; if ($3 == "name") of[$1 " " value] = $2 }
    END {
      for (i = 1; i <= n; i++) {
        c = of["clusters " cluster[i]]
        rank = (c in own ? 2 : 0) + (name[i] == current ? 1 : 0)
        if (!best || rank > top) { best = i; top = rank }
      }
      if (!best) { print (last["clusters"] == 1) " " (last["users"] == 1) " "; exit }
      c = of["clusters " cluster[best]]; u = of["users " user[best]]
      print (c == "" ? 0 : c) " " (u == "" ? 0 : u) " " name[best]
    }' "$TX/kc" >"$TX/kc.context"
  read -r KC_CLUSTER KC_USER KC_CONTEXT <"$TX/kc.context"
}

# stage_kubeconfig N PATH PART: the entries of this cluster trust what the part says.
# A file that is not there, and an entry that names a CA file, is left alone.
stage_kubeconfig() {
  [ -f "$ROOT$2" ] || return 0
  open_kubeconfig "$2"
  begin_edit "$2"
  [ -n "$be_trust" ] || return 0
  [ ! -L "$ROOT$2" ] || refuse_link "$2"
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  sk_action=replaced
  ! cmp -s "$TX/new/$1" "$ROOT$2" || sk_action=unchanged
  echo "$1 file $sk_action $2" >>"$TX/facts"
  [ "$sk_action" != unchanged ] || return 0
  live_facts "$2"
  write_beside "$1" "$2" "$LV_MODE" root root
}

# begin_edit PATH: of the open one. $TX/kc.edits gets what the entries of this cluster
# trust from now on, where that is something else, $TX/foreign the CAs of the file that
# are none of this cluster's.
begin_edit() {
  kc_own "$1"
  : >"$TX/kc.edits"
  : >"$TX/kc.kept"
  be_trust= # yes once one of this cluster's entries has data
  be_n=0
  while [ "$be_n" -lt "$ENTRIES" ]; do
    be_n=$((be_n + 1))
    kc_field clusters "$be_n" certificate-authority-data || continue
    kc_blocks "$be_n" "$1"
    cat "$TX/kc.entry" >>"$TX/kc.kept"
    if is_own "$be_n"; then
      be_trust=yes
      set_trust "$be_n" "$1"
    fi
  done
  tell_foreign ca:kubernetes "$1" "$TX/kc.kept"
}

# set_trust N PATH: the entry N trusts what it does, $TX/kc.entry, with the part's change;
# from now on by data, where it named a file.
set_trust() {
  join_trust ca:kubernetes "$TX/kc.entry" >"$TX/kc.trust"
  if kc_field clusters "$1" certificate-authority-data && [ -n "$VALUE" ] && cmp -s "$TX/kc.entry" "$TX/kc.trust"; then return 0; fi
  check_plain "$TX/kc.pem" "$2 (certificate-authority-data)"
  blocks_pem <"$TX/kc.trust" | base64 | tr -d '\n' >"$TX/kc.data.$1"
  echo "clusters $1 certificate-authority-data $TX/kc.data.$1" >>"$TX/kc.edits"
}

# merge_kubeconfig N PATH: $TX/new/N, a kubeconfig of the payload, becomes the live one
# with what is this cluster's of it: server, whom it trusts, client credentials.
merge_kubeconfig() {
  [ -f "$ROOT$2" ] && [ ! -L "$ROOT$2" ] || return 0
  open_kubeconfig "$2"
  case $KC in *"${NL}clusters "* | *"${NL}contexts "* | *"${NL}users "*) ;; *) return 0 ;; esac # nothing to keep
  begin_edit "$2"
  kc_context
  is_own "$KC_CLUSTER" && [ "$KC_USER" -gt 0 ] ||
    die "$2 leads to another cluster: no context in it has a server of this cluster or trusts its CA; move that file away, or add a context for this cluster"
  kc_field clusters "$KC_CLUSTER" certificate-authority-data || :
  if [ -z "$VALUE" ]; then
    kc_blocks "$KC_CLUSTER" "$2"
    set_trust "$KC_CLUSTER" "$2"
  fi
  kc_field clusters "$KC_CLUSTER" server || :
  mk_old=$VALUE
  read_kubeconfig "$TX/new/$1"
  {
    echo "clusters $KC_CLUSTER certificate-authority -"
    echo "clusters $KC_CLUSTER insecure-skip-tls-verify -"
    echo "clusters $KC_CLUSTER server $TX/kc clusters 1 server"
    for mk_field in client-certificate-data client-key-data client-certificate client-key; do
      mk_from="$TX/kc users 1 $mk_field"
      kc_field users 1 "$mk_field" && [ -n "$VALUE" ] || mk_from=-
      echo "users $KC_USER $mk_field $mk_from"
    done
  } >>"$TX/kc.edits"
  kc_field clusters 1 server || :
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  [ "${mk_old%/}" = "${VALUE%/}" ] || say "$2: server $mk_old becomes $VALUE"
}
