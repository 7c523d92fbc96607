const REDACTED = "<redacted>";

/** Keys whose value is a secret, in JSON, query strings and header lines. */
const SECRET_KEY =
  /("?(?:[a-z_-]*(?:token|password|passphrase|secret|api[_-]?key|private[_-]?key|signature)|authorization|cookie)"?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|(?:Bearer|Basic)\s+[^\s,;&"']+|[^\s,;&"'}\]]+)/gi;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/g;
const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi;
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g;

/**
 * Takes known secrets, and what looks like one, out of a text that leaves the process (logs, cards, clipboard).
 * @param secrets exact values to remove wherever they stand; those shorter than 4 characters are ignored
 */
export function redact(text: string, secrets: Iterable<string> = []): string {
  let out = text;
  for (const secret of secrets) {
    if (secret.length >= 4) out = out.split(secret).join(REDACTED);
  }
  return out
    .replace(PEM, REDACTED)
    .replace(URL_USERINFO, `$1${REDACTED}@`)
    .replace(
      SECRET_KEY,
      (_all, key: string, value: string) => key + (value.startsWith('"') ? `"${REDACTED}"` : REDACTED),
    )
    .replace(BEARER, `$1 ${REDACTED}`);
}
