/** Shell functions: the SHA-256 of a file with what the host has. `$node` is a Node that is known to work there. */
const SHA256 = `
sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sum=$(sha256sum < "$1" 2>/dev/null)
  elif command -v shasum >/dev/null 2>&1; then sum=$(shasum -a 256 < "$1" 2>/dev/null)
  else sum=$("$node" -e 'process.stdout.write(require("crypto").createHash("sha256").update(require("fs").readFileSync(process.argv[1])).digest("hex"))' "$1" </dev/null 2>/dev/null)
  fi
  printf '%s\\n' "\${sum%% *}"
}
`;

/**
 * Arguments: state directory, name of this installation, Node. Tells \`sum\`, when the file is there already, or \`ready\`.
 * Parts that an upload left behind more than an hour ago are removed.
 */
export const PREPARE_SCRIPT = `
${SHA256}
node=$3
umask 077
mkdir -p "$1/bin/$2" 2>/dev/null
if [ ! -d "$1/bin/$2" ] || [ ! -w "$1/bin/$2" ]; then field refused "$1/bin/$2 cannot be made or written"; return 0; fi
if [ ! -O "$1/bin/$2" ]; then field refused "$1/bin/$2 belongs to another account"; return 0; fi
chmod 700 "$1" "$1/bin" "$1/bin/$2" 2>/dev/null
find "$1/bin" -name '.sidecar.*.part' -mmin +60 -exec rm -f {} + 2>/dev/null
[ -f "$1/bin/$2/sidecar.mjs" ] && field sum "$(sha256 "$1/bin/$2/sidecar.mjs")"
field ready yes
return 0
`;

/**
 * Arguments: the part, the final file, the SHA-256 that it must have, Node. Tells \`sum\` and, when it is right and now has
 * its name, \`installed\`. A part with another sum is removed.
 */
export const COMMIT_SCRIPT = `
${SHA256}
node=$4
[ -f "$1" ] || return 0
sum=$(sha256 "$1")
field sum "$sum"
if [ "$sum" = "$3" ]; then
  chmod 700 "$1" && mv -f "$1" "$2" && field installed yes
else
  rm -f "$1"
fi
return 0
`;

/** Arguments: the parts. */
export const DISCARD_SCRIPT = `rm -f "$@"; return 0`;
