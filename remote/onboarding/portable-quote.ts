/**
 * Quotes one argument so that sh, bash, zsh, fish, csh and tcsh all read it as the same text: in single quotes, which all of
 * them have. What one of them would still read in there is refused: a quote, fish's backslash, csh's `!` and line ends; half
 * a character too.
 * @returns undefined when the text cannot be said alike to all of them
 */
export function portableQuote(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  const isMisread = /['\\!\u0000-\u001f\u007f]/.test(text);
  return isMisread || !text.isWellFormed() ? undefined : `'${text}'`;
}
