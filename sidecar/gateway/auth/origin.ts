/**
 * Why a page may not open a socket to us, or undefined when it may. No Origin means no browser. A page is let in when it
 * came from this very Gateway, or when the config names its origin; a VS Code webview is neither.
 * @param host the Host header of the upgrade
 */
export function refuseOrigin(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): string | undefined {
  if (origin === undefined) return undefined;
  if (!URL.canParse(origin)) return "origin missing or invalid";
  const page = new URL(origin);
  const isWeb = page.protocol === "http:" || page.protocol === "https:";
  if (isWeb && allowed.includes(page.origin)) return undefined;
  // The Host header alone proves nothing (a rebound name would match itself), so it must also name the loopback.
  const isOurs = isWeb && host !== undefined && page.host === host.toLowerCase() && isLoopbackName(page.hostname);
  return isOurs ? undefined : "origin not allowed";
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
