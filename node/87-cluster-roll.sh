# ---- cluster: workloads are rolled, what the rest needs first -----------------

# A label selector as kubectl's -l takes it, with a comma at the end.
# shellcheck disable=SC2016 # variables of the template
SELECTOR='{{with .spec.selector}}{{range $k, $v := .matchLabels}}{{$k}}={{$v}},{{end}}
{{- range .matchExpressions}}
{{- if eq .operator "Exists"}}{{.key}},{{else if eq .operator "DoesNotExist"}}!{{.key}},
{{- else}}{{.key}} {{if eq .operator "In"}}in{{else}}notin{{end}} ({{range $i, $v := .values}}{{if $i}},{{end}}{{$v}}{{end}}),
{{- end}}{{end}}{{end}}'

# Of a workload: whether it was rolled for this trust, and what keeps it from rolling.
ROLLED='is there{{with .spec.template.metadata}}{{with .annotations}}{{with index . "kube-pki/trusted"}} trusted={{urlquery .}}{{end}}{{end}}{{end}}{{if .spec.paused}} paused{{end}}{{with .spec.updateStrategy}} {{.type}}{{end}}'

# task_may_restart: before somebody else rolls the workloads of the payload:
# each can be, and what keeps one from it is told of all of them.
task_may_restart() {
  need_part ca:kubernetes may-restart
  TRUSTED=$(sum8_of_ca)
  sed -n 's/^workload //p' "$TX/plan" >"$TX/to-roll"
  while read -r mr_kind mr_name <&3; do
    look_before_roll "$mr_kind" "$mr_name"
    [ "$ROLL" != gone ] ||
      die "$mr_kind $mr_name is to be restarted, but is not in the cluster: take it off inCluster.restart"
  done 3<"$TX/to-roll"
}

# task_restart_all: all that began before the new CA was trusted: the network
# first, then the way to services, then names, then the rest.
task_restart_all() {
  list_begun_before
  awk '
    $1 == "DaemonSet" && $2 ~ /\/(kube-flannel|calico-node|cilium|weave-net|kube-router|canal|antrea-agent)/ { print 1, $1, $2; next }
    $1 == "DaemonSet" && $2 == "kube-system/kube-proxy" { print 2, $1, $2; next }
    $2 ~ /^kube-system\/(coredns|kube-dns)/ { print 3, $1, $2; next }
    $1 ~ /^(Deployment|DaemonSet|StatefulSet)$/ { print 4, $1, $2 }' "$TX/begun" | sort >"$TX/to-roll"
  roll_each
  awk '$1 !~ /^(Deployment|DaemonSet|StatefulSet)$/ { print $1, $2 }' "$TX/begun" >"$TX/others"
  while read -r ra_kind ra_name; do
    say "$ra_kind $ra_name is nothing that can be rolled: restart it yourself"
  done <"$TX/others"
}

# roll_each: $TX/to-roll, "RANK KIND NAMESPACE/NAME". Those of the last rank go
# by five, all others alone.
roll_each() {
  need_part ca:kubernetes restart
  need_since
  # with the time: pods begun while a rotation was given up need it once more
  TRUSTED=$(sum8_of_ca)-$SINCE
  : >"$TX/rolling"
  while read -r re_rank re_kind re_name <&3; do
    begin_roll "$re_kind" "$re_name"
    if [ "$re_rank" = 4 ] && [ "$(wc -l <"$TX/rolling")" -lt 5 ]; then continue; fi
    end_rolls
  done 3<"$TX/to-roll"
  end_rolls
}

# look_before_roll KIND NAMESPACE/NAME: ROLL is what is to be done with it: gone,
# rolled (for TRUSTED), blocked (and found), or begin.
look_before_roll() {
  ask "$TX/answer" get "$1" "${2#*/}" -n "${2%/*}" --ignore-not-found -o "go-template=$ROLLED"
  ROLL=blocked
  case " $(cat "$TX/answer") " in
    "  ") ROLL=gone ;;
    *" trusted=$TRUSTED "*) ROLL=rolled ;;
    *" paused "*) found scan "$1" "$2" "is paused, so that a restart would not begin: resume it" ;;
    *" OnDelete "*) found scan "$1" "$2" "has the update strategy OnDelete: delete its pods one by one" ;;
    *)
      ROLL=begin
      if ! wait_for "$(patience scan "$LIMIT_BUDGET")" "room to restart $1 $2 in its PodDisruptionBudget" may_roll "$1" "$2"; then
        found scan PodDisruptionBudget "${2%/*}/$IN_WAY" "allows no disruption, which a restart of $1 $2 is: bring its pods up, or loosen it"
        gate_off scan || ROLL=blocked
      fi
      ;;
  esac
}

# begin_roll KIND NAMESPACE/NAME: an annotation on the pod template, as "kubectl
# rollout restart" does; the same one twice rolls nothing.
begin_roll() {
  look_before_roll "$1" "$2"
  case $ROLL in
    gone | blocked) return 0 ;; # gone since the list was made
    begin)
      echo "{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"kube-pki/trusted\":\"$TRUSTED\"}}}}}" >"$TX/patch"
      ask "$TX/answer" patch "$1" "${2#*/}" -n "${2%/*}" --field-manager=kube-pki --type=merge --patch-file="$TX/patch"
      say "$1 $2 restarts"
      ;;
  esac
  echo "$1 $2" >>"$TX/rolling"
}

end_rolls() {
  while read -r er_kind er_name <&4; do
    wait_for "$LIMIT_ROLLED" "$er_kind $er_name to be restarted" rolled "$er_kind" "$er_name" ||
      die "$er_kind $er_name was not restarted within $LIMIT_ROLLED s: $(sed -n '$p' "$TX/status" "$TX/why"); look at its pods, then run again"
  done 4<"$TX/rolling"
  : >"$TX/rolling"
}

rolled() {
  kube rollout status "$1/${2#*/}" -n "${2%/*}" --watch=false >"$TX/status" 2>"$TX/why" || return 1
  grep -Eq 'successfully rolled out|roll out complete|rolling update complete' "$TX/status"
}

# may_roll KIND NAMESPACE/NAME: no PodDisruptionBudget of its pods is used up;
# else IN_WAY names one.
may_roll() {
  ask "$TX/budgets" get poddisruptionbudgets -n "${2%/*}" -o "go-template={{range .items}}{{.metadata.name}} {{.status.disruptionsAllowed}} $SELECTOR
{{end}}"
  ask "$TX/selector" get "$1" "${2#*/}" -n "${2%/*}" -o "go-template=$SELECTOR"
  mr_pods=$(cat "$TX/selector")
  while read -r mr_budget mr_allowed mr_selector; do
    [ "$mr_allowed" = 0 ] || continue
    ask "$TX/answer" get pods -n "${2%/*}" -o name -l "$(echo "$mr_pods$mr_selector" | sed 's/,$//')"
    if [ -s "$TX/answer" ]; then
      IN_WAY=$mr_budget
      return 1
    fi
  done <"$TX/budgets"
}
