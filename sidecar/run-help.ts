/** The page of `run --help`. */
export const RUN_HELP = `Usage: openclaw-sidecar run [OPTIONS]

Start the sidecar Gateway on this computer, in this terminal, until Ctrl-C. What no option says comes from the
environment, then from openclaw.json; an edit of that file takes effect while the Gateway runs, where it can.

Where it listens:
  --port PORT           default: OPENCLAW_GATEWAY_PORT, gateway.port, 18789; 0 takes a free one
  --bind MODE           loopback (default), lan, tailnet, custom (gateway.customBindHost), auto; beyond loopback a token
                        or password must be chosen
  --tailscale MODE      serve (this tailnet), funnel (the internet, with a password), off (default)

How clients prove themselves:
  --auth MODE           token (default; made and stored when there is none), password, trusted-proxy, none
  --token-file FILE     the token is the first line of this file
  --token TOKEN         better: OPENCLAW_GATEWAY_TOKEN, which other users of this computer cannot see
  --password-file FILE  the password is the first line of this file
  --password PASSWORD   better: OPENCLAW_GATEWAY_PASSWORD

What it keeps:
  --profile NAME        state, port and lock of its own: ~/.openclaw-sidecar-NAME
  --state-dir DIR       default: OPENCLAW_SIDECAR_STATE_DIR, else that of the profile
  --config FILE         default: openclaw.json in the state directory

How it talks:
  --json                one line {"ready":true,"url","port","pid"} when it takes connections
  --quiet               nothing on stderr but why it cannot start; the log file has the rest
`;
