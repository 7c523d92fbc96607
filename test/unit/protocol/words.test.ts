import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { toFailure } from "../../../protocol/errors/failure.ts";
import { failureText } from "../../../protocol/l10n/failure-text.ts";
import { LOCALES, toLocale } from "../../../protocol/l10n/locale.ts";
import { allTexts, translator } from "../../../protocol/l10n/translate.ts";
import { redact } from "../../../protocol/util/redact.ts";

describe("the words", () => {
  it("say every text in every language, with the same places for values", () => {
    for (const [key, text] of Object.entries(allTexts)) {
      const places = LOCALES.map((locale) => [...text[locale].matchAll(/\{\w+\}/g)].map(String).sort().join());
      expect(text.en.trim(), key).not.toBe("");
      expect(text["zh-cn"].trim(), key).not.toBe("");
      expect(new Set(places).size, `${key}: ${places.join(" / ")}`).toBe(1);
    }
  });

  it("have a title, a why and a remedy for every entry of the catalogue, without an empty place", () => {
    for (const locale of LOCALES) {
      for (const code of Object.keys(ERRORS) as ErrorCode[]) {
        const text = failureText(translator(locale), toFailure(new ConnectError(code, "a reason")));
        expect(Object.values(text).join(), code).not.toMatch(/\{\w+\}/);
      }
    }
  });

  it("offer at most two buttons on a failure", () => {
    for (const [code, { actions }] of Object.entries(ERRORS)) expect(actions.length, code).toBeLessThanOrEqual(2);
  });

  it.each([
    ["zh-CN", "zh-cn"],
    ["zh", "zh-cn"],
    ["zh-Hans-SG", "zh-cn"],
    ["zh-TW", "en"],
    ["zh-Hant-HK", "en"],
    ["de", "en"],
    ["", "en"],
  ])("are chosen for %s: %s", (tag, locale) => {
    expect(toLocale(tag)).toBe(locale);
  });
});

describe("redaction", () => {
  it.each([
    '{"token":"abc123def456"}',
    "token=abc123def456&x=1",
    "Authorization: Bearer abc123def456",
    "wss://user:abc123def456@host/",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nabc123def456\n-----END OPENSSH PRIVATE KEY-----",
    'deviceToken: "abc123def456"',
    "OPENCLAW_GATEWAY_TOKEN=abc123def456",
    "password: abc123def456",
  ])("takes the secret out of %s", (text) => {
    expect(redact(text)).not.toContain("abc123def456");
  });

  it("takes known secrets out wherever they stand", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string(), fc.string(), (secret, before, after) => {
        expect(redact(`${before}${secret}${after}`, [secret]).split("<redacted>").join("")).not.toContain(secret);
      }),
    );
  });

  it("leaves ordinary text alone", () => {
    const text = "ladder 3: websocket passed (127.0.0.1:18789), 12 ms; see https://example.org/a?b=c";
    expect(redact(text)).toBe(text);
  });
});
