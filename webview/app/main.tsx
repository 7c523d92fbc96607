import { render } from "preact";
import { vscodeHost } from "../host/vscode.ts";
import { PanelStore } from "../state/panel-store.ts";
import "../styles/panel.css";
import { App } from "./app.tsx";

/**
 * The chat panel. What the page around it has to bring:
 * - `<body><div id="app" class="oc-app"></div>`, `chat.css` as a stylesheet and `chat.js` as a module with the nonce;
 * - `codicon.ttf` beside `chat.css` (the build puts it there);
 * - a policy of `default-src 'none'; style-src ${cspSource}; font-src ${cspSource}; script-src 'nonce-…'`. The panel
 *   needs no inline style, no `eval`, no image and no network.
 * It posts `ready` once it listens; the host answers with `state` and a transcript `reset`, then with what changes.
 * After a `state` with another `sessionKey`, the `reset` of that session shows its transcript.
 */
const root = document.getElementById("app");
if (root === null) throw new Error("The page has no element with the id app");
const host = vscodeHost();
const store = new PanelStore();
host.onMessage((message) => store.receive(message));
render(<App store={store} host={host} root={root} />, root);
host.post({ type: "ready" });
