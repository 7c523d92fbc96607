/** A part that `npm start` brought up and takes down again. */
export interface Started {
  readonly name: string;
  /** What the person needs to know to use it. */
  readonly lines: readonly string[];
  /** Resolves when it ends, by itself or because it was stopped. */
  readonly exit: Promise<unknown>;
  stop(): Promise<void>;
}

/** How to start VS Code, desktop or in the browser. */
export interface VsCodeOptions {
  /** The folder of the project, which is also the folder that VS Code opens. */
  readonly root: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}
