#!/usr/bin/env bash
# The part of a throw-away host that must run inside new namespaces: mounts, cgroups, and the start of PID 1.
#
# host.rs passes this text to `bash -c`, and each stage starts the next one from the same text:
#
#   keep       in its own mount namespace: holds the file system of the host, obeys commands on standard input (a line
#              `systemd` or `bare` starts PID 1, `kill` kills it), reports on standard output (`ready`, `up PID`, `down`),
#              and removes every trace of the host at the end of its standard input
#   run MODE   waits for PID 1 and reports `down`
#   enter MODE becomes PID 1 of a PID namespace, and enters the cgroup of the host and the other namespaces
#   init MODE  mounts the file systems of the host, enters the root directory, and executes systemd or an idle process
set -euo pipefail
umask 022

# In the keeper's mount namespace, a tmpfs here holds everything of the host. A tmpfs works as upper layer everywhere
# (overlayfs refuses another overlayfs), and disappears with the last process that uses it.
base=/mnt
root=$base/root
script=$BASH_EXECUTION_STRING
pid_namespace=$(readlink /proc/self/ns/pid)
family=mkservice-test-${pid_namespace//[!0-9]/}

die() {
  echo "$*" >&2
  exit 1
}

stage() { # STAGE MODE: the command that starts the next stage
  next=(bash -c "$script" mkservice-host "$@")
}

# --- keep --------------------------------------------------------------------------------------------------------------

keep() {
  export group=$base/cgroup/$family-$$
  local tree=${MKSERVICE_TEST_ROOT:-/} tools=${MKSERVICE_TEST_TOOLS:-} lower
  [[ -d $tree ]] || die "no directory $tree (MKSERVICE_TEST_ROOT)"
  # Opened before $base covers it. The path can contain overlayfs's separator, so the descriptor is used.
  exec {lower}<"$tree"
  mount -t tmpfs -o mode=755,size=2g mkservice-test "$base"
  mkdir "$base"/{upper,work,root,cgroup,notify}
  hide_state
  mount -t overlay -o "lowerdir=/proc/self/fd/$lower,upperdir=$base/upper,workdir=$base/work" overlay "$root"
  exec {lower}<&-
  check_root
  hide_generators
  furnish_state
  if [[ $tools ]]; then
    # Not as a layer: overlayfs refuses a layer inside another.
    mkdir -p "$root/opt/tools"
    mount -o bind,ro "$tools" "$root/opt/tools"
  fi
  # Our own mount is writable even if /sys/fs/cgroup is not, and exists even if that is version 1.
  mount -t cgroup2 cgroup2 "$base/cgroup"
  end_dead_hosts
  trap 'remove_group "$group"' EXIT
  mkdir "$group"
  echo ready

  local order
  while read -r order; do
    case $order in
      kill) kill_group "$group" ;;
      systemd | bare)
        remove_group "$group"
        mkdir "$group"
        stage run "$order"
        setpriv --pdeathsig KILL "${next[@]}" </dev/null &
        ;;
    esac
  done
}

# Whiteouts in the upper layer hide these paths of the machine from the host.
hide_state() {
  local path
  mkdir -p "$base"/upper/{etc/systemd,var/log,var/lib/systemd}
  for path in root home var/tmp var/log/journal var/lib/systemd/{linger,timers} etc/systemd/{system,user} \
    etc/init.d etc/rc.local etc/fstab etc/crypttab; do
    mknod "$base/upper/$path" c 0 0
  done
}

# Generators for what hosts lack (disks, a boot menu, SysV scripts, a desktop). systemd runs all of them at every boot and
# reload, which is most of the time a reload takes. Environment generators stay.
hide_generators() {
  rm -f "$root"/{usr/,}lib/systemd/{system,user}-generators/* "$root/usr/lib/systemd/user-environment-generators/90gpg-agent"
}

check_root() {
  [[ -e $root/usr/lib/systemd/systemd || -e $root/lib/systemd/systemd ]] || die "systemd is not installed"
  [[ -e $root/usr/bin/dbus-daemon || -e $root/usr/bin/dbus-broker-launch ]] || die "no D-Bus message bus is installed"
  [[ -e $root/usr/lib/systemd/user/dbus.socket ]] || die "no D-Bus for users is installed (dbus-user-session)"
  compgen -G "$root/usr/lib*/security/pam_systemd.so" >/dev/null ||
    compgen -G "$root/usr/lib/*/security/pam_systemd.so" >/dev/null ||
    compgen -G "$root/lib/*/security/pam_systemd.so" >/dev/null || die "pam_systemd is not installed (libpam-systemd)"
}

furnish_state() {
  mkdir "$root"/{home,etc/systemd/{system,user},var/log/journal}
  mkdir -m 700 "$root/root"
  mkdir -m 1777 "$root/var/tmp"
  mkdir -p "$root"/etc/systemd/{journald,logind}.conf.d
  printf '%s\n' '[Journal]' Storage=persistent RateLimitIntervalSec=0 >"$root/etc/systemd/journald.conf.d/test.conf"
  printf '%s\n' '[Login]' UserStopDelaySec=0 >"$root/etc/systemd/logind.conf.d/test.conf"
  # `su -l` opens a logind session, whatever the distribution's own configuration does.
  printf '%s\n' 'auth sufficient pam_rootok.so' 'account sufficient pam_permit.so' \
    'session required pam_systemd.so class=user type=tty' >"$root/etc/pam.d/su-l"
  echo mkservice-host >"$root/etc/hostname"
  # A root directory that never booted has no machine ID; with one, this is not a first boot.
  local id
  id=$(cat "$root/etc/machine-id" 2>/dev/null) || true
  if [[ ! $id =~ ^[0-9a-f]{32}$ ]]; then
    id=$(</proc/sys/kernel/random/uuid)
    echo "${id//-/}" >"$root/etc/machine-id"
  fi
  # Nothing needs an update at boot (ConditionNeedsUpdate=).
  touch "$root"/{etc,var}/.updated
}

# Removes the cgroups of hosts whose keeper was killed.
end_dead_hosts() {
  local dead
  for dead in "$base/cgroup/$family"-*; do
    [[ -d $dead ]] || continue
    grep -qs mkservice-host "/proc/${dead##*-}/cmdline" || remove_group "$dead"
  done
}

kill_group() {
  [[ -d $1 ]] || return 0
  if [[ -e $1/cgroup.kill ]]; then
    echo 1 >"$1/cgroup.kill"
  else
    local members
    mapfile -t members < <(find "$1" -name cgroup.procs -exec cat {} +)
    kill -KILL "${members[@]}" 2>/dev/null || true
  fi
}

remove_group() {
  local attempt
  for ((attempt = 0; attempt < 500; attempt++)); do
    [[ -d $1 ]] || return 0
    kill_group "$1" 2>/dev/null || true
    # Killed processes leave the group a moment later.
    find "$1" -depth -type d -delete 2>/dev/null || sleep 0.01
  done
}

# --- run, enter, init --------------------------------------------------------------------------------------------------

run() {
  stage enter "$1"
  setpriv --pdeathsig KILL unshare --fork --kill-child --pid -- "${next[@]}" || true
  echo down
}

enter() {
  # Before the cgroup namespace is created, so that this cgroup is its root.
  echo 0 >"$group/cgroup.procs"
  stage init "$1"
  exec unshare --mount --propagation private --uts --ipc --net --cgroup -- "${next[@]}"
}

init() {
  local pid
  read -r pid _ </proc/self/stat # still the machine's /proc: our PID outside
  cd "$root"
  mount -t proc proc proc
  # Whatever has no namespace belongs to the machine.
  mount -o bind,ro proc/sys proc/sys
  cp /proc/sys/kernel/random/uuid "$base/boot_id"
  mount -o bind,ro "$base/boot_id" proc/sys/kernel/random/boot_id
  mount -t sysfs -o ro sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mkdir sys/fs/cgroup/commands
  mount -t tmpfs -o mode=755 tmpfs dev
  cp -a /dev/{null,zero,full,random,urandom,tty} dev
  mkdir dev/{pts,shm}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
  mount -t tmpfs -o mode=1777 tmpfs tmp
  mount -t tmpfs -o mode=755 tmpfs run
  hostname mkservice-host
  ip link set lo up
  if [[ $1 = systemd ]]; then
    mkdir -p run/host/notify
    mount --bind "$base/notify" run/host/notify
  fi
  pivot_root . .
  umount -l .
  # Shared, as systemd expects it: mounts of services (their credentials) are visible there.
  mount --make-rshared /

  echo "up $pid"
  exec >&2
  if [[ $1 = bare ]]; then
    # An ignored SIGCHLD stays ignored, and the kernel reaps the children of a process that ignores it.
    trap '' CHLD
    exec env -i sleep infinity
  fi
  local systemd=/usr/lib/systemd/systemd
  [[ -e $systemd ]] || systemd=/lib/systemd/systemd
  # No loading of kernel modules, and no setting of the machine's clock.
  exec env -i container=mkservice-test NOTIFY_SOCKET=/run/host/notify/socket \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time \
    "$systemd" --system --unit=multi-user.target --log-target=journal --show-status=0
}

"$@"
