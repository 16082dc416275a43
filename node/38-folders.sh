# ---- folders: who could swap what lies in them --------------------------------

# check_parents PATH: whoever can write in a folder above a file owns the file.
# Missing folders are fine. A link made by root is followed where it leads to
# folders that pass the same checks (/opt -> /var/opt on image-based systems,
# /var/lib/kubelet -> /data/kubelet), never to where users or a boot change things.
check_parents() {
  case " $cf_checked " in *" ${1%/*} "*) return 0 ;; esac
  cf_checked="$cf_checked ${1%/*}"
  cf_rest=${1#/}
  cf_at=$ROOT
  while [ "$cf_rest" != "${cf_rest#*/}" ]; do
    cf_at=$cf_at/${cf_rest%%/*}
    cf_rest=${cf_rest#*/}
    if [ -L "$cf_at" ]; then
      live_facts "${cf_at#"$ROOT"}"
      [ "$LV_UID" = "$UID_OURS" ] || die "$cf_at is a symbolic link that root did not make: remove it"
      cf_to=$(readlink -f "$cf_at") || die "$cf_at is a symbolic link to nowhere: remove it"
      case ${cf_to#"$ROOT"}/ in
        /home/* | /root/* | /tmp/* | /run/* | /dev/* | /proc/* | /sys/* | /boot/* | /media/*)
          die "$cf_at is a symbolic link to $cf_to, which is no place for certificates: use a real folder"
          ;;
      esac
      # The same checks on where it leads, then on from there.
      cf_rest=${cf_to#"$ROOT"/}/$cf_rest
      cf_at=$ROOT
      continue
    fi
    [ -e "$cf_at" ] || return 0
    [ -d "$cf_at" ] || die "$cf_at is not a folder: move it away"
    live_facts "${cf_at#"$ROOT"}"
    cf_uid=$LV_UID
    case $LV_MODE in
      *[2367]) die "$cf_at can be written by everybody: chmod o-w it, or anybody could swap the keys" ;;
      *[2367]?) [ "$LV_GID" = 0 ] || check_group "$cf_at" "$LV_GID" ;;
    esac
    [ "$cf_uid" = "$UID_OURS" ] || check_folder_owner "$cf_at" "$cf_uid"
  done
}

cf_checked= # folders, with a blank before each

# check_folder_owner FOLDER UID: whoever owns a folder owns the keys in it, and
# could play with what we write there while we do: so it is root, or an account that
# nobody logs in as and that has these keys already, to whom nothing is given by it.
# That is how kubespray has /etc/kubernetes (kube_owner) and Debian /etc/etcd.
check_folder_owner() {
  case " $fo_taken " in *" $1 "*) return 0 ;; esac
  fo_taken="$fo_taken $1"
  fo_user=$(user_name "$2")
  has_the_keys "$2" "${1#"$ROOT"}" || die "$1 does not belong to root: chown root it, or its owner $fo_user could swap the keys"
  say "$1 belongs to $fo_user, who $HAS_THEM: left so"
}

fo_taken= # folders, as above

# check_group FOLDER GID: which can write in it. All of the group are such
# accounts, or root.
check_group() {
  for cg_uid in $(members "$2"); do
    [ "$cg_uid" != 0 ] || continue
    has_the_keys "$cg_uid" "${1#"$ROOT"}" ||
      die "$1 can be written by its group, and so by $(user_name "$cg_uid"): chmod g-w it, or that one could swap the keys"
  done
}

# members GID: the users of that group, as numbers.
members() {
  {
    account group "$1" | cut -d : -f 4 | tr ',' '\n' | while read -r mb_name; do
      [ -z "$mb_name" ] || id -u "$mb_name" 2>/dev/null || :
    done
    { if have getent; then getent passwd; else cat /etc/passwd; fi; } | awk -F : -v gid="$1" '$4 == gid { print $3 }'
  } | sort -u
}

# has_the_keys UID FOLDER: and why, in HAS_THEM: a file of this payload below it is that
# user's or is to be, a service that is restarted here runs as it, or what the kubelet
# runs as root lies in a folder of it.
has_the_keys() {
  hk_line=$(account passwd "$1") || hk_line=
  [ "$1" -lt 1000 ] || case $hk_line in '' | */nologin | */false) ;; *) return 1 ;; esac
  HAS_THEM=
  if owns_file "$1" "$2"; then
    HAS_THEM="owns keys in it"
  elif is_given_file "$(user_name "$1")" "$2"; then
    HAS_THEM="is to own files in it"
  elif runs_service "$1"; then
    HAS_THEM="runs $RS_NAME"
  elif live_facts "${MANIFESTS#"$ROOT"}" && [ "$LV_UID" = "$1" ]; then
    HAS_THEM="owns ${MANIFESTS#"$ROOT"}"
  fi
  [ -n "$HAS_THEM" ]
}

# owns_file UID FOLDER: of the secret ones.
owns_file() {
  while read -r of_word of_path of_mode _; do
    [ "$of_word $of_mode" = "file 0600" ] || continue
    case $of_path in "$2"/*) ;; *) continue ;; esac
    live_facts "$of_path" && [ "$LV_UID" = "$1" ] && return 0
  done <"$TX/plan"
  return 1
}

# is_given_file USER FOLDER: kubespray leaves what it makes in etcd's folder to root.
is_given_file() {
  awk -v user="$1" -v folder="$2/" '
    $1 == "file" && $4 == user && index($2, folder) == 1 { given = 1 }
    END { exit !given }' "$TX/plan"
}

runs_service() {
  while read -r RS_NAME _; do
    who_is "$RS_NAME" && [ "$RD_UID" = "$1" ] && return 0
  done <"$TX/ran"
  return 1
}
