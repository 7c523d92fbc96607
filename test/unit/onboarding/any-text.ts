import fc from "fast-check";

/** Text of any characters, also of those that no terminal shows; the ones that a shell or a parser minds come often. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        "\\",
        "!",
        "\n",
        "\r",
        "\0",
        "$",
        "`",
        "{",
        "}",
        ",",
        ":",
        "/",
        "*",
        "#",
        " ",
        "\u2028",
      ),
      fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0, max: 0x10_ffff }).map((code) => String.fromCodePoint(code)),
    ),
    { maxLength: 30 },
  )
  .map((signs) => signs.join(""));
