# ---- manifest: a static pod is started anew through it ----------------------

# touch_manifest: a new value of our annotation makes the kubelet start the pod
# anew. Block style YAML as kubeadm indents it; anything else is not guessed at.
touch_manifest() {
  tm_file=$MANIFESTS/$UNIT.yaml
  beside "$tm_file"
  is_plain "$tm_file" 2>/dev/null || {
    WHY_NOT="$UNIT can only be restarted through its manifest, and ${tm_file#"$ROOT"} has no 'metadata:' with fields indented by two blanks: install crictl"
    return 1
  }
  if write_stamped && flush "$NEW" && put_in_place "$tm_file"; then return 0; fi
  rm -f "$NEW"
  WHY_NOT="${tm_file#"$ROOT"} cannot be replaced: its folder is read-only or full"
  return 1
}

# is_plain MANIFEST: an annotation can be put in without a YAML parser.
is_plain() {
  awk '
    /^[^ #]/ { inside = 0 }
    /^metadata: *$/ { inside = found = 1; first = "^  [^ ]"; next }
    !inside || /^ *(#|$)/ { next }
    first != "" && $0 !~ first { bad = 1 }
    { first = "" }
    /^  annotations:/ { if (!/: *$/) bad = 1; first = "^  (  )?[^ ]" }
    END { exit !found || bad }' "$1"
}

# write_stamped: $NEW is $tm_file with the annotation, down to its last line
# (not every awk fails where the disk is full).
write_stamped() {
  cp -a "$tm_file" "$NEW" || return 1
  awk -v stamp="$(now)" '
    /^  *kube-pki\/restarted:/ { next }
    { line[++n] = $0 }
    /^metadata: *$/ { meta = n; inside = 1; next }
    /^[^ #]/ { inside = 0 }
    inside && /^  annotations: *$/ { notes = n }
    END {
      for (i = 1; i <= n; i++) {
        print line[i]
        if (i == meta && !notes) print "  annotations:"
        if (i == (notes ? notes : meta)) print "    kube-pki/restarted: \"" stamp "\""
      }
    }' "$tm_file" >"$NEW" && [ "$(sed -n '$p' "$NEW")" = "$(sed -n '$p' "$tm_file")" ]
}
