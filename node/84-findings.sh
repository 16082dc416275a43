# ---- findings: what stands in the way is told line by line, refused as one ----

limit TOKENS 180 # a kubelet that was restarted writes new tokens within seconds, one that was not late in their life
limit MOUNTS 180 # twice what a kubelet takes that looks after its pods
POLL=${LIMIT:+1}
POLL=${POLL:-2}

# open_look VERB: reads the payload of a verb that changes no file of this node.
# It takes no lock, since it may wait for minutes.
open_look() {
  open_state
  trap 'finish "$WORK"' EXIT
  open_work look
  TX=$WORK
  take_in "$TX/in"
  check_payload "$TX/in" "$1"
  mv "$TX/in.body" "$TX/body"
  read_plan "$1"
  : >"$TX/found"
  TOKEN_KID=$(sed -n 's/^token-kid //p' "$TX/plan")
}

# patience GATE SECONDS: none for what is let through anyway.
patience() { if gate_off "$1"; then echo 0; else echo "$2"; fi; }

gate_off() { grep -qx "gate $1 off" "$TX/plan"; }

# found GATE KIND NAME WHY...: one thing that stands in the way, unless the gate
# is given up: then it is only told.
found() {
  fo_gate=$1
  shift
  fo_what="$1 $2"
  echo "found $*"
  if gate_off "$fo_gate"; then
    shift 2
    say "$fo_what: $*; allowed by 'force: [$fo_gate]'"
  else
    echo "$fo_gate $*" >>"$TX/found"
  fi
}

# told KIND NAME WHY...: one thing that whoever owns it ought to know, and that stops
# nothing: else its owner could stop the rotation of the whole cluster.
told() {
  echo "found $*"
  to_what="$1 $2"
  shift 2
  say "$to_what: $*; this stops nothing"
}

# refuse_found: all that was found in one sentence, by what is to be done; long
# lists are cut, stdout has them whole.
refuse_found() {
  [ -s "$TX/found" ] || return 0
  rf_list=$(awk '
    {
      what = $2 " " $3; why = substr($0, length($1 " " what) + 2)
      if (!(why in count)) order[++n] = why
      if (++count[why] <= 10) names[why] = names[why] (count[why] > 1 ? ", " : "") what
    }
    END {
      for (i = 1; i <= n; i++) {
        more = count[order[i]] - 10
        printf "%s%s%s: %s", (i > 1 ? "; " : ""), names[order[i]], (more > 0 ? " and " more " more" : ""), order[i]
      }
    }' "$TX/found")
  rf_gates=$(cut -d ' ' -f 1 "$TX/found" | sort -u | tr '\n' ',' | sed 's/,$//; s/,/, /')
  die "$rf_list; then run again, or override it with 'force: [$rf_gates]' under 'rotation'"
}

# wait_for SECONDS TEXT COMMAND...: await that tells what for, and goes on
# telling it. No seconds: tried once.
wait_for() {
  wf_limit=$1
  wf_text=$2
  shift 2
  if "$@"; then return 0; fi
  [ "$wf_limit" -gt 0 ] || return 1
  say "waiting for $wf_text (up to $wf_limit s)"
  tick
  wf_began=$TICK
  wf_told=$wf_began
  until "$@"; do
    tick
    [ $((TICK - wf_began)) -lt "$wf_limit" ] || return 1
    if [ $((TICK - wf_told)) -ge 30 ]; then
      say "still waiting for $wf_text ($((TICK - wf_began)) s)"
      wf_told=$TICK
    fi
    sleep "$POLL"
  done
}

# token_kid: the key id of the service account token on stdin, nothing of any
# other text. No part of a token goes anywhere but through pipes.
token_kid() {
  IFS=. read -r tk_head tk_claims _ || :
  case $tk_head in eyJ*) ;; *) return 0 ;; esac
  ! echo "$tk_claims" | unbase64url | grep -q '"kubernetes\.io' || kid_of_header "$tk_head"
}

kid_of_header() { echo "$1" | unbase64url | sed -n 's/.*"kid" *: *"\([A-Za-z0-9_-]*\)".*/\1/p'; }

# unbase64url: busybox knows neither this alphabet nor missing padding.
unbase64url() { tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d 2>/dev/null || :; }
