/** Words of the chat panel. Keys start with `panel.`. */
export const panelText = {
  "panel.product": { en: "OpenClaw Remote", "zh-cn": "OpenClaw Remote" },
} as const;
