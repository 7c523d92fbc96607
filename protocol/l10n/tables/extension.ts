/** Words of the native VS Code parts (prompts, status bar, notifications). Keys start with `extension.`. */
export const extensionText = {
  "extension.product": { en: "OpenClaw Remote", "zh-cn": "OpenClaw Remote" },
} as const;
