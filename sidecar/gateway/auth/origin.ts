/**
 * Whether a page may open a socket to us. No Origin means no browser. A page is let in when it came from this very
 * Gateway, or when the config names its origin; a VS Code webview is neither.
 * @param host the Host header of the upgrade
 */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true;
  let page: URL;
  try {
    page = new URL(origin);
  } catch {
    return false;
  }
  if (page.protocol !== "http:" && page.protocol !== "https:") return false;
  if (allowed.includes(page.origin)) return true;
  // The Host header alone proves nothing (a rebound name would match itself), so it must also name the loopback.
  return host !== undefined && page.host === host.toLowerCase() && isLoopbackName(page.hostname);
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
