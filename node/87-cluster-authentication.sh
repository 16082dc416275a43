# ---- cluster: what aggregated API servers are told to trust -------------------

# task_authentication_clean: API servers only ever add to this ConfigMap. It is
# deleted once, when the last of them has dropped the old CA, and they write it
# anew from what they have.
task_authentication_clean() {
  if authentication_exact; then return 0; fi
  if [ -n "$SURPLUS" ]; then
    say "extension-apiserver-authentication still holds an old CA: deleted, the API servers write it anew"
    ask "$TX/answer" delete configmap extension-apiserver-authentication -n kube-system --ignore-not-found
  fi
  wait_for "$LIMIT_WRITTEN" "extension-apiserver-authentication with only what stays" authentication_exact ||
    die "extension-apiserver-authentication in kube-system ${SURPLUS:-lacks the new CA} after $LIMIT_WRITTEN s: an API server has other CA files than the rest, restart it"
}

# authentication_exact: both lists have what stays and nothing that goes. SURPLUS says
# if one has. Another owner's CA in ca.crt stays in the list as well.
authentication_exact() {
  SURPLUS=
  ae_exact=yes
  ask "$TX/answer" get configmap extension-apiserver-authentication -n kube-system --ignore-not-found -o 'go-template={{with .data}}= kubernetes
{{index . "client-ca-file"}}
= frontproxy
{{index . "requestheader-client-ca-file"}}
{{end}}'
  for ae_name in kubernetes frontproxy; do
    [ -f "$TX/parts/ca:$ae_name" ] || continue
    pem_blocks "$TX/parts/ca:$ae_name" >"$TX/stays"
    awk -v name="$ae_name" '$1 == "=" { on = $2 == name; next } on' "$TX/answer" | pem_blocks >"$TX/live"
    except "$TX/stays" "$TX/ours/ca:$ae_name" >"$TX/goes"
    if among "$TX/goes" "$TX/live"; then
      SURPLUS="still holds an old CA of $ae_name"
      ae_exact=
    fi
    ! beyond "$TX/live" "$TX/stays" || ae_exact=
  done
  [ -n "$ae_exact" ]
}
