/** Words of the native VS Code parts (prompts, status bar, notifications). Keys start with `extension.`. */
export const extensionText = {
  "extension.product": { en: "OpenClaw Remote", "zh-cn": "OpenClaw Remote" },

  "extension.phase.disconnected": { en: "not connected", "zh-cn": "未连接" },
  "extension.phase.connecting": { en: "connecting", "zh-cn": "正在连接" },
  "extension.phase.connected": { en: "connected", "zh-cn": "已连接" },
  "extension.phase.waiting": { en: "reconnecting", "zh-cn": "正在重连" },
  "extension.phase.failed": { en: "could not connect", "zh-cn": "连接失败" },

  "extension.step.resolve": { en: "Resolving", "zh-cn": "解析地址" },
  "extension.step.tcp": { en: "Reaching the port", "zh-cn": "连接端口" },
  "extension.step.host-key": { en: "Host key", "zh-cn": "主机密钥" },
  "extension.step.ssh-auth": { en: "SSH sign-in", "zh-cn": "SSH 登录" },
  "extension.step.find-gateway": { en: "Finding the Gateway", "zh-cn": "查找 Gateway" },
  "extension.step.websocket": { en: "WebSocket", "zh-cn": "WebSocket" },
  "extension.step.protocol": { en: "Protocol", "zh-cn": "协议" },
  "extension.step.credential": { en: "Credential", "zh-cn": "凭据" },
  "extension.step.pairing": { en: "Pairing", "zh-cn": "配对" },
  "extension.step.scopes": { en: "Scopes", "zh-cn": "权限范围" },
  "extension.step.health": { en: "Health", "zh-cn": "健康状态" },

  "extension.status.disconnected": { en: "Not connected", "zh-cn": "未连接" },
  "extension.status.connecting": { en: "Connecting to {name}: {step}", "zh-cn": "正在连接 {name}：{step}" },
  "extension.status.connected": { en: "Connected to {name}", "zh-cn": "已连接 {name}" },
  "extension.status.connectedMs": {
    en: "Connected to {name}, round trip {ms} ms",
    "zh-cn": "已连接 {name}，往返 {ms} 毫秒",
  },
  "extension.status.noHealth": { en: "{name}: no health answer", "zh-cn": "{name}：健康检查无响应" },
  "extension.status.waiting": {
    en: "{name} in {seconds} s ({attempt})",
    "zh-cn": "{name} {seconds} 秒后（{attempt}）",
  },
  "extension.status.waitingSpoken": {
    en: "Reconnecting to {name} in {seconds} s, attempt {attempt}",
    "zh-cn": "{seconds} 秒后重连 {name}，第 {attempt} 次",
  },
  "extension.status.approval": { en: "{name}: approve this device", "zh-cn": "{name}：请批准此设备" },
  "extension.status.failure": { en: "{name}: {why}", "zh-cn": "{name}：{why}" },
  "extension.status.behind": { en: "{name} needs you", "zh-cn": "{name} 需要你处理" },

  "extension.tooltip.connecting": { en: "connecting", "zh-cn": "正在连接" },
  "extension.tooltip.connectedFor": { en: "connected for {since}", "zh-cn": "已连接 {since}" },
  "extension.tooltip.path": { en: "Path", "zh-cn": "路径" },
  "extension.tooltip.way": { en: "Other way", "zh-cn": "其他路径" },
  "extension.tooltip.localPort": { en: "Local port", "zh-cn": "本地端口" },
  "extension.tooltip.roundTrip": { en: "Round trip", "zh-cn": "往返" },
  "extension.tooltip.gateway": { en: "Gateway", "zh-cn": "Gateway" },
  "extension.tooltip.versionUptime": { en: "{version}, up {uptime}", "zh-cn": "{version}，已运行 {uptime}" },
  "extension.tooltip.channels": { en: "Channels", "zh-cn": "渠道" },

  "extension.link.openChat": { en: "Chat", "zh-cn": "聊天" },
  "extension.link.health": { en: "Health", "zh-cn": "健康" },
  "extension.link.doctor": { en: "Doctor", "zh-cn": "诊断" },
  "extension.link.showLog": { en: "Log", "zh-cn": "日志" },
  "extension.link.retry": { en: "Try again", "zh-cn": "重试" },
  "extension.link.connectRemote": { en: "Connect", "zh-cn": "连接" },

  "extension.menu.connect": { en: "Connect…", "zh-cn": "连接…" },
  "extension.menu.other": { en: "Connect to another Gateway…", "zh-cn": "连接其他 Gateway…" },
  "extension.menu.cancel": { en: "Cancel", "zh-cn": "取消" },
  "extension.menu.retry": { en: "Try again now", "zh-cn": "立即重试" },
  "extension.menu.credential": { en: "Enter token or password…", "zh-cn": "输入令牌或密码…" },
  "extension.menu.approve": { en: "Approve this device over SSH", "zh-cn": "通过 SSH 批准此设备" },
  "extension.menu.chat": { en: "Open chat", "zh-cn": "打开聊天" },
  "extension.menu.newChat": { en: "New chat", "zh-cn": "新建聊天" },
  "extension.menu.health": { en: "Health", "zh-cn": "健康状态" },
  "extension.menu.call": { en: "Call a Gateway method…", "zh-cn": "调用 Gateway 方法…" },
  "extension.menu.doctor": { en: "Connection Doctor", "zh-cn": "连接诊断" },
  "extension.menu.manage": { en: "Manage Gateways…", "zh-cn": "管理 Gateway…" },
  "extension.menu.log": { en: "Show log", "zh-cn": "显示日志" },
  "extension.menu.disconnect": { en: "Disconnect", "zh-cn": "断开连接" },

  "extension.connect.title": { en: "Connect to an OpenClaw Gateway", "zh-cn": "连接 OpenClaw Gateway" },
  "extension.connect.where": { en: "Where does it run?", "zh-cn": "它在哪里运行？" },
  "extension.connect.saved": { en: "Saved", "zh-cn": "已保存" },
  "extension.connect.elsewhere": { en: "Somewhere else", "zh-cn": "其他位置" },
  "extension.connect.tailnet": { en: "Tailnet", "zh-cn": "Tailnet" },
  "extension.outbox.losing": {
    en: "Messages cannot be kept on this computer ({code}). What is not sent yet is lost if this window closes; free disk space, or check the rights of VS Code's storage folder.",
    "zh-cn":
      "消息无法保存在此电脑上（{code}）。若关闭此窗口，尚未发送的内容将丢失；请释放磁盘空间，或检查 VS Code 存储文件夹的权限。",
  },
  "extension.connect.nearby": { en: "Found nearby", "zh-cn": "在附近发现" },
  "extension.connect.serve.true": { en: "a Gateway answers there", "zh-cn": "有 Gateway 应答" },
  "extension.connect.serve.false": { en: "no Gateway answers there", "zh-cn": "没有 Gateway 应答" },
  "extension.connect.peerWay": { en: "How do you want to reach it?", "zh-cn": "要如何连接到它？" },
  "extension.connect.newSsh": { en: "SSH host…", "zh-cn": "SSH 主机…" },
  "extension.connect.newUrl": { en: "WebSocket URL…", "zh-cn": "WebSocket 地址…" },
  "extension.connect.window": { en: "This window's remote host", "zh-cn": "此窗口的远程主机" },
  "extension.connect.local": { en: "This computer", "zh-cn": "这台电脑" },
  "extension.connect.localDetail": {
    en: "its Gateway, or start the small sidecar",
    "zh-cn": "本机的 Gateway，没有则启动轻量 sidecar",
  },
  "extension.connect.sshTitle": { en: "SSH host", "zh-cn": "SSH 主机" },
  "extension.connect.sshPrompt": {
    en: "A host of your SSH config, or user@host:port. The Gateway on it is found by itself.",
    "zh-cn": "SSH 配置中的主机，或 user@host:port。会自动查找其上的 Gateway。",
  },
  "extension.connect.urlTitle": { en: "WebSocket URL", "zh-cn": "WebSocket 地址" },
  "extension.connect.urlPrompt": {
    en: "wss:// anywhere, ws:// on this computer or a private network. The token is asked for later.",
    "zh-cn": "wss:// 可用于任何地方，ws:// 仅限本机或专用网络。稍后会询问令牌。",
  },
  "extension.connect.first": { en: "This needs a connection to a Gateway.", "zh-cn": "这需要先连接 Gateway。" },

  "extension.hostKey.message": { en: "Trust the host key of {host}?", "zh-cn": "是否信任 {host} 的主机密钥？" },
  "extension.hostKey.detail": {
    en: "This host is not known yet. Compare the fingerprint with the one on the host itself before you go on.\n\nHost: {host}, port {port}\nKey: {keyType}\nFingerprint: {fingerprint}",
    "zh-cn":
      "这是未知的主机。继续之前，请与主机上显示的指纹核对。\n\n主机：{host}，端口 {port}\n密钥：{keyType}\n指纹：{fingerprint}",
  },
  "extension.hostKey.tailnet": {
    en: "Your tailnet lists this key as the one of {name}.",
    "zh-cn": "你的 tailnet 记录此密钥属于 {name}。",
  },
  "extension.hostKey.remember": { en: "Trust and Remember", "zh-cn": "信任并记住" },
  "extension.hostKey.once": { en: "Trust Once", "zh-cn": "仅信任一次" },

  "extension.sshCommand.message": { en: "Run this command to reach {host}?", "zh-cn": "是否运行此命令以连接 {host}？" },
  "extension.sshCommand.detail": {
    en: "Your SSH config runs it on this computer.\n\n{command}\n\n{savedIn}",
    "zh-cn": "SSH 配置将在本机运行该命令。\n\n{command}\n\n{savedIn}",
  },
  "extension.sshCommand.run": { en: "Run", "zh-cn": "运行" },

  "extension.ssh.webSignIn": {
    en: "{host} lets {user} in once you have signed in on this page:",
    "zh-cn": "请先在此网页登录，{host} 才允许 {user} 进入：",
  },
  "extension.ssh.again": { en: "That was not right.", "zh-cn": "不正确。" },
  "extension.ssh.passphraseTitle": { en: "Passphrase of {keyFile}", "zh-cn": "{keyFile} 的密码短语" },
  "extension.ssh.passphrasePrompt": {
    en: "To sign in as {user} on {host}. Leave it empty to go on without this key.",
    "zh-cn": "用于以 {user} 身份登录 {host}。留空则跳过此密钥。",
  },
  "extension.ssh.passwordTitle": { en: "SSH password of {user} on {host}", "zh-cn": "{user} 在 {host} 上的 SSH 密码" },
  "extension.ssh.passwordPrompt": { en: "It is not saved.", "zh-cn": "不会保存。" },
  "extension.ssh.keyboardTitle": { en: "{host} asks {user}", "zh-cn": "{host} 询问 {user}" },

  "extension.credential.title": { en: "Token or password of {name}", "zh-cn": "{name} 的令牌或密码" },
  "extension.credential.prompt": {
    en: "The one that the Gateway was set up with. It is kept in the secret storage of VS Code.",
    "zh-cn": "即 Gateway 设置时使用的令牌或密码。它会保存在 VS Code 的机密存储中。",
  },
  "extension.credential.empty": { en: "Type the token or the password.", "zh-cn": "请输入令牌或密码。" },

  "extension.call.title": { en: "Gateway Call", "zh-cn": "调用 Gateway 方法" },
  "extension.call.method": { en: "Which method?", "zh-cn": "调用哪个方法？" },
  "extension.call.params": { en: "Parameters as a JSON object", "zh-cn": "参数，JSON 对象" },
  "extension.call.notObject": { en: "Parameters are a JSON object: {}", "zh-cn": "参数必须是 JSON 对象：{}" },
  "extension.call.notJson": { en: "This is not JSON: {detail}", "zh-cn": "这不是 JSON：{detail}" },

  "extension.manage.title": { en: "Manage Gateways", "zh-cn": "管理 Gateway" },
  "extension.manage.which": { en: "Which one?", "zh-cn": "选择哪一个？" },
  "extension.manage.none": { en: "No Gateway is saved yet.", "zh-cn": "还没有保存的 Gateway。" },
  "extension.manage.connect": { en: "Connect", "zh-cn": "连接" },
  "extension.manage.disconnect": { en: "Disconnect", "zh-cn": "断开连接" },
  "extension.manage.disconnectAll": { en: "Disconnect all", "zh-cn": "全部断开" },
  "extension.manage.onHost": { en: "Other Gateways on this host…", "zh-cn": "此主机上的其他 Gateway…" },
  "extension.manage.rename": { en: "Rename…", "zh-cn": "重命名…" },
  "extension.manage.forget": { en: "Forget", "zh-cn": "移除" },
  "extension.manage.renameTitle": { en: "Rename {name}", "zh-cn": "重命名 {name}" },
  "extension.manage.renamePrompt": { en: "What you want to call it", "zh-cn": "你想怎么称呼它" },
  "extension.manage.nameEmpty": { en: "It needs a name.", "zh-cn": "名称不能为空。" },
  "extension.manage.forgetMessage": { en: "Forget {name}?", "zh-cn": "移除 {name}？" },
  "extension.manage.forgetDetail": {
    en: "Its entry, its token and this device's token for it are deleted here. Nothing changes on the Gateway.",
    "zh-cn": "将在此处删除它的条目、令牌以及本设备的令牌。Gateway 上不会有任何更改。",
  },

  "extension.tunnel.open": {
    en: "{url} leads to {name}, for this computer only, until it is closed.",
    "zh-cn": "{url} 通往 {name}，仅限本机使用，直到关闭。",
  },
  "extension.tunnel.copy": { en: "Copy URL", "zh-cn": "复制地址" },
  "extension.tunnel.close": { en: "Close", "zh-cn": "关闭" },
  "extension.tunnel.closed": { en: "127.0.0.1:{port} is closed.", "zh-cn": "127.0.0.1:{port} 已关闭。" },
  "extension.tunnel.none": { en: "No local port is open.", "zh-cn": "没有打开的本地端口。" },
  "extension.tunnel.noSsh": {
    en: "This is for a Gateway that is reached over SSH. Others have an address of their own.",
    "zh-cn": "仅适用于通过 SSH 连接的 Gateway。其他 Gateway 有自己的地址。",
  },

  "extension.default.message": { en: "Make {name} the default remote?", "zh-cn": "是否将 {name} 设为默认远程？" },
  "extension.default.detail": {
    en: "OpenClaw's own programs and this extension's command line use it on this computer then.\n\nWritten to {path}:\n{lines}\n\nComments and everything else in the file stay. With its token or password, that stands there in plain text.",
    "zh-cn":
      "此后，这台电脑上 OpenClaw 自己的程序和本扩展的命令行都会使用它。\n\n写入 {path}：\n{lines}\n\n文件中的注释和其他内容保持不变。如果同时保存令牌或密码，它会以明文存放。",
  },
  "extension.default.save": { en: "Save", "zh-cn": "保存" },
  "extension.default.withSecret": { en: "Save with Token or Password", "zh-cn": "连同令牌或密码保存" },
  "extension.default.saved": {
    en: "{name} is the default remote now: {path}",
    "zh-cn": "{name} 现在是默认远程：{path}",
  },
  "extension.default.same": { en: "{name} was the default remote already.", "zh-cn": "{name} 已经是默认远程。" },
  "extension.default.windowOnly": {
    en: "{name} is reached through a window of VS Code. Only a host over SSH, a URL or this computer can be the default remote.",
    "zh-cn": "{name} 经由 VS Code 窗口访问。只有 SSH 主机、网址或这台电脑才能设为默认远程。",
  },
  "extension.default.open": { en: "Open File", "zh-cn": "打开文件" },
  "extension.default.noFile": {
    en: "There is no {path} yet. Save as Default Remote makes it.",
    "zh-cn": "还没有 {path}。使用“设为默认远程”即可创建。",
  },

  "extension.doctor.title": { en: "Connection Doctor: {name}", "zh-cn": "连接诊断：{name}" },
  "extension.doctor.running": { en: "Examining {name}", "zh-cn": "正在诊断 {name}" },
  "extension.doctor.fine": { en: "Every step passed.", "zh-cn": "所有步骤均已通过。" },
  "extension.doctor.stopped": { en: "It stopped at the step marked ✗.", "zh-cn": "停在标有 ✗ 的步骤。" },

  "extension.activity.looking": { en: "looking round on the host", "zh-cn": "正在查看主机" },
  "extension.activity.installing": { en: "copying the sidecar there", "zh-cn": "正在复制 sidecar" },
  "extension.activity.starting": { en: "starting the sidecar", "zh-cn": "正在启动 sidecar" },

  "extension.start.message": { en: "Start a Gateway on {host}?", "zh-cn": "是否在 {host} 上启动 Gateway？" },
  "extension.start.nothing": {
    en: "Nothing answers there on 127.0.0.1:{port}.",
    "zh-cn": "该主机的 127.0.0.1:{port} 上没有服务。",
  },
  "extension.start.openclaw": {
    en: "OpenClaw is installed ({command}), but does not run.",
    "zh-cn": "OpenClaw 已安装（{command}），但没有运行。",
  },
  "extension.start.put": {
    en: "The sidecar {version}, a small Gateway in one file of {size} MB, is copied to {directory}.",
    "zh-cn": "将把 sidecar {version}（单个文件的轻量 Gateway，{size} MB）复制到 {directory}。",
  },
  "extension.start.present": {
    en: "The sidecar {version}, a small Gateway, is there already: {directory}.",
    "zh-cn": "轻量 Gateway sidecar {version} 已在该主机上：{directory}。",
  },
  "extension.start.node": {
    en: "It runs as you, with {node}, and goes on when you disconnect.",
    "zh-cn": "它以你的身份用 {node} 运行，断开连接后继续运行。",
  },
  "extension.start.loopback": {
    en: "It listens on the loopback of that host only. Nothing is opened to the network.",
    "zh-cn": "它只监听该主机的本地回环地址，不向网络开放任何端口。",
  },
  "extension.start.token": {
    en: "It makes a token for you, which is kept in the secret storage of VS Code.",
    "zh-cn": "它会为你生成令牌，并保存在 VS Code 的机密存储中。",
  },
  "extension.start.go": { en: "Start a Gateway", "zh-cn": "启动 Gateway" },
  "extension.start.how": { en: "Show How to Start OpenClaw", "zh-cn": "显示如何启动 OpenClaw" },

  "extension.onHost.title": { en: "Which Gateway on {host}?", "zh-cn": "{host} 上的哪个 Gateway？" },
  "extension.onHost.start": { en: "Start a sidecar there…", "zh-cn": "在那里启动 sidecar…" },
  "extension.onHost.looking": { en: "Looking for Gateways on {host}…", "zh-cn": "正在查找 {host} 上的 Gateway…" },
  "extension.onHost.running": { en: "These run there now.", "zh-cn": "这些正在运行。" },
  "extension.onHost.none": { en: "No other Gateway runs on {host}.", "zh-cn": "{host} 上没有其他 Gateway 在运行。" },

  "extension.update.message": { en: "Update the sidecar on {host}?", "zh-cn": "是否更新 {host} 上的 sidecar？" },
  "extension.update.restart": {
    en: "The one that runs finishes its answers and ends, then the new one starts. Sessions and tokens stay.",
    "zh-cn": "正在运行的 sidecar 会完成回答后退出，然后启动新的。会话和令牌会保留。",
  },
  "extension.update.go": { en: "Update", "zh-cn": "更新" },

  "extension.read.message": {
    en: "Read the token of the Gateway on {host}?",
    "zh-cn": "是否读取 {host} 上 Gateway 的令牌？",
  },
  "extension.read.detail": {
    en: "The Gateway wants its token or password. It stands on {host} in {file}, which the SSH connection that you are signed in with can read.\n\nIt is kept in the secret storage of VS Code on this computer, and nowhere else.",
    "zh-cn":
      "Gateway 需要令牌或密码。它在 {host} 的 {file} 中，你已登录的 SSH 连接可以读取该文件。\n\n它只会保存在这台电脑上 VS Code 的机密存储中。",
  },
  "extension.read.detailHere": {
    en: "The Gateway wants its token or password. It stands on {host} in {file}, which this extension can read as you.\n\nIt is kept in the secret storage of VS Code, and nowhere else.",
    "zh-cn":
      "Gateway 需要令牌或密码。它在 {host} 的 {file} 中，此扩展可以用你的身份读取该文件。\n\n它只会保存在 VS Code 的机密存储中。",
  },
  "extension.read.read": { en: "Read It There", "zh-cn": "从主机读取" },
  "extension.read.type": { en: "Type It", "zh-cn": "手动输入" },

  "extension.approve.message": { en: "Approve this device on {host}?", "zh-cn": "是否在 {host} 上批准此设备？" },
  "extension.approve.detail": {
    en: "The request there asks for other permissions than were shown.\n\nRequest: {requestId}\nDevice: {deviceId}\nRole: {role}\nMay: {scopes}",
    "zh-cn": "该请求的权限与显示的不同。\n\n请求：{requestId}\n设备：{deviceId}\n角色：{role}\n权限：{scopes}",
  },
  "extension.approve.approve": { en: "Approve", "zh-cn": "批准" },

  "extension.uninstall.message": { en: "Uninstall the sidecar on {host}?", "zh-cn": "是否卸载 {host} 上的 sidecar？" },
  "extension.uninstall.detail": {
    en: "It is stopped, and these programs are removed:\n{programs}\n\nSessions, transcripts and tokens are in {stateDir}. Remove them too, or keep them for another time?",
    "zh-cn":
      "它将停止，并删除以下程序：\n{programs}\n\n会话、记录和令牌位于 {stateDir}。要一并删除，还是保留以备下次使用？",
  },
  "extension.uninstall.program": { en: "Keep the Data", "zh-cn": "保留数据" },
  "extension.uninstall.everything": { en: "Remove Everything", "zh-cn": "全部删除" },

  "extension.sidecar.how": {
    en: "Start OpenClaw on {name}: {command}",
    "zh-cn": "请在 {name} 上启动 OpenClaw：{command}",
  },
  "extension.sidecar.title": { en: "Sidecar", "zh-cn": "Sidecar" },
  "extension.sidecar.where": { en: "On which computer?", "zh-cn": "在哪台电脑上？" },
  "extension.sidecar.here": { en: "this computer", "zh-cn": "这台电脑" },
  "extension.sidecar.noHost": {
    en: "No SSH host is known yet. Connect to one first, or name it in ~/.ssh/config.",
    "zh-cn": "还没有已知的 SSH 主机。请先连接一台，或在 ~/.ssh/config 中添加。",
  },
  "extension.sidecar.installing": { en: "Installing the sidecar on {name}", "zh-cn": "正在 {name} 上安装 sidecar" },
  "extension.sidecar.starting": { en: "Starting the sidecar on {name}", "zh-cn": "正在 {name} 上启动 sidecar" },
  "extension.sidecar.updating": { en: "Updating the sidecar on {name}", "zh-cn": "正在更新 {name} 上的 sidecar" },
  "extension.sidecar.stopping": { en: "Stopping the sidecar on {name}", "zh-cn": "正在停止 {name} 上的 sidecar" },
  "extension.sidecar.uninstalling": {
    en: "Uninstalling the sidecar on {name}",
    "zh-cn": "正在卸载 {name} 上的 sidecar",
  },
  "extension.sidecar.reading": { en: "Reading the log on {name}", "zh-cn": "正在读取 {name} 上的日志" },
  "extension.sidecar.runs": {
    en: "The sidecar {version} runs on {name}, 127.0.0.1:{port}.",
    "zh-cn": "sidecar {version} 正在 {name} 的 127.0.0.1:{port} 上运行。",
  },
  "extension.sidecar.already": {
    en: "The sidecar {version} runs already on {name}, 127.0.0.1:{port}.",
    "zh-cn": "sidecar {version} 已在 {name} 的 127.0.0.1:{port} 上运行。",
  },
  "extension.sidecar.stopped": { en: "The sidecar on {name} has stopped.", "zh-cn": "{name} 上的 sidecar 已停止。" },
  "extension.sidecar.none": { en: "No sidecar runs on {name}.", "zh-cn": "{name} 上没有运行 sidecar。" },
  "extension.sidecar.uninstalled": {
    en: "The sidecar is gone from {name}.",
    "zh-cn": "已从 {name} 卸载 sidecar。",
  },
  "extension.sidecar.left": { en: "Still there: {files}", "zh-cn": "仍保留：{files}" },
  "extension.sidecar.noLog": { en: "No sidecar has run on {name} yet.", "zh-cn": "{name} 上还没有运行过 sidecar。" },
  "extension.sidecar.copy": { en: "Copy command", "zh-cn": "复制命令" },

  "extension.repin.message": { en: "Pin this certificate of {name}?", "zh-cn": "是否固定 {name} 的这个证书？" },
  "extension.repin.detail": {
    en: "Compare the fingerprint with the certificate on the Gateway itself before you go on. Once pinned, exactly this certificate is taken, and neither its authority nor its dates are asked about.\n\nSHA-256: {fingerprint}\n{certificate}",
    "zh-cn":
      "继续之前，请与 Gateway 上的证书核对指纹。固定后只接受这一个证书，不再检查签发机构和有效期。\n\nSHA-256：{fingerprint}\n{certificate}",
  },
  "extension.repin.before": { en: "Pinned until now: {fingerprint}", "zh-cn": "此前固定的：{fingerprint}" },
  "extension.repin.why": { en: "Not trusted because: {why}", "zh-cn": "不受信任的原因：{why}" },
  "extension.repin.trust": { en: "Pin", "zh-cn": "固定" },

  "extension.edge.title": { en: "Edge headers of {url}", "zh-cn": "{url} 的边缘请求头" },
  "extension.edge.prompt": {
    en: "Value of {name}; kept in VS Code's secret storage, sent only to this address over verified TLS",
    "zh-cn": "{name} 的值；保存在 VS Code 的机密存储中，仅通过已验证的 TLS 发送到此地址",
  },
  "extension.edge.names": {
    en: "Names of the headers that stand for a sign-in there, as its administrator gave them to you",
    "zh-cn": "代替登录的请求头名称，由该服务的管理员提供",
  },
  "extension.edge.badName": { en: "{name} cannot be such a header.", "zh-cn": "{name} 不能作为此类请求头。" },
  "extension.edge.noName": { en: "Name 1 to 8 headers.", "zh-cn": "请填写 1 到 8 个请求头名称。" },
  "extension.edge.bad": { en: "One line of plain characters.", "zh-cn": "只能是一行普通字符。" },
  "extension.ways.add": { en: "Add another way…", "zh-cn": "添加另一条路径…" },
  "extension.ways.other": { en: "Other ways…", "zh-cn": "其他路径…" },
  "extension.ways.title": { en: "Another way to {name}", "zh-cn": "通往 {name} 的另一条路径" },
  "extension.ways.list": { en: "Other ways to {name}", "zh-cn": "通往 {name} 的其他路径" },
  "extension.ways.which": { en: "Which one?", "zh-cn": "选择哪一条？" },
  "extension.ways.prove": { en: "Prove that it leads to the same Gateway", "zh-cn": "验证它通往同一个 Gateway" },
  "extension.ways.proving": { en: "Comparing the Gateway at {way}", "zh-cn": "正在比对 {way} 的 Gateway" },
  "extension.ways.remove": { en: "Remove this way", "zh-cn": "移除此路径" },
  "extension.ways.removed": { en: "{way} is no longer a way to {name}.", "zh-cn": "{way} 不再是通往 {name} 的路径。" },
  "extension.ways.known": { en: "{way} is a way to {name} already.", "zh-cn": "{way} 已经是通往 {name} 的路径。" },
  "extension.ways.added": {
    en: "{way} leads to {name} and stands in when a safer way is away.",
    "zh-cn": "{way} 通往 {name}，在更安全的路径不可用时将自动替补。",
  },
  "extension.ways.unsafe": {
    en: "{way} cannot prove itself the next time: plain ws:// is whoever has that address. Use SSH or wss://.",
    "zh-cn": "{way} 下次无法自证身份：明文 ws:// 的另一端可能是占用该地址的任何人。请使用 SSH 或 wss://。",
  },
  "extension.ways.credential": {
    en: "Send the saved credential of {name} to {way}?",
    "zh-cn": "将 {name} 已保存的凭据发送到 {way}？",
  },
  "extension.ways.credentialDetail": {
    en: "The Gateway at {way} asks for a token or password. Send it only if you trust that address to be the same Gateway.",
    "zh-cn": "{way} 的 Gateway 要求令牌或密码。仅当你确信该地址就是同一个 Gateway 时才发送。",
  },
  "extension.ways.useSaved": { en: "Send the saved one", "zh-cn": "发送已保存的凭据" },
  "extension.ways.typeOther": { en: "Type another…", "zh-cn": "输入其他凭据…" },
  "extension.ways.state.active": { en: "in use", "zh-cn": "使用中" },
  "extension.ways.state.ready": { en: "standing by", "zh-cn": "待命" },
  "extension.ways.state.away": { en: "not reached", "zh-cn": "无法到达" },
  "extension.ways.state.refused": { en: "needs you", "zh-cn": "需要你处理" },
  "extension.ways.state.unproven": { en: "not proven yet", "zh-cn": "尚未验证" },
  "extension.ways.state.unsafe": { en: "never taken by itself: plain ws://", "zh-cn": "不会自动使用：明文 ws://" },
  "extension.manage.edge": { en: "Edge headers…", "zh-cn": "边缘请求头…" },
  "extension.proxy.title": { en: "Sign in to the proxy {origin}", "zh-cn": "登录代理 {origin}" },
  "extension.proxy.again": { en: "The proxy refused the saved sign-in.", "zh-cn": "代理拒绝了已保存的登录信息。" },
  "extension.proxy.realm": { en: "It calls itself “{realm}”.", "zh-cn": "它自称“{realm}”。" },
  "extension.proxy.user": { en: "User name", "zh-cn": "用户名" },
  "extension.proxy.badUser": { en: "A user name without a colon.", "zh-cn": "用户名不能为空，也不能含冒号。" },
  "extension.proxy.password": {
    en: "Password; kept in VS Code's secret storage for this proxy",
    "zh-cn": "密码；保存在 VS Code 的机密存储中，仅用于此代理",
  },

  "extension.session.main": { en: "Main session", "zh-cn": "主会话" },
  "extension.session.new": { en: "New chat", "zh-cn": "新聊天" },

  "extension.session.renameTitle": { en: "Rename session", "zh-cn": "重命名会话" },
  "extension.session.renamePrompt": {
    en: "Empty: the name that the Gateway gives it.",
    "zh-cn": "留空则使用 Gateway 给出的名称。",
  },
  "extension.session.renameLong": { en: "This is too long for a name.", "zh-cn": "名称太长。" },
  "extension.session.archived": { en: "Archived: {title}", "zh-cn": "已归档：{title}" },
  "extension.session.undo": { en: "Undo", "zh-cn": "撤销" },
  "extension.session.deleteMessage": { en: "Delete the session “{title}”?", "zh-cn": "是否删除会话“{title}”？" },
  "extension.session.deleteDetail": {
    en: "Its messages are deleted on the Gateway, for every client. This cannot be undone.",
    "zh-cn": "它的消息将在 Gateway 上对所有客户端删除，且无法撤销。",
  },
  "extension.session.delete": { en: "Delete", "zh-cn": "删除" },
  "extension.mention.unreadable": {
    en: "This cannot be read as text, or is not there any more.",
    "zh-cn": "无法作为文本读取，或已不存在。",
  },

  "extension.copied.details": { en: "Details copied, without secrets.", "zh-cn": "已复制详情（不含机密）。" },
  "extension.copied.command": { en: "Command copied.", "zh-cn": "已复制命令。" },
  "extension.editor.none": { en: "Open a file to insert into first.", "zh-cn": "请先打开要插入的文件。" },
  "extension.link.refused": {
    en: "This link was not opened. Only web addresses and files of this workspace are.",
    "zh-cn": "未打开此链接。只能打开网页地址和此工作区中的文件。",
  },
  "extension.error.refused": {
    en: "The Gateway refused {method}: {message}",
    "zh-cn": "Gateway 拒绝了 {method}：{message}",
  },
} as const;
