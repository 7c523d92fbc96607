/** The rungs of the connect ladder. Keys are `ladder.STEP` (doing) and `ladder.STEP.done` (what the passed rung shows). */
export const ladderText = {
  "ladder.resolve": { en: "Resolve {target}", "zh-cn": "解析 {target}" },
  "ladder.tcp": { en: "Reach the port", "zh-cn": "连接端口" },
  "ladder.host-key": { en: "Check the host key", "zh-cn": "核对主机密钥" },
  "ladder.ssh-auth": { en: "Sign in with SSH", "zh-cn": "SSH 登录" },
  "ladder.find-gateway": { en: "Find the Gateway", "zh-cn": "查找 Gateway" },
  "ladder.websocket": { en: "Open the WebSocket", "zh-cn": "打开 WebSocket" },
  "ladder.protocol": { en: "Agree on the protocol", "zh-cn": "协商协议" },
  "ladder.credential": { en: "Check the credential", "zh-cn": "校验凭据" },
  "ladder.pairing": { en: "Check this device's pairing", "zh-cn": "检查设备配对" },
  "ladder.scopes": { en: "Check the scopes", "zh-cn": "检查权限范围" },
  "ladder.health": { en: "Ask for health", "zh-cn": "检查健康状态" },
} as const;
