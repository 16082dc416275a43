#!/bin/sh
# What is secret stays on the node: the part of the reader (agent.sh) that leaves it out.
# shellcheck disable=SC2016,SC2034 # awk's own; the other parts use them

TEXT_LIMIT=1048576 # bytes of a file; what is larger is no configuration

# redact(line) says a line of a text whose lines are "name: value", "NAME=value" or options
# of a program, as `said` calls it. The value of a name that sounds like a secret, with all
# that is below it, is left out unless it is a path, a yes or no or a way to authorize; so
# are the values of environment variables in a manifest, the password in a URL, and
# everything in a PEM block of a key. Brackets that were open before the value are closed.
# fresh(): another text begins.
REDACT='
  function plain(value) {
    gsub(/^["\047 \t]+|["\047 \t,\r]+$/, "", value)
    return value ~ /^(|true|false|null|((Node|RBAC|ABAC|Webhook|AlwaysAllow|AlwaysDeny)(,|$))+)$/ || value ~ /^\/[A-Za-z0-9._@\/-]+$/ && value ~ /^\/(etc|var|run|usr|opt|root|home|srv|data|mnt|pki)\/|\.[a-z]+$/
  }
  function indent(text) { match(text, /^[ \t]*/); return RLENGTH }
  function closing(name, value,   at, sign, depth, rest) {
    if (gsub(/"/, "", name) % 2 == 1) { rest = "\""; value = "\"" value }
    sub(/^"([^"\\]|\\.)*"|^\047([^\047]|\047\047)*\047/, "", value)
    for (at = 1; at <= length(value); at++) {
      sign = substr(value, at, 1)
      if (sign ~ /[[{]/) depth++
      else if (sign ~ /[]}]/ && depth-- <= 0) { rest = rest sign; depth = 0 }
    }
    return rest (value ~ /,[ \t\r]*$/ ? "," : "")
  }
  function fresh() { inside = inside_value = waiting = 0 }
  function say(text) { print said " " text }
  function redact(line,   low, name, value) {
    if (line ~ /-----BEGIN/ && line !~ /-----BEGIN (CERTIFICATE|PUBLIC KEY)-----/) { say("REDACTED"); inside = 1 }
    if (inside) { if (line ~ /-----END/) inside = 0; return }
    if (inside_value) {
      if (line ~ /^[ \t]*$/ || indent(line) > level || (line ~ /^[ \t]*-/ && indent(line) == level && !item)) return
      inside_value = 0
    }
    if (waiting) { waiting = 0; if (line !~ /^-/ && !plain(line)) { say("REDACTED"); return } }
    gsub(/:\/\/[^\/@ ]*@/, "://REDACTED@", line)
    low = tolower(line)
    if (match(low, /([a-z0-9_.-]*(password|passwd|passphrase|token|secret|credential|private|key-data|bearer|authorization|api_?-?key)[a-z0-9_.-]*|(^|[ \t{,"\047-])value)["\047]?[ \t]*[:=][ \t]*/)) {
      name = substr(line, 1, RSTART + RLENGTH - 1); value = substr(line, RSTART + RLENGTH)
      if (plain(value) && value ~ /[^ \t\r]/) { say(line); return }
      # what is below belongs to it
      if (name ~ /:[ \t]*$/) { level = indent(line); item = line ~ /^[ \t]*-/; inside_value = 1 }
      say(name (value ~ /[^ \t\r]/ ? "REDACTED" closing(name, value) : ""))
      return
    }
    if (low ~ /^-+[a-z-]*(password|token|secret)[a-z-]*$/) waiting = 1
    say(line)
  }'

# Of files: "path PATH", and what redact says of each line.
REDACT_FILES="$REDACT"'
  FNR == 1 { print "path " substr(FILENAME, length(root) + 1); size = 0; said = "text"; fresh() }
  { size += length($0) + 1 }
  size <= limit { redact($0) }'

# Of kubeconfigs: clusters, contexts and users by name, servers and certificates; of all
# else the name alone.
KUBECONFIG_FILES='
  BEGIN {
    split("apiVersion kind name server certificate-authority certificate-authority-data tls-server-name proxy-url insecure-skip-tls-verify cluster user namespace current-context client-certificate client-certificate-data client-key", list, " ")
    for (i in list) kept[list[i]] = 1
    split("clusters contexts users context exec auth-provider preferences extensions config", folders, " ")
    for (i in folders) folder[folders[i]] = 1
  }
  function say(text) { print "text " text }
  function told(line,   name, value, key, rest) {
    if (line ~ /^[ \t]*#/) return
    if (line ~ /^[][ \t{},-]*$/) { say(line); return }
    gsub(/:\/\/[^\/@ ]*@/, "://REDACTED@", line)
    if (!match(line, /^[ \t-]*["\047]?[A-Za-z-]+["\047]?[ \t]*:/)) return
    name = substr(line, 1, RLENGTH); value = substr(line, RLENGTH + 1)
    key = name; gsub(/[^A-Za-z-]/, "", key); sub(/^-+/, "", key)
    if (value ~ /^[ \t]*[{[]?[ \t\r]*$/) { say(line); return }
    if ((key in kept) && value !~ /^[ \t]*[|>&*!{[]/) { say(line); return }
    rest = match(value, /[] \t\r},]+$/) ? substr(value, RSTART) : ""
    say(name " " ((key in folder) ? "{}" : "REDACTED") rest)
  }
  FNR == 1 { print "path " substr(FILENAME, length(root) + 1); size = 0 }
  { size += length($0) + 1 }
  size > limit { next }
  !/[{]/ { told($0); next }
  {
    line = $0
    gsub(/[{},]/, "&\n", line)
    count = split(line, parts, "\n")
    for (i = 1; i <= count; i++) told(parts[i])
  }'
