# ---- subjects: who a leaf says it is, and whether that changes ----------------

# tell_subjects: where the certificate in place has another CN or O than the one
# to come. A cluster that was taken over may have given rights to the old names.
tell_subjects() {
  [ "$VERB" = apply ] && have_openssl || return 0
  : >"$TX/told"
  while read -r ts_word ts_path _ _ _ ts_parts <&3; do
    [ "$ts_word" = file ] || continue
    for ts_profile in $(profiles_of "$ts_parts"); do
      ! grep -qx "$ts_profile" "$TX/told" || continue
      live_half "cert:$ts_profile" "$ts_path" >"$TX/subject.live"
      [ -s "$TX/subject.live" ] || continue
      echo "$ts_profile" >>"$TX/told"
      for ts_field in CN O; do
        ts_old=$(names_in "$TX/subject.live" "$ts_field")
        ts_new=$(names_in "$TX/parts/cert:$ts_profile" "$ts_field")
        [ "$ts_old" != "$ts_new" ] || continue
        say "$ts_profile: $ts_field ${ts_old:-(none)} becomes ${ts_new:-(none)}"
        echo "subject $ts_profile $ts_field $(one_word "$ts_old") $(one_word "$ts_new")"
      done
    done
  done 3<"$TX/plan"
}

# profiles_of PARTS: the leafs whose certificate a file of these parts holds.
profiles_of() {
  for po_part in $(echo "$1" | tr ',' ' '); do
    echo "$po_part"
    sed -n "s/^$po_part //p" "$TX/inline"
  done | sed -n 's/^cert://p'
}

# names_in FILE CN|O: those of its first certificate, sorted, with ", " between.
names_in() {
  case $2 in
    CN) set -- "$1" commonName ;;
    O) set -- "$1" organizationName ;;
  esac
  openssl x509 -in "$1" -noout -subject -nameopt multiline,-esc_msb,utf8 2>/dev/null |
    sed -n "s/^ *$2 *= //p" | sort | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 }'
}

one_word() { if [ -n "$1" ]; then echo "$1" | sed 's/, /,/g; s/ /%20/g'; else echo -; fi; }
