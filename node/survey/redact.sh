#!/bin/sh
# What is secret stays on the node: the part of the reader (agent.sh) that leaves it out.

# redacted: a text whose lines are "name: value", "NAME=value" or options of a program.
# The value of a name that sounds like a secret, with all that is below it, is left out
# unless it is a path or a yes or no; so are the values of environment variables in a
# manifest, the password in a URL, and everything in a PEM block of a key.
redacted() {
  awk '
    function plain(value) {
      gsub(/^["\047 \t]+|["\047 \t,\r]+$/, "", value)
      return value ~ /^(|true|false|null)$/ || value ~ /^\/[A-Za-z0-9._@\/-]+$/ && value ~ /^\/(etc|var|run|usr|opt|root|home|srv|data|mnt|pki)\/|\.[a-z]+$/
    }
    function indent(text) { match(text, /^[ \t]*/); return RLENGTH }
    /-----BEGIN/ && !/-----BEGIN (CERTIFICATE|PUBLIC KEY)-----/ { print "REDACTED"; inside = 1 }
    inside { if (/-----END/) inside = 0; next }
    inside_value { if ($0 ~ /^[ \t]*$/ || indent($0) > level || ($0 ~ /^[ \t]*-/ && indent($0) == level && !item)) next; inside_value = 0 }
    waiting { waiting = 0; if ($0 !~ /^-/ && !plain($0)) { print "REDACTED"; next } }
    {
      gsub(/:\/\/[^\/@ ]*@/, "://REDACTED@")
      low = tolower($0)
      if (match(low, /([a-z0-9_.-]*(password|passwd|passphrase|token|secret|credential|private|key-data|bearer|authorization|api_?-?key)[a-z0-9_.-]*|(^|[ \t{,"\047-])value)["\047]?[ \t]*[:=][ \t]*/)) {
        name = substr($0, 1, RSTART + RLENGTH - 1); value = substr($0, RSTART + RLENGTH)
        # what is below belongs to it
        if (plain(value) && value ~ /[^ \t\r]/) { print; next }
        if (name ~ /:[ \t]*$/) { level = indent($0); item = $0 ~ /^[ \t]*-/; inside_value = 1 }
        print name (value ~ /[^ \t\r]/ ? "REDACTED" : "")
        next
      } else if (low ~ /^-+[a-z-]*(password|token|secret)[a-z-]*$/) waiting = 1
      print
    }'
}

# kubeconfig_text: its clusters, contexts and users by name, servers and certificates;
# of all else the name alone.
kubeconfig_text() {
  sed '/[{]/s/[{},]/&\
/g' | awk '
    BEGIN {
      split("apiVersion kind name server certificate-authority certificate-authority-data tls-server-name proxy-url insecure-skip-tls-verify cluster user namespace current-context client-certificate client-certificate-data client-key", list, " ")
      for (i in list) kept[list[i]] = 1
      split("clusters contexts users context exec auth-provider preferences extensions config", folders, " ")
      for (i in folders) folder[folders[i]] = 1
    }
    /^[ \t]*#/ { next }
    /^[][ \t{},-]*$/ { print; next }
    {
      gsub(/:\/\/[^\/@ ]*@/, "://REDACTED@")
      if (!match($0, /^[ \t-]*["\047]?[A-Za-z-]+["\047]?[ \t]*:/)) next
      name = substr($0, 1, RLENGTH); value = substr($0, RLENGTH + 1)
      key = name; gsub(/[^A-Za-z-]/, "", key); sub(/^-+/, "", key)
      if (value ~ /^[ \t]*[{[]?[ \t\r]*$/) { print; next }
      if ((key in kept) && value !~ /^[ \t]*[|>&*!{[]/) { print; next }
      closing = match(value, /[] \t\r},]+$/) ? substr(value, RSTART) : ""
      print name " " ((key in folder) ? "{}" : "REDACTED") closing
    }'
}
