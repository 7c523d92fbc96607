/** Where a link of an answer may lead. */
export type LinkTarget =
  | { readonly kind: "web"; readonly href: string }
  | { readonly kind: "file"; readonly path: string; readonly line: number | undefined };

/**
 * Reads a link that a model wrote: `http(s)` addresses without a password, and relative paths with an optional `:line` or
 * `#Lline` that stay below the workspace folder. Everything else (`command:`, `file:`, `vscode:`, `..`, absolute paths) is
 * `undefined`.
 */
export function readLink(href: string): LinkTarget | undefined {
  const text = href.trim();
  if (/^https?:\/\//i.test(text)) return readWeb(text);
  if (/^[a-z][a-z0-9+.-]*:(?!\d+(?:$|:))/i.test(text) || /^[/\\]/.test(text) || text.startsWith("#")) return undefined;
  const place = /^(.*?)(?::(\d+)(?::\d+)?|#L(\d+)(?:-L?\d+)?)?$/s.exec(text);
  const path = decoded(place?.[1] ?? "");
  const segments = path?.split(/[/\\]/) ?? [];
  const isBelow = !segments.includes("..") && !/^[/\\]|^[a-z]:|[\p{Cc}\p{Cf}]/iu.test(path ?? "");
  if (path === undefined || path === "" || !isBelow) return undefined;
  const line = Number(place?.[2] ?? place?.[3]);
  return { kind: "file", path: segments.join("/"), line: Number.isSafeInteger(line) && line > 0 ? line : undefined };
}

function readWeb(text: string): LinkTarget | undefined {
  try {
    const url = new URL(text);
    return url.username === "" && url.password === "" ? { kind: "web", href: url.href } : undefined;
  } catch {
    return undefined;
  }
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
