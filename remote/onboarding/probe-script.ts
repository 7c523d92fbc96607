/**
 * Looks round on a host and changes nothing. Tells: os, arch, uid, home; node (`source version sqlite path`, several);
 * openclaw (path of the command, several), openclaw-state, openclaw-config and the file of that name; openclaw-run (the lock
 * file of a Gateway whose process lives, at most 8, and the file of that name); sidecar-state, sidecar-pid (of a live
 * process), sidecar-bin (an installed file, several) and the file sidecar-runtime.
 */
export const PROBE_SCRIPT = `
home=\${HOME:-}
field os "$(uname -s 2>/dev/null)"
field arch "$(uname -m 2>/dev/null)"
field uid "$(id -u 2>/dev/null)"
field home "$home"
[ -n "$home" ] || return 0

tries=0
try_node() {
  [ -f "$2" ] && [ -x "$2" ] || return 0
  tries=$((tries + 1))
  [ "$tries" -le 40 ] || return 0
  said=$("$2" -p 'process.versions.node+" "+(process.versions.sqlite||"-")' </dev/null 2>/dev/null) || return 0
  field node "$1 $said $2"
  [ -x "\${2%/*}/openclaw" ] && field openclaw "\${2%/*}/openclaw"
  return 0
}
try_all() {
  source=$1; shift
  for each in "$@"; do try_node "$source" "$each"; done
}
absolute() { case $1 in /*) printf '%s\\n' "$1" ;; esac; }
try_node path "$(absolute "$(command -v node 2>/dev/null)")"
try_all system /usr/local/bin/node /usr/bin/node /opt/node*/bin/node /usr/local/node*/bin/node /snap/bin/node
try_all homebrew /opt/homebrew/bin/node /opt/homebrew/opt/node*/bin/node /usr/local/opt/node*/bin/node \\
  /home/linuxbrew/.linuxbrew/bin/node "$home"/.linuxbrew/bin/node
try_all volta "\${VOLTA_HOME:-$home/.volta}"/tools/image/node/*/bin/node
try_all nvm "\${NVM_DIR:-$home/.nvm}"/versions/node/*/bin/node
try_all fnm "\${FNM_DIR:-$home/.local/share/fnm}"/node-versions/*/installation/bin/node \\
  "$home"/.fnm/node-versions/*/installation/bin/node \\
  "$home/Library/Application Support"/fnm/node-versions/*/installation/bin/node
try_all asdf "\${ASDF_DATA_DIR:-$home/.asdf}"/installs/nodejs/*/bin/node
try_all mise "\${MISE_DATA_DIR:-$home/.local/share/mise}"/installs/node/*/bin/node
try_all n "\${N_PREFIX:-$home/n}"/bin/node
try_all nodenv "$home"/.nodenv/versions/*/bin/node
try_all code-server "$home"/.local/lib/code-server*/lib/node /usr/lib/code-server/lib/node
try_all vscode-server "$home"/.vscode-server*/cli/servers/*/server/node "$home"/.vscode-server*/bin/*/node \\
  "$home"/.vscodium-server*/bin/*/node "$home"/.cursor-server*/bin/*/node

command=$(absolute "$(command -v openclaw 2>/dev/null)")
for each in "$command" "$home"/.local/bin/openclaw "$home"/.npm-global/bin/openclaw "$home"/.openclaw/bin/openclaw \\
  "$home"/.local/share/pnpm/openclaw "$home"/Library/pnpm/openclaw /opt/homebrew/bin/openclaw /usr/local/bin/openclaw; do
  [ -f "$each" ] && [ -x "$each" ] && field openclaw "$each"
done

claw_home=\${OPENCLAW_HOME:-$home}
tilde() { case $1 in "~") printf '%s\\n' "$claw_home" ;; "~/"*) printf '%s\\n' "$claw_home/\${1#"~/"}" ;; *) printf '%s\\n' "$1" ;; esac; }
state=$(tilde "\${OPENCLAW_STATE_DIR:-$claw_home/.openclaw}")
config=$(tilde "\${OPENCLAW_CONFIG_PATH:-$state/openclaw.json}")
field openclaw-state "$state"
[ -f "$config" ] && field openclaw-config "$config"
file openclaw-config "$config"
runs=0
for each in "$state"/tmp/openclaw-*/gateway.state.lock "$claw_home"/.openclaw-*/tmp/openclaw-*/gateway.state.lock; do
  [ -f "$each" ] && [ "$runs" -lt 8 ] && [ "$(wc -c <"$each")" -lt 65536 ] || continue
  pid=$(sed -n 's/.*"pid": *\\([0-9][0-9]*\\).*/\\1/p' "$each" 2>/dev/null)
  [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null || continue
  runs=$((runs + 1))
  field openclaw-run "openclaw-run-$runs"
  file "openclaw-run-$runs" "$each"
done

sidecar=\${OPENCLAW_SIDECAR_STATE_DIR:-$home/.openclaw-sidecar}
field sidecar-state "$sidecar"
for each in "$sidecar"/bin/*/sidecar.mjs; do [ -f "$each" ] && field sidecar-bin "$each"; done
pid=$(sed -n 's/.*"pid":\\([0-9][0-9]*\\).*/\\1/p' "$sidecar/runtime.json" 2>/dev/null)
[ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && field sidecar-pid "$pid"
file sidecar-runtime "$sidecar/runtime.json"
return 0
`;
