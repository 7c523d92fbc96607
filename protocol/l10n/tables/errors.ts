import type { ErrorAction, ErrorCode } from "../../errors/catalogue.ts";
import type { FactLabel } from "../../errors/connect-error.ts";

type Words = Readonly<{ en: string; "zh-cn": string }>;
type ErrorTexts = Readonly<Record<`error.${ErrorCode}.${"title" | "why" | "remedy"}`, Words>>;
type FactTexts = Readonly<Record<`fact.${FactLabel}`, Words>>;
type ActionTexts = Readonly<Record<`action.${ErrorAction}`, Words>>;

/** What failed, why and what to do, for every entry of the catalogue. Facts of the failure fill the places. */
export const errorText = {
  "error.TARGET_INVALID.title": { en: "This is no address", "zh-cn": "这不是有效的地址" },
  "error.TARGET_INVALID.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.TARGET_INVALID.remedy": {
    en: "Write user@host, user@host:port, or a host from your SSH config.",
    "zh-cn": "请写成 user@host、user@host:port，或 SSH 配置中的主机名。",
  },
  "error.SSH_CONFIG_INVALID.title": { en: "The SSH config cannot be used", "zh-cn": "无法使用 SSH 配置" },
  "error.SSH_CONFIG_INVALID.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.SSH_CONFIG_INVALID.remedy": { en: "Correct the line, then try again.", "zh-cn": "请修正该行后重试。" },
  "error.DNS_FAILED.title": { en: "{host} was not found", "zh-cn": "找不到 {host}" },
  "error.DNS_FAILED.why": { en: "No address is known for this name.", "zh-cn": "该名称没有对应的地址。" },
  "error.DNS_FAILED.remedy": {
    en: "Check the spelling and your network or VPN.",
    "zh-cn": "请检查拼写以及网络或 VPN。",
  },
  "error.TCP_REFUSED.title": { en: "{host} refused the connection", "zh-cn": "{host} 拒绝了连接" },
  "error.TCP_REFUSED.why": {
    en: "The host answers, but nothing listens on port {port}.",
    "zh-cn": "主机有响应，但端口 {port} 上没有服务。",
  },
  "error.TCP_REFUSED.remedy": {
    en: "Check the port, and that the service runs there.",
    "zh-cn": "请检查端口，并确认服务正在运行。",
  },
  "error.TCP_TIMEOUT.title": { en: "{host} does not answer", "zh-cn": "{host} 没有响应" },
  "error.TCP_TIMEOUT.why": { en: "Port {port} gave no answer in time.", "zh-cn": "端口 {port} 未在限定时间内响应。" },
  "error.TCP_TIMEOUT.remedy": {
    en: "Check that the host is on, and your network, VPN or firewall.",
    "zh-cn": "请确认主机已开机，并检查网络、VPN 或防火墙。",
  },
  "error.TCP_UNREACHABLE.title": { en: "{host} cannot be reached", "zh-cn": "无法到达 {host}" },
  "error.TCP_UNREACHABLE.why": {
    en: "There is no route to it from this computer.",
    "zh-cn": "这台电脑没有通往它的路由。",
  },
  "error.TCP_UNREACHABLE.remedy": { en: "Check your network or VPN.", "zh-cn": "请检查网络或 VPN。" },
  "error.NOT_SSH.title": { en: "No SSH server there", "zh-cn": "那里没有 SSH 服务器" },
  "error.NOT_SSH.why": {
    en: "Something else answers on {host}, port {port}.",
    "zh-cn": "{host} 的端口 {port} 上是其他服务。",
  },
  "error.NOT_SSH.remedy": { en: "Check the host and the port.", "zh-cn": "请检查主机和端口。" },
  "error.SSH_KEX_FAILED.title": { en: "SSH could not agree on encryption", "zh-cn": "SSH 加密协商失败" },
  "error.SSH_KEX_FAILED.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.SSH_KEX_FAILED.remedy": {
    en: "The server may be too old, or your SSH config too strict.",
    "zh-cn": "服务器可能过旧，或 SSH 配置过于严格。",
  },
  "error.HOST_KEY_UNKNOWN.title": { en: "The host key is not trusted yet", "zh-cn": "尚未信任该主机密钥" },
  "error.HOST_KEY_UNKNOWN.why": {
    en: "{host} shows a {keyType} key that no known_hosts file has.",
    "zh-cn": "{host} 出示的 {keyType} 密钥不在任何 known_hosts 文件中。",
  },
  "error.HOST_KEY_UNKNOWN.remedy": {
    en: "Connect once by hand and compare the fingerprint with the host.",
    "zh-cn": "请手动连接一次，并与主机核对指纹。",
  },
  "error.HOST_KEY_CHANGED.title": { en: "Host key changed", "zh-cn": "主机密钥已改变" },
  "error.HOST_KEY_CHANGED.why": {
    en: "{host} now shows a different {keyType} key. Either it was reinstalled, or something else is answering in its place.",
    "zh-cn": "{host} 现在出示了不同的 {keyType} 密钥。可能是主机重装过，也可能有别的东西在冒充它。",
  },
  "error.HOST_KEY_CHANGED.remedy": {
    en: "If you reinstalled it, compare the new key on the host, remove the saved line, then try again.",
    "zh-cn": "如果重装过主机，请在主机上核对新密钥，删除已保存的那一行，然后重试。",
  },
  "error.HOST_KEY_REVOKED.title": { en: "The host key is revoked", "zh-cn": "主机密钥已被吊销" },
  "error.HOST_KEY_REVOKED.why": {
    en: "known_hosts says that this {keyType} key of {host} must not be used.",
    "zh-cn": "known_hosts 标明 {host} 的这个 {keyType} 密钥不得使用。",
  },
  "error.HOST_KEY_REVOKED.remedy": {
    en: "Ask the owner of the host for its new key.",
    "zh-cn": "请向主机管理者索取新密钥。",
  },
  "error.KNOWN_HOSTS_UNREADABLE.title": { en: "known_hosts cannot be read", "zh-cn": "无法读取 known_hosts" },
  "error.KNOWN_HOSTS_UNREADABLE.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.KNOWN_HOSTS_UNREADABLE.remedy": {
    en: "Without it no host can be trusted. Repair the file or its permissions.",
    "zh-cn": "没有它就无法信任任何主机。请修复该文件或其权限。",
  },
  "error.SSH_AUTH_FAILED.title": { en: "SSH sign-in failed", "zh-cn": "SSH 登录失败" },
  "error.SSH_AUTH_FAILED.why": {
    en: "{host} accepted none of the keys or answers for {user}.",
    "zh-cn": "{host} 不接受 {user} 的任何密钥或应答。",
  },
  "error.SSH_AUTH_FAILED.remedy": {
    en: "Check the user name, and that your key is in authorized_keys or in the agent.",
    "zh-cn": "请检查用户名，并确认密钥已在 authorized_keys 或代理中。",
  },
  "error.SSH_KEY_UNREADABLE.title": { en: "An SSH key cannot be used", "zh-cn": "无法使用 SSH 密钥" },
  "error.SSH_KEY_UNREADABLE.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.SSH_KEY_UNREADABLE.remedy": {
    en: "Check the IdentityFile and its passphrase.",
    "zh-cn": "请检查 IdentityFile 及其密码短语。",
  },
  "error.SSH_TIMEOUT.title": { en: "SSH takes too long", "zh-cn": "SSH 超时" },
  "error.SSH_TIMEOUT.why": { en: "{host} stopped answering during sign-in.", "zh-cn": "{host} 在登录过程中停止响应。" },
  "error.SSH_TIMEOUT.remedy": {
    en: "Try again; if it stays so, look at the host's load.",
    "zh-cn": "请重试；若仍如此，请检查主机负载。",
  },
  "error.SSH_CLOSED.title": { en: "The SSH connection ended", "zh-cn": "SSH 连接已断开" },
  "error.SSH_CLOSED.why": { en: "{host} closed it.", "zh-cn": "{host} 关闭了连接。" },
  "error.SSH_CLOSED.remedy": {
    en: "Try again; the log has the server's last words.",
    "zh-cn": "请重试；日志中有服务器的最后消息。",
  },
  "error.FORWARDING_FORBIDDEN.title": { en: "SSH forwarding is off", "zh-cn": "SSH 转发已关闭" },
  "error.FORWARDING_FORBIDDEN.why": {
    en: "The SSH server on {host} does not allow connections to the Gateway.",
    "zh-cn": "{host} 上的 SSH 服务器不允许连接到 Gateway。",
  },
  "error.FORWARDING_FORBIDDEN.remedy": {
    en: "Set AllowTcpForwarding (local or yes) in sshd_config there.",
    "zh-cn": "请在该主机的 sshd_config 中设置 AllowTcpForwarding 为 local 或 yes。",
  },
  "error.GATEWAY_NOT_RUNNING.title": { en: "No Gateway is running there", "zh-cn": "那里没有运行 Gateway" },
  "error.GATEWAY_NOT_RUNNING.why": {
    en: "Nothing listens on {host}, port {port}.",
    "zh-cn": "{host} 的端口 {port} 上没有服务。",
  },
  "error.GATEWAY_NOT_RUNNING.remedy": {
    en: "Start OpenClaw there (openclaw gateway run), or check the port.",
    "zh-cn": "请在该主机上启动 OpenClaw（openclaw gateway run），或检查端口。",
  },
  "error.INSECURE_URL.title": { en: "This address is not safe", "zh-cn": "此地址不安全" },
  "error.INSECURE_URL.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.INSECURE_URL.remedy": {
    en: "Use wss://, or SSH. Plain ws:// is only for this computer and private networks.",
    "zh-cn": "请使用 wss:// 或 SSH。ws:// 仅用于本机和私有网络。",
  },
  "error.TLS_UNTRUSTED.title": { en: "The certificate is not trusted", "zh-cn": "证书不受信任" },
  "error.TLS_UNTRUSTED.why": {
    en: "{host} shows a certificate that no known authority signed.",
    "zh-cn": "{host} 的证书未经已知机构签名。",
  },
  "error.TLS_UNTRUSTED.remedy": {
    en: "If it is your own, compare its SHA-256 fingerprint and pin it.",
    "zh-cn": "如果是你自己的证书，请核对 SHA-256 指纹并固定它。",
  },
  "error.TLS_PIN_MISMATCH.title": { en: "The certificate changed", "zh-cn": "证书已改变" },
  "error.TLS_PIN_MISMATCH.why": {
    en: "{host} shows another certificate than the pinned one. Nothing was sent.",
    "zh-cn": "{host} 的证书与已固定的不同。未发送任何内容。",
  },
  "error.TLS_PIN_MISMATCH.remedy": {
    en: "If you renewed it, compare the new fingerprint on the host and pin it.",
    "zh-cn": "如果你更换过证书，请在主机上核对新指纹并重新固定。",
  },
  "error.NOT_A_GATEWAY.title": { en: "This is not an OpenClaw Gateway", "zh-cn": "这不是 OpenClaw Gateway" },
  "error.NOT_A_GATEWAY.why": { en: "Something else answers there.", "zh-cn": "那里是其他服务。" },
  "error.NOT_A_GATEWAY.remedy": {
    en: "Check the host and the port (18789 unless changed).",
    "zh-cn": "请检查主机和端口（默认 18789）。",
  },
  "error.GATEWAY_BUSY.title": { en: "The Gateway is busy", "zh-cn": "Gateway 正忙" },
  "error.GATEWAY_BUSY.why": { en: "It takes no more connections right now.", "zh-cn": "它目前不接受更多连接。" },
  "error.GATEWAY_BUSY.remedy": { en: "It is tried again by itself.", "zh-cn": "将自动重试。" },
  "error.GATEWAY_STARTING.title": { en: "The Gateway is starting", "zh-cn": "Gateway 正在启动" },
  "error.GATEWAY_STARTING.why": { en: "It answers, but is not ready yet.", "zh-cn": "它已有响应，但尚未就绪。" },
  "error.GATEWAY_STARTING.remedy": { en: "It is tried again by itself.", "zh-cn": "将自动重试。" },
  "error.GATEWAY_SHUTDOWN.title": { en: "The Gateway is restarting", "zh-cn": "Gateway 正在重启" },
  "error.GATEWAY_SHUTDOWN.why": { en: "It said goodbye.", "zh-cn": "它已告知将关闭。" },
  "error.GATEWAY_SHUTDOWN.remedy": { en: "It is tried again by itself.", "zh-cn": "将自动重试。" },
  "error.ORIGIN_REFUSED.title": { en: "The Gateway refused where we come from", "zh-cn": "Gateway 拒绝了来源" },
  "error.ORIGIN_REFUSED.why": { en: "A proxy or an allow list stands between.", "zh-cn": "中间有代理或允许名单。" },
  "error.ORIGIN_REFUSED.remedy": {
    en: "Connect over SSH, or add this client to the Gateway's allow list.",
    "zh-cn": "请通过 SSH 连接，或将此客户端加入 Gateway 的允许名单。",
  },
  "error.HANDSHAKE_TIMEOUT.title": { en: "The Gateway did not say hello", "zh-cn": "Gateway 没有应答" },
  "error.HANDSHAKE_TIMEOUT.why": {
    en: "The connection opened, but the handshake did not finish.",
    "zh-cn": "连接已打开，但握手未完成。",
  },
  "error.HANDSHAKE_TIMEOUT.remedy": {
    en: "Try again; if it stays so, restart the Gateway.",
    "zh-cn": "请重试；若仍如此，请重启 Gateway。",
  },
  "error.PROTOCOL_MISMATCH.title": {
    en: "The Gateway speaks another protocol version",
    "zh-cn": "Gateway 的协议版本不同",
  },
  "error.PROTOCOL_MISMATCH.why": {
    en: "This extension speaks protocol 4. The Gateway says: {detail}.",
    "zh-cn": "此扩展使用协议 4。Gateway 表示：{detail}。",
  },
  "error.PROTOCOL_MISMATCH.remedy": { en: "Update the older side.", "zh-cn": "请更新较旧的一方。" },
  "error.PROTOCOL_VIOLATION.title": { en: "The Gateway sent something broken", "zh-cn": "Gateway 发送了错误数据" },
  "error.PROTOCOL_VIOLATION.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.PROTOCOL_VIOLATION.remedy": {
    en: "Update the Gateway; the log has the details.",
    "zh-cn": "请更新 Gateway；详情见日志。",
  },
  "error.CREDENTIAL_MISSING.title": { en: "The Gateway wants a token or password", "zh-cn": "Gateway 需要令牌或密码" },
  "error.CREDENTIAL_MISSING.why": { en: "It lets nobody in without one.", "zh-cn": "没有凭据无法进入。" },
  "error.CREDENTIAL_MISSING.remedy": {
    en: "Enter the one from the Gateway's config (gateway.auth).",
    "zh-cn": "请输入 Gateway 配置（gateway.auth）中的凭据。",
  },
  "error.CREDENTIAL_WRONG.title": { en: "The token or password is wrong", "zh-cn": "令牌或密码错误" },
  "error.CREDENTIAL_WRONG.why": { en: "The Gateway says: {detail}.", "zh-cn": "Gateway 表示：{detail}。" },
  "error.CREDENTIAL_WRONG.remedy": {
    en: "Enter the one from the Gateway's config (gateway.auth). It is not tried again by itself.",
    "zh-cn": "请输入 Gateway 配置（gateway.auth）中的凭据。不会自动重试。",
  },
  "error.RATE_LIMITED.title": { en: "Too many attempts", "zh-cn": "尝试次数过多" },
  "error.RATE_LIMITED.why": {
    en: "The Gateway locked this address out for a while.",
    "zh-cn": "Gateway 已暂时锁定此地址。",
  },
  "error.RATE_LIMITED.remedy": { en: "Wait a few minutes, then try once.", "zh-cn": "请等几分钟后再试一次。" },
  "error.DEVICE_REFUSED.title": { en: "The Gateway refused this device", "zh-cn": "Gateway 拒绝了此设备" },
  "error.DEVICE_REFUSED.why": { en: "The Gateway says: {detail}.", "zh-cn": "Gateway 表示：{detail}。" },
  "error.DEVICE_REFUSED.remedy": {
    en: "Check the clock on both computers, then try again.",
    "zh-cn": "请检查两台电脑的时钟，然后重试。",
  },
  "error.PAIRING_REQUIRED.title": { en: "This device must be approved", "zh-cn": "需要批准此设备" },
  "error.PAIRING_REQUIRED.why": {
    en: "The Gateway does not know this device yet. Request {requestId} waits there.",
    "zh-cn": "Gateway 尚不认识此设备。请求 {requestId} 正等待批准。",
  },
  "error.PAIRING_REQUIRED.remedy": {
    en: "Run this on the Gateway's host, then try again: {command}",
    "zh-cn": "请在 Gateway 主机上运行以下命令，然后重试：{command}",
  },
  "error.SCOPES_MISSING.title": { en: "The Gateway gave no permissions", "zh-cn": "Gateway 未授予权限" },
  "error.SCOPES_MISSING.why": {
    en: "It let us in, but allows nothing: {detail}.",
    "zh-cn": "已连接，但没有任何权限：{detail}。",
  },
  "error.SCOPES_MISSING.remedy": {
    en: "Approve this device with these scopes on the Gateway.",
    "zh-cn": "请在 Gateway 上为此设备批准这些权限范围。",
  },
  "error.HEALTH_FAILED.title": { en: "The Gateway is not well", "zh-cn": "Gateway 状态异常" },
  "error.HEALTH_FAILED.why": { en: "It did not answer a health check.", "zh-cn": "它没有回应健康检查。" },
  "error.HEALTH_FAILED.remedy": { en: "Look at its log on the host.", "zh-cn": "请查看主机上的日志。" },
  "error.LINK_LOST.title": { en: "The connection was lost", "zh-cn": "连接已断开" },
  "error.LINK_LOST.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.LINK_LOST.remedy": {
    en: "Reconnecting by itself. Nothing you wrote is lost.",
    "zh-cn": "将自动重连。你写的内容不会丢失。",
  },
  "error.CONFIG_INVALID.title": { en: "openclaw.json cannot be used", "zh-cn": "无法使用 openclaw.json" },
  "error.CONFIG_INVALID.why": { en: "{detail}", "zh-cn": "{detail}" },
  "error.CONFIG_INVALID.remedy": { en: "Correct the file, then try again.", "zh-cn": "请修正该文件后重试。" },
  "error.GATEWAY_REFUSED.title": { en: "The Gateway refused the connection", "zh-cn": "Gateway 拒绝了连接" },
  "error.GATEWAY_REFUSED.why": { en: "The Gateway says: {detail}.", "zh-cn": "Gateway 表示：{detail}。" },
  "error.GATEWAY_REFUSED.remedy": { en: "The log has the details.", "zh-cn": "详情见日志。" },
  "action.retry": { en: "Try again", "zh-cn": "重试" },
  "action.edit-target": { en: "Change address", "zh-cn": "更改地址" },
  "action.open-known-hosts": { en: "Open known_hosts", "zh-cn": "打开 known_hosts" },
  "action.open-ssh-config": { en: "Open SSH config", "zh-cn": "打开 SSH 配置" },
  "action.enter-credential": { en: "Enter token or password", "zh-cn": "输入令牌或密码" },
  "action.start-sidecar": { en: "Start a Gateway here", "zh-cn": "在此启动 Gateway" },
  "action.show-log": { en: "Show log", "zh-cn": "显示日志" },
  "action.copy-command": { en: "Copy command", "zh-cn": "复制命令" },
  "action.repin-certificate": { en: "Review certificate", "zh-cn": "检查证书" },
  "fact.host": { en: "Host", "zh-cn": "主机" },
  "fact.port": { en: "Port", "zh-cn": "端口" },
  "fact.known": { en: "Known", "zh-cn": "已知" },
  "fact.now": { en: "Now", "zh-cn": "当前" },
  "fact.savedIn": { en: "Saved in", "zh-cn": "保存于" },
  "fact.keyType": { en: "Key type", "zh-cn": "密钥类型" },
  "fact.url": { en: "Address", "zh-cn": "地址" },
  "fact.user": { en: "User", "zh-cn": "用户" },
  "fact.detail": { en: "Details", "zh-cn": "详情" },
  "fact.command": { en: "Command", "zh-cn": "命令" },
  "fact.requestId": { en: "Request", "zh-cn": "请求" },
} as const satisfies ErrorTexts & ActionTexts & FactTexts;
