const WEB = /^(?:https?|mailto):/i;
// No scheme, no other host, no backslash (a slash to a URL parser); perhaps a line, a column, an anchor.
const PATH = /^(?!\/\/)(?:[^:#?\\]+|[^:#?\\]*[./][^:#?\\]*(?::\d+){1,2})(?:#[\w,-]*)?$/;
// What a reader cannot see must not decide where a link goes.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/**
 * Where a link of a model's answer may go: a normalised http, https or mailto URL (an international host name as
 * punycode), or a path of a workspace file as it was written. Everything else has no target: `javascript:`, `data:`,
 * `command:`, `vscode:`, `file:`, other hosts without a scheme (`//host`), fragments. The host checks again.
 */
export function linkTarget(href: string): string | undefined {
  const trimmed = href.trim();
  if (trimmed === "" || trimmed.length > 2048 || UNSEEN.test(trimmed)) return undefined;
  if (WEB.test(trimmed)) {
    const url = URL.parse(trimmed);
    if (url === null || url.username !== "" || url.password !== "") return undefined;
    return url.href;
  }
  return PATH.test(trimmed) ? trimmed : undefined;
}
