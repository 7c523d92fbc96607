import { anything, flag, list, nonEmpty, object, text } from "../schema.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";

/** How the real Gateway says that it has nowhere to send to. */
export const CHANNEL_REQUIRED =
  "Channel is required (no configured channels detected). Run openclaw channels add to configure one, or pass --channel <channel> after enabling a channel. Use openclaw channels list --all to see available channel ids.";

/** Why nothing can be sent to a channel: there is none here but the chat itself. */
export function refuseChannel(channel: string): string {
  return channel === "webchat"
    ? "unsupported channel: webchat (internal-only). Use `chat.send` for WebChat UI messages or choose a deliverable channel."
    : `unsupported channel: ${channel.slice(0, 64)}`;
}

const sendParams = object(
  { to: nonEmpty, idempotencyKey: nonEmpty },
  {
    message: text(),
    mediaUrl: text(),
    mediaUrls: list(text()),
    buffer: text(),
    filename: text(),
    contentType: text(),
    asVoice: flag,
    gifPlayback: flag,
    channel: text(),
    accountId: text(),
    agentId: text(),
    replyToId: text(),
    threadId: text(),
    forceDocument: flag,
    silent: flag,
    parseMode: text(),
    sessionKey: text(),
    presentation: anything,
  },
);

/** Sending to a channel. The sidecar has none, and says so as the real Gateway does when none is set up. */
export const sendMethods = [
  method({
    name: "send",
    scope: "operator.write",
    params: sendParams,
    call(params) {
      const hasMedia = [params.mediaUrl, params.buffer, ...(params.mediaUrls ?? [])].some(isFilled);
      if (!isFilled(params.message) && !hasMedia) throw invalid("invalid send params: text or media is required");
      const channel = params.channel?.trim() ?? "";
      throw invalid(channel === "" ? `Error: ${CHANNEL_REQUIRED}` : refuseChannel(channel));
    },
  }),
];

const isFilled = (value: string | undefined): boolean => value !== undefined && value.trim() !== "";
