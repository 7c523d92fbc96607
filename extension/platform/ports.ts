/** What the rooms of the extension need from VS Code, as ports, so that they run and are tested without it. */

/** VS Code's SecretStorage. Every window of this installation shares it. */
export interface SecretStore {
  get(key: string): PromiseLike<string | undefined>;
  store(key: string, value: string): PromiseLike<void>;
  delete(key: string): PromiseLike<void>;
}

/** VS Code's Memento: `globalState` (every window) or `workspaceState` (this one, across reloads). */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

/** One setting of the application scope; a workspace cannot set it. */
export interface Setting {
  read(): unknown;
  write(value: unknown): PromiseLike<void>;
}

/** Opens a document that belongs to no file. */
export interface Documents {
  showUntitled(document: { readonly language: string; readonly content: string }): PromiseLike<void>;
}
