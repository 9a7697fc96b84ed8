# What a scenario is written in. Everything waits for facts and no longer than a bound, 20 s unless said; the first thing that is not as
# expected ends the scenario, which then shows the last lines of every program it had started.
set -Eeuo pipefail
shopt -s inherit_errexit

LAB_LOGS=/out
LAB_PATIENCE=20
declare -A lab_pids=()
trap 'lab_failed "${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR

exec {lab_output}>&1

lab_failed() {
  trap - ERR
  local log
  {
    echo "FAILED: $1"
    for log in "$LAB_LOGS"/*.log; do
      [[ -s $log ]] && { echo "--- ${log##*/}"; tail -n 25 "$log"; }
    done
  } >&$lab_output
  # From a subshell, too, the whole scenario ends.
  [[ $BASHPID == "$$" ]] || kill -USR1 $$
  exit 1
}
trap 'exit 1' USR1

finish() { exit 0; }

say() { echo "$(cut -d' ' -f1 /proc/uptime) $*"; }

# expect WHAT COMMAND...: it must succeed.
expect() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || lab_failed "$what: $*: $output"
  echo "ok: $what"
}

# expect_status STATUS COMMAND...: its output is in $output, what it said on stderr in $errors.
expect_status() {
  local wanted=$1 status=0
  shift
  output=$("$@" 2>/run/errors) || status=$?
  errors=$(</run/errors)
  ((status == wanted)) || lab_failed "$*: exit status $status instead of $wanted: $output $errors"
}

# eventually WHAT COMMAND...: it must succeed within the patience (LAB_PATIENCE=60 eventually ...).
eventually() {
  local what=$1 end=$((SECONDS + LAB_PATIENCE)) output
  shift
  until output=$("$@" 2>&1); do
    ((SECONDS < end)) || lab_failed "$what did not happen in $LAB_PATIENCE s: $*: $output"
    sleep 0.1
  done
  echo "ok: $what"
}

# expect_json WHAT EXPRESSION TEXT: Python, about `o`, the object, or `lines`, the objects where the text is JSON Lines.
expect_json() {
  python3 - "$2" "$3" <<'P' || lab_failed "$1"
import json, sys
expression, text = sys.argv[1:]
try:
    o = json.loads(text)
    lines = [o]
except ValueError:
    lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    o = None
if not eval(expression):
    sys.exit(f"not so: {expression}\n{text[:3000]}")
P
  echo "ok: $1"
}

# start NAME COMMAND...: in the background, with its output in NAME.log; what it reads comes from `tell NAME LINE`.
start() {
  local name=$1
  shift
  [[ -p /run/$name.in ]] || mkfifo "/run/$name.in"
  : >"$LAB_LOGS/$name.log" # and appended to, so that `forget` leaves no hole
  "$@" <>"/run/$name.in" >>"$LAB_LOGS/$name.log" 2>&1 &
  lab_pids[$name]=$!
}
tell() { echo "$2" >"/run/$1.in"; }
is_running() { [[ -n ${lab_pids[$1]:-} ]] && kill -0 "${lab_pids[$1]}" 2>/dev/null; }

# wait_for NAME TEXT: in the output of a started program.
wait_for() {
  local end=$((SECONDS + LAB_PATIENCE))
  until grep -qF -- "$2" "$LAB_LOGS/$1.log"; do
    ((SECONDS < end)) || lab_failed "$1 did not say '$2' in $LAB_PATIENCE s"
    if ! is_running "$1" && ! grep -qF -- "$2" "$LAB_LOGS/$1.log"; then
      await_end "$1"
      lab_failed "$1 ended with $status without saying '$2'"
    fi
    sleep 0.05
  done
  echo "ok: $1 says '$2'"
}
# forget NAME: what it has said so far.
forget() { : >"$LAB_LOGS/$1.log"; }

# await_end NAME: of a program that ends by itself; its exit status is in $status.
await_end() {
  local pid=${lab_pids[$1]} end=$((SECONDS + LAB_PATIENCE))
  status=0
  {
    while kill -0 "$pid"; do
      ((SECONDS < end)) || lab_failed "$1 did not end in $LAB_PATIENCE s"
      sleep 0.05
    done
    wait "$pid" || status=$?
  } 2>/dev/null # where bash tells of those that were killed
  unset "lab_pids[$1]"
}
# stop NAME [SIGNAL]: and waits for its end.
stop() {
  kill -"${2:-TERM}" "${lab_pids[$1]}" 2>/dev/null || true
  await_end "$1"
}

moor() { "$MOOR" "$@"; }

# --- the machine

has_name() { dbus-send --system --print-reply --reply-timeout=2000 --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner "string:$1" | grep -q true; }
start_bus() {
  mkdir -p /run/dbus
  rm -f /run/dbus/pid
  start dbus-daemon dbus-daemon --system --nofork --nopidfile
  eventually "the bus is there" has_name org.freedesktop.DBus
}
start_bluetoothd() {
  start bluetoothd /usr/libexec/bluetooth/bluetoothd -n --experimental "$@"
  eventually "bluetoothd is there" has_name org.bluez
}
adapter() { busctl --timeout=2 get-property org.bluez "/org/bluez/$1" org.bluez.Adapter1 "$2"; }
power_on() { eventually "$1 is powered" busctl --timeout=5 set-property org.bluez "/org/bluez/$1" org.bluez.Adapter1 Powered b true; }
power_off() { eventually "$1 is off" busctl --timeout=5 set-property org.bluez "/org/bluez/$1" org.bluez.Adapter1 Powered b false; }

# start_controllers N: of btvirt, which advertise and connect among themselves; RSSI is not available there.
start_controllers() {
  start btvirt btvirt "-l$1"
  local last=$(($1 - 1))
  eventually "$1 controllers are there" test -e "/sys/class/bluetooth/hci$last"
}
# start_world FILE [OPTIONS]: its radios are controllers.
start_world() {
  start world "$MOOR" sim "$@" --vhci
  eventually "the world's controllers are there" test -e /sys/class/bluetooth/hci0
}

# The kernel here never gathers enough to call its random numbers good, and getrandom(2) waits for that; pairing needs them.
seed_random() {
  perl -e 'open my $from, "<", "/dev/urandom"; read $from, my $seed, 64; open my $to, ">", "/dev/random";
           ioctl $to, 0x40085203, pack("iia64", 512, 64, $seed) or die "RNDADDENTROPY: $!"'
}

prepare_lab() {
  ip link set lo up
  seed_random
  start_bus
  ((LAB_CONTROLLERS == 0)) || start_controllers "$LAB_CONTROLLERS"
  # shellcheck disable=SC2086  # a file and its options
  [[ -z $LAB_WORLD ]] || start_world $LAB_WORLD
  if [[ $LAB_BLUETOOTHD == yes ]]; then
    start_bluetoothd
    local path
    for path in /sys/class/bluetooth/hci*; do [[ -e $path ]] && power_on "${path##*/}"; done
  fi
  say "the lab is up"
}
