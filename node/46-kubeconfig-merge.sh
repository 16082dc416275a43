# ---- kubeconfigs: which entries are this cluster's, and what becomes of them ----

# kc_own PATH: $TX/kc.own gets the numbers of the entries of clusters that are this
# cluster's: they trust a CA of it, or lead to a server of it.
kc_own() {
  : >"$TX/kc.own"
  for ko_n in $(kc_entries); do
    if kc_is_own "$ko_n" "$1"; then echo "$ko_n" >>"$TX/kc.own"; fi
  done
}

kc_is_own() {
  ki_server=$(kc_field clusters "$1" server)
  ki_server=${ki_server#https://}
  if grep -qsxF "server ca:kubernetes ${ki_server%/}" "$TX/plan"; then return 0; fi
  [ -f "$TX/ours/ca:kubernetes" ] || return 1
  kc_blocks "$1" "$2" >"$TX/kc.entry"
  among "$TX/ours/ca:kubernetes" "$TX/kc.entry"
}

# kc_context: KC_CLUSTER, KC_USER (numbers) and KC_CONTEXT (name) of the context that
# leads to this cluster: the current one if it does, else the first that does. Where
# none is known to, the current one; without contexts the only entries there are.
kc_context() {
  awk '
    FILENAME == ARGV[1] { own[$1]; next }
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
    }' "$TX/kc.own" "$TX/kc" >"$TX/kc.context"
  read -r KC_CLUSTER KC_USER KC_CONTEXT <"$TX/kc.context"
}

# stage_kubeconfig N PATH PART: the entries of this cluster trust what the part says.
# A file that is not there, and an entry that names a CA file, is left alone.
stage_kubeconfig() {
  [ -f "$ROOT$2" ] || return 0
  begin_edit "$2"
  [ -s "$TX/kc.edits" ] || return 0
  [ ! -L "$ROOT$2" ] || refuse_link "$2"
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  sk_action=replaced
  ! cmp -s "$TX/new/$1" "$ROOT$2" || sk_action=unchanged
  echo "$1 file $sk_action $2" >>"$TX/facts"
  [ "$sk_action" != unchanged ] || return 0
  live_facts "$2"
  write_beside "$1" "$2" "$LV_MODE" root root
}

# begin_edit PATH: $TX/kc.edits gets what the entries of this cluster trust from now
# on, $TX/kc.foreign the CAs of the file that are none of this cluster's.
begin_edit() {
  open_kubeconfig "$1"
  kc_own "$1"
  : >"$TX/kc.edits"
  : >"$TX/kc.kept"
  for be_n in $(kc_entries certificate-authority-data); do
    kc_blocks "$be_n" "$1" >"$TX/kc.entry"
    cat "$TX/kc.entry" >>"$TX/kc.kept"
    if grep -qx "$be_n" "$TX/kc.own"; then set_trust "$be_n" "$1"; fi
  done
  tell_foreign ca:kubernetes "$1" "$TX/kc.kept"
}

# set_trust N PATH: the entry N trusts what it does, $TX/kc.entry, with the part's change;
# from now on by data, where it named a file.
set_trust() {
  join_trust ca:kubernetes "$TX/kc.entry" >"$TX/kc.trust"
  kc_field clusters "$1" certificate-authority-data >"$TX/kc.data.$1"
  if [ ! -s "$TX/kc.data.$1" ] || ! cmp -s "$TX/kc.entry" "$TX/kc.trust"; then
    check_plain "$TX/kc.pem" "$2 (certificate-authority-data)"
    blocks_pem <"$TX/kc.trust" | base64 | tr -d '\n' >"$TX/kc.data.$1"
  fi
  echo "clusters $1 certificate-authority-data $TX/kc.data.$1" >>"$TX/kc.edits"
}

# merge_kubeconfig N PATH: $TX/new/N, a kubeconfig of the payload, becomes the live one
# with what is this cluster's of it: server, whom it trusts, client credentials.
merge_kubeconfig() {
  [ -f "$ROOT$2" ] && [ ! -L "$ROOT$2" ] || return 0
  open_kubeconfig "$2"
  grep -Eq '^(clusters|contexts|users) ' "$TX/kc" || return 0 # nothing to keep
  begin_edit "$2"
  kc_context
  grep -qx "$KC_CLUSTER" "$TX/kc.own" && [ "$KC_USER" -gt 0 ] ||
    die "$2 leads to another cluster: no context in it has a server of this cluster or trusts its CA; move that file away, or add a context for this cluster"
  mv "$TX/new/$1" "$TX/kc.made"
  if [ -z "$(kc_field clusters "$KC_CLUSTER" certificate-authority-data)" ]; then
    kc_blocks "$KC_CLUSTER" "$2" >"$TX/kc.entry"
    set_trust "$KC_CLUSTER" "$2"
  fi
  cp "$TX/kc" "$TX/kc.live"
  read_kubeconfig "$TX/kc.made"
  {
    for mk_field in certificate-authority insecure-skip-tls-verify; do
      echo "clusters $KC_CLUSTER $mk_field -"
    done
    kc_field clusters 1 server >"$TX/kc.server"
    echo "clusters $KC_CLUSTER server $TX/kc.server"
    for mk_field in client-certificate-data client-key-data client-certificate client-key; do
      kc_field users 1 "$mk_field" >"$TX/kc.$mk_field"
      mk_from=$TX/kc.$mk_field
      [ -s "$mk_from" ] || mk_from=-
      echo "users $KC_USER $mk_field $mk_from"
    done
  } >>"$TX/kc.edits"
  edit_kubeconfig "$ROOT$2" "$TX/kc.edits" >"$TX/new/$1"
  tell_server "$2"
}

# tell_server PATH: where the live one led to another address.
tell_server() {
  ts_old=$(sed -n "s/^clusters $KC_CLUSTER server //p" "$TX/kc.live")
  ts_new=$(cat "$TX/kc.server")
  [ "${ts_old%/}" = "${ts_new%/}" ] || say "$1: server $ts_old becomes $ts_new"
}
