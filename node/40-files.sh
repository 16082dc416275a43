# ---- files: every new one beside its live one, nothing live touched ---------

# A temporary name begins with a dot: the kubelet runs anything else it finds
# in its manifest folder.
dot_name() { echo "${1%/*}/.kube-pki.${1##*/}.new"; }

# check_parents PATH: whoever can write in a folder above a file owns the file.
# Missing folders are fine. A link made by root is followed where it leads to
# checked folders (/opt -> /var/opt on image-based systems), never elsewhere.
check_parents() {
  case " $cf_checked " in *" ${1%/*} "*) return 0 ;; esac
  cf_checked="$cf_checked ${1%/*}"
  cf_rest=${1#/}
  cf_at=$ROOT
  while [ "$cf_rest" != "${cf_rest#*/}" ]; do
    cf_at=$cf_at/${cf_rest%%/*}
    cf_rest=${cf_rest#*/}
    if [ -L "$cf_at" ]; then
      [ "$(stat -c %u "$cf_at")" = "$UID_OURS" ] || die "$cf_at is a symbolic link that root did not make: remove it"
      cf_to=$(readlink -f "$cf_at") || die "$cf_at is a symbolic link to nowhere: remove it"
      case ${cf_to#"$ROOT"} in
        /etc/* | /var/* | /opt/* | /usr/* | /srv/*) ;;
        *) die "$cf_at is a symbolic link to $cf_to, which is no place for certificates: use a real folder" ;;
      esac
      # The same checks on where it leads, then on from there.
      cf_rest=${cf_to#"$ROOT"/}/$cf_rest
      cf_at=$ROOT
      continue
    fi
    [ -e "$cf_at" ] || return 0
    [ -d "$cf_at" ] || die "$cf_at is not a folder: move it away"
    # shellcheck disable=SC2046 # two words wanted
    set -- $(stat -c '%u %a' "$cf_at")
    [ "$1" = "$UID_OURS" ] || die "$cf_at does not belong to root: chown root it, or its owner could swap the keys"
    case $2 in
      *[2367]) die "$cf_at can be written by everybody: chmod o-w it, or anybody could swap the keys" ;;
    esac
  done
}

UID_OURS=$(id -u)
cf_checked= # folders, with a blank before each

# stage_all: each file of the plan is put together in $TX/new/N, compared with
# the live one and, where it differs, written beside it under its dot-name with
# mode and owner. $TX/facts gets "N KIND ACTION PATH". Nothing live is touched.
stage_all() {
  mkdir "$TX/new"
  : >"$TX/facts"
  : >"$TX/made"
  : >"$TX/foreign"
  sa_n=0
  while read -r sa_word sa_path sa_a sa_b sa_c sa_d <&3; do
    case $sa_word in file | link | kubeconfig-ca | seed) ;; *) continue ;; esac
    sa_n=$((sa_n + 1))
    check_parents "$sa_path"
    [ ! -d "$ROOT$sa_path" ] || die "$sa_path is a folder: move it away"
    case $sa_word in
      link) stage_link "$sa_n" "$sa_path" "$sa_a" ;;
      kubeconfig-ca) stage_kubeconfig "$sa_n" "$sa_path" "$sa_a" ;;
      seed) stage_seed "$sa_n" "$sa_path" "$sa_a" "$sa_b" "$sa_c" ;;
      file)
        assemble "$sa_n" "$sa_path" "$sa_d"
        stage_file "$sa_n" "$sa_path" "$sa_a" "$sa_b" "$sa_c"
        ;;
    esac
  done 3<"$TX/plan"
  if grep -Eq '^(flag|replaceflag) ' "$TX/plan"; then stage_flags; fi
}

# assemble N PATH PARTS: $TX/new/N gets the parts one after another, from a list with
# commas; of what is in PATH now that stays which is not the payload's to take away.
assemble() {
  if [ -n "$(trust_mode "$3")" ]; then
    trusted_text "$2" "$3" >"$TX/new/$1" || die "this node has no room left to stage: make room in /var"
    return
  fi
  as_rest=$3,
  while [ -n "$as_rest" ]; do
    cat "$TX/parts/${as_rest%%,*}" >>"$TX/new/$1" || die "this node has no room left to stage: make room in /var"
    as_rest=${as_rest#*,}
  done
  ! grep -q "^keep $2 " "$TX/plan" || merge_kubeconfig "$1" "$2"
}

stage_file() { # n path mode owner group
  [ ! -L "$ROOT$2" ] || die "$2 is a symbolic link: put the file itself there or name its target in the layout"
  if [ ! -e "$ROOT$2" ]; then
    sf_action=created
  elif ! cmp -s "$TX/new/$1" "$ROOT$2"; then
    sf_action=replaced
  else
    sf_action=fixed
    sf_has=$(stat -c '%a %U %G' "$ROOT$2")
    # as octal numbers: stat prints no leading zero
    [ "$((0${sf_has%% *})) ${sf_has#* }" != "$(($3)) $4 $5" ] || sf_action=unchanged
  fi
  echo "$1 file $sf_action $2" >>"$TX/facts"
  [ "$sf_action" = unchanged ] || write_beside "$@"
}

# write_beside N PATH MODE OWNER GROUP: $TX/new/N under the dot-name of PATH.
write_beside() {
  make_folders "$2"
  wb_new=$(dot_name "$ROOT$2")
  rm -f "$wb_new"
  { cat "$TX/new/$1" >"$wb_new"; } 2>"$TX/why" ||
    die "$2 cannot be written ($(sed 's/.*: //;q' "$TX/why")): make its folder writable or make room; nothing was touched"
  chown "$4:$5" "$wb_new" 2>/dev/null || die "owner or group $4:$5 of $2 is not known on this node: create it or change the layout"
  chmod "$3" "$wb_new"
}

# stage_seed N PATH MODE FROM KEY|-: a copy of FROM as it was before it held more
# than one certificate; made once, then never touched. A control plane that joins
# during a rotation begins with several: then the one that KEY belongs to.
stage_seed() {
  [ -e "$ROOT$4" ] || [ -e "$ROOT$2" ] || return 0
  check_parents "$4"
  if [ ! -e "$ROOT$2" ]; then
    if [ "$(grep -c 'BEGIN CERTIFICATE' "$ROOT$4")" -le 1 ]; then
      cat "$ROOT$4" >"$TX/new/$1" || die "this node has no room left to stage: make room in /var"
    else
      own_certificate "$ROOT$4" "$ROOT$5" >"$TX/new/$1" ||
        die "$4 holds more than one certificate, so which of them signs is not known: put the one whose key signs at $2"
    fi
    echo "$1 file created $2" >>"$TX/facts"
    write_beside "$1" "$2" "$3" root root
  else
    echo "$1 file unchanged $2" >>"$TX/facts"
  fi
}

# own_certificate BUNDLE KEY: of several certificates the one that KEY belongs to.
own_certificate() {
  have_openssl && [ -f "$2" ] && openssl pkey -in "$2" -pubout >"$TX/pub.key" 2>/dev/null || return 1
  pem_blocks "$1" >"$TX/bundle"
  while read -r oc_block <&5; do
    echo "$oc_block" | blocks_pem >"$TX/bundle.one"
    openssl x509 -in "$TX/bundle.one" -noout -pubkey >"$TX/pub.cert" 2>/dev/null || continue
    if cmp -s "$TX/pub.cert" "$TX/pub.key"; then
      cat "$TX/bundle.one"
      return 0
    fi
  done 5<"$TX/bundle"
  return 1
}

stage_link() { # n path target
  if [ -L "$ROOT$2" ] && [ "$(readlink "$ROOT$2")" = "$3" ]; then
    sl_action=unchanged
  elif [ -L "$ROOT$2" ] || [ -e "$ROOT$2" ]; then
    sl_action=replaced
  else
    sl_action=created
  fi
  echo "$1 link $sl_action $2" >>"$TX/facts"
  [ "$sl_action" != unchanged ] || return 0
  make_folders "$2"
  sl_new=$(dot_name "$ROOT$2")
  rm -f "$sl_new"
  sl_said=$(ln -s "$3" "$sl_new" 2>&1) || die "$2 cannot be written: $(trouble "$sl_said"), nothing was touched"
}

# make_folders PATH: the missing folders above it, noted before they are made.
make_folders() {
  mf_dir=$ROOT${1%/*}
  [ ! -d "$mf_dir" ] || return 0
  mf_list=
  while [ ! -d "$mf_dir" ]; do
    mf_list="$mf_dir $mf_list"
    mf_dir=${mf_dir%/*}
  done
  for mf_dir in $mf_list; do
    echo "$mf_dir" >>"$TX/made"
    mf_said=$(mkdir -m 0755 "$mf_dir" 2>&1) || die "folder $mf_dir cannot be made: $(trouble "$mf_said"), nothing was touched"
  done
}

anything_changed() { grep -Eqv '^[0-9]+ [a-z]+ unchanged ' "$TX/facts"; }
