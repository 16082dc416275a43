# ---- owners: whose a file is, and who may read it ----------------------------

# Owner, group, ACL, extended attributes and label of what is there stay: those of the
# layout are for new files ("root" is what it says where it says nothing). So does the
# mode, where it gives no more than the layout's and its group the right to read: a
# key of root:etcd 0640 is how an etcd that runs as etcd is given it.

NL='
'
LIVE= # "MODE UID GID PATH" of each that is there, between line ends

# look_around: what is there of the files of the plan and of the folders above them.
look_around() {
  awk -v root="$ROOT" '$1 == "file" || $1 == "link" || $1 == "kubeconfig-ca" || $1 == "seed" {
    for (path = $2; path != "" && !seen[path]++; sub(/\/[^\/]*$/, "", path)) print root path
  }' "$TX/plan" >"$TX/around"
  set --
  while read -r la_path; do
    set -- "$@" "$la_path"
  done <"$TX/around"
  LIVE=$NL$(stat -c '%a %u %g %n' "$@" 2>/dev/null)$NL || :
}

# live_facts PATH: LV_MODE, LV_UID and LV_GID of it; 1 where it is not there. A link
# counts as itself.
live_facts() {
  case $LIVE in
    *" $ROOT$1$NL"*) ;;
    *)
      { [ -e "$ROOT$1" ] || [ -L "$ROOT$1" ]; } && LIVE=$LIVE$(stat -c '%a %u %g %n' "$ROOT$1")$NL || return 1
      ;;
  esac
  lv_line=${LIVE%%" $ROOT$1$NL"*}
  lv_line=${lv_line##*"$NL"}
  LV_GID=${lv_line##* }
  lv_line=${lv_line% *}
  LV_MODE=0${lv_line% *}
  LV_UID=${lv_line#* }
}

# settle_mode MODE PATH: MODE becomes what a file is to have that the layout gives
# $1 and that has LV_MODE now, or the one whose rights it takes over has.
settle_mode() {
  sm_mine=$(($1))
  MODE=$LV_MODE
  [ $((LV_MODE & ~(sm_mine | 0040) & 07777)) -ne 0 ] || return 0
  # too wide; who reads it by the group, or by an ACL which shows as the group's, goes on to
  if [ "$LV_GID" != 0 ] || has_acl "$ROOT$2"; then sm_mine=$((sm_mine | 0040)); fi
  MODE=$(printf '0%o' $((LV_MODE & sm_mine)))
}

# shellcheck disable=SC2012 # of one name that is ours
has_acl() { [ "$(ls -ld "$1" | cut -c 11)" = + ]; }

# is_settled MODE PATH: the live file has the mode that it is to have.
is_settled() {
  settle_mode "$1" "$2"
  [ $((MODE)) -eq $((LV_MODE)) ]
}

# take_after PATH MODE: the file whose owner and mode a new one at PATH gets, if any:
# one beside it that the layout gives the same mode and the same reader.
take_after() {
  awk -v path="$1" -v mode="$2" '
    function folder(of) { sub(/[^\/]*$/, "", of); return of }
    $1 == "use" && $4 == path { reads[$2] }
    $1 == "use" { readers[$4] = readers[$4] " " $2 }
    $1 == "file" && $2 != path && $3 == mode && folder($2) == folder(path) { beside[++n] = $2 }
    END {
      for (i = 1; i <= n; i++) {
        k = split(readers[beside[i]], reader, " ")
        for (j = 1; j <= k; j++) if (reader[j] in reads) { print beside[i]; break }
      }
    }' "$TX/plan" >"$TX/beside"
  while read -r ta_path; do
    if live_facts "$ta_path"; then
      echo "$ta_path"
      return
    fi
  done <"$TX/beside"
}

# give_rights PATH NEW MODE OWNER GROUP LIKE: NEW, which nobody but us can read yet, gets
# the rights that PATH is to have, by those of the file LIKE, if any.
give_rights() {
  gr_spec=$4:$5
  MODE=$3
  if as_noted "$1"; then
    give_noted "$1" "$2" "$3"
    gr_spec=
  elif [ -n "$6" ] && live_facts "$6"; then
    settle_mode "$3" "$6"
    carry_over "$6" "$2"
    gr_spec=
    if [ "$6" != "$1" ]; then
      [ "$4" = root ] || gr_spec=$4
      [ "$5" = root ] || gr_spec=$gr_spec:$5
    elif [ $((MODE)) -ne $((LV_MODE)) ]; then
      say "$1: mode $LV_MODE becomes $MODE, as it let in more than its owner and group"
    else
      return 0
    fi
  else
    chmod "$3" "$2"
  fi
  [ -z "$gr_spec" ] || chown -h "$gr_spec" "$2" 2>/dev/null ||
    die "owner or group $4:$5 of $1 is not known on this node: create it or change the layout"
  echo "$1" >>"$TX/given"
}

# carry_over LIKE NEW: owner, group, ACL, extended attributes, label; mode MODE. Where
# that is another than LIKE's it is never wider than both, not for a moment either.
carry_over() {
  cv_from=$ROOT$1
  if [ $((MODE)) -ne $((LV_MODE)) ]; then
    cv_from=$TX/rights
    rm -f "$cv_from"
    : >"$cv_from"
    copy_rights "$ROOT$1" "$cv_from" "$1"
    chmod "$MODE" "$cv_from"
  fi
  copy_rights "$cv_from" "$2" "$1"
}

# copy_rights FROM TO NAME: by GNU's cp, which knows all of it, else piece by piece.
copy_rights() {
  if [ -e /sys/fs/selinux/enforce ] && cp --attributes-only --preserve=mode,ownership,xattr,context "$1" "$2" 2>/dev/null; then return 0; fi
  if cp --attributes-only --preserve=mode,ownership,xattr "$1" "$2" 2>"$TX/why"; then return 0; fi
  case $(cat "$TX/why") in
    *" option"* | *"built without"*) ;;
    *) die "owner, ACL or attributes of $3 cannot be given to the new file ($(sed 's/.*: //;q' "$TX/why")): take away what its file system does not hold; nothing was touched" ;;
  esac
  chown -h "$(stat -c '%u:%g' "$1")" "$2"
  chmod "$(stat -c %a "$1")" "$2"
  copy_acl "$1" "$2" "$3"
  copy_attributes "$1" "$2" "$3"
}

# copy_attributes_alone FROM TO NAME: attributes and label, and no ACL.
copy_attributes_alone() {
  if [ -e /sys/fs/selinux/enforce ] && cp --attributes-only --preserve=xattr,context "$1" "$2" 2>/dev/null; then return 0; fi
  cp --attributes-only --preserve=xattr "$1" "$2" 2>/dev/null || copy_attributes "$1" "$2" "$3"
}

copy_acl() {
  have getfacl || return 0
  getfacl -cp "$1" 2>/dev/null | grep . >"$TX/acl" || :
  grep -q '^mask:' "$TX/acl" || return 0
  { have setfacl && setfacl -M "$TX/acl" "$2" 2>/dev/null; } ||
    die "$3 has an ACL that cannot be given to the new file here: install setfacl, or take it away (setfacl -b $3); nothing was touched"
}

copy_attributes() {
  have getfattr || return 0
  getfattr -dm - -e hex --absolute-names "$1" 2>/dev/null | grep -v '^system\.posix_acl' >"$TX/attributes" || :
  grep -q = "$TX/attributes" || return 0
  sed "s|^# file: .*|# file: $2|" "$TX/attributes" >"$TX/attributes.new"
  { have setfattr && setfattr --restore="$TX/attributes.new" 2>/dev/null; } ||
    die "$3 has extended attributes that cannot be given to the new file here (getfattr -dm - $3): install setfattr, or take them away; nothing was touched"
}

# check_readers: whoever reads a file that is given other rights than it had, or had
# none, can read it with them. A reader is known by its process, or by its unit.
check_readers() {
  [ -s "$TX/given" ] || return 0
  awk 'FILENAME == ARGV[1] { given[$1]; next } $1 == "use" && ($4 in given) { print $2, $4 }' "$TX/given" "$TX/plan" |
    sort -u >"$TX/readers"
  while read -r ck_name ck_path <&5; do
    who_is "$ck_name" || continue
    beside "$ROOT$ck_path"
    # shellcheck disable=SC2046 # three words wanted
    set -- $(stat -c '0%a %u %g' "$NEW")
    ! can_read "$@" || continue
    ck_user=$(user_name "$RD_UID")
    ck_do="'chown $ck_user $ck_path'"
    [ -e "$ROOT$ck_path" ] || ck_do="'install -o $ck_user -m 0600 /dev/null $ck_path'"
    die "$ck_path would belong to $(stat -c '%U:%G' "$NEW") with mode $1, so that $ck_name, which runs as $ck_user, could not read it: $ck_do, then run again; nothing was touched"
  done 5<"$TX/readers"
}

# who_is NAME: RD_UID, RD_GIDS and RD_CAPS of the consumer; 1 where nothing tells.
who_is() {
  RD_UID=
  RD_CAPS=
  wi_pid=$(awk -v name="$1" '$1 == name { print $2 }' "$TX/ran")
  if [ -n "$wi_pid" ]; then
    while read -r wi_word wi_first wi_second wi_rest; do
      case $wi_word in
        Uid:) RD_UID=$wi_second ;;
        Gid:) RD_GIDS=$wi_second ;;
        Groups:) RD_GIDS="$RD_GIDS $wi_first $wi_second $wi_rest" ;;
        CapEff:) RD_CAPS=$wi_first ;;
      esac
    done 2>/dev/null <"$PROC/$wi_pid/status" || return 1
  else
    find_consumer "$1"
    [ "$KIND" = systemd ] && have systemctl || return 1
    unit_fact User
    wi_user=$FACT
    [ -n "$wi_user" ] && RD_UID=$(id -u "$wi_user" 2>/dev/null) || return 1
    RD_GIDS=$(id -G "$wi_user")
    for wi_fact in Group SupplementaryGroups; do
      unit_fact "$wi_fact"
      for wi_group in $FACT; do
        RD_GIDS="$RD_GIDS $(account group "$wi_group" | cut -d : -f 3)"
      done
    done
  fi
  [ -n "$RD_UID" ]
}

# can_read MODE UID GID: a file of these, by the reader that who_is found. Its last two
# capabilities of these three are DAC_OVERRIDE and DAC_READ_SEARCH (capabilities(7)).
can_read() {
  case $RD_CAPS in *[2-7a-f]) return 0 ;; esac
  [ "$2" != "$RD_UID" ] || return $((($1 & 0400) == 0))
  case " $RD_GIDS " in *" $3 "*) return $((($1 & 0040) == 0)) ;; esac
  return $((($1 & 0004) == 0))
}

# account passwd|group NAME|NUMBER: its line.
account() {
  if have getent; then
    getent "$1" "$2"
  else
    awk -F : -v key="$2" '$1 == key || $3 == key { print; exit }' "/etc/$1"
  fi
}

user_name() {
  un_line=$(account passwd "$1") || un_line=
  echo "${un_line:+${un_line%%:*}}" | sed "s/^\$/$1/"
}
