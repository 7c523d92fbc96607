import type { IncomingMessage } from "node:http";

/**
 * Who stands before the Gateway and wants people to sign in there, told by marks that only such an edge leaves; undefined when
 * there is none. That something is Cloudflare's or redirects is no mark: Gateways behind a plain proxy look so, too.
 */
export function edgeMark({ headers }: Pick<IncomingMessage, "headers">, host: string): string | undefined {
  const location = readLocation(headers.location, host);
  const challenge = headers["www-authenticate"] ?? "";
  if (isCloudflareAccess(location) || /\bCloudflare-Access\b/i.test(challenge)) return "Cloudflare Access";
  if (headers["x-goog-iap-generated-response"] === "true") return "Google IAP";
  if (headers["x-pomerium-intercepted-response"] === "true" || location?.pathname.startsWith("/.pomerium/") === true)
    return "Pomerium";
  if (/^\/oauth2\/(?:start|sign_in)$/.test(location?.pathname ?? "")) return "oauth2-proxy";
  if (location?.pathname.startsWith("/outpost.goauthentik.io/") === true) return "authentik";
  if (location !== undefined && readLocation(location.searchParams.get("rd"), host)?.hostname === host)
    return "Authelia";
  return /^\s*Basic\b/i.test(challenge) ? "Basic" : undefined;
}

function isCloudflareAccess(location: URL | undefined): boolean {
  if (location === undefined) return false;
  return location.hostname.endsWith(".cloudflareaccess.com") || location.pathname.startsWith("/cdn-cgi/access/");
}

function readLocation(location: string | null | undefined, host: string): URL | undefined {
  return (location ?? "") === "" ? undefined : (URL.parse(location ?? "", `https://${host}/`) ?? undefined);
}
