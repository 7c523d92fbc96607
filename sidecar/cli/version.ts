// Put in by the build.
// oxlint-disable-next-line eslint/no-underscore-dangle
declare const __VERSION__: string | undefined;

/** The version of this build; `0.0.0-dev` when it runs from source. */
// oxlint-disable-next-line eslint/no-underscore-dangle
export const CLI_VERSION = typeof __VERSION__ === "string" ? __VERSION__ : "0.0.0-dev";
