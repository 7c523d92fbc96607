import { isAbsolute, join } from "node:path";
import { readText } from "../../files/read-text.ts";
import { NeedsSystemSsh, type SystemOnly } from "../system/needs-system-ssh.ts";
import { printable } from "../../target/printable.ts";
import { matchesPatternList } from "../wildcard.ts";
import { configFault } from "./config-fault.ts";
import type { SshEnvironment } from "./environment.ts";
import { ExpansionError, expandPath, expandTokens } from "./expand.ts";
import { globFiles } from "./glob.ts";
import { parseConfigLine } from "./line.ts";

/** Where a value was found. */
export interface ConfigValue {
  readonly args: readonly string[];
  readonly savedIn: string;
}

/** What a person typed, and what earlier values have made of it. */
export interface ConfigQuestion {
  readonly host: string;
  /** A user that was typed wins over every file, and is what Match user sees. */
  readonly user: string | undefined;
}

const MAX_FILE_BYTES = 1024 * 1024;
const MAX_DEPTH = 16;
const MAX_FILES = 256;
/** Keywords of which every value counts. */
const REPEATED = new Set(["identityfile", "certificatefile", "localforward"]);
/** Of these two the first one that is set shuts the other out (ssh_config(5), ProxyJump). */
const PROXIES = new Set(["proxyjump", "proxycommand"]);

/**
 * Reads ssh_config files for one host: Include, Host and Match, first value wins. Unknown keywords are passed over, since a
 * file may be written for another version of ssh.
 */
export class ConfigReader {
  readonly #question: ConfigQuestion;
  readonly #environment: SshEnvironment;
  readonly #values = new Map<string, ConfigValue[]>();
  /** Of `Match exec`. */
  readonly #commands: { command: string; savedIn: string }[] = [];
  #criterion: SystemOnly["criterion"] | undefined;
  #files = 0;
  #wantsFinalPass = false;
  #isFinalPass = false;

  constructor(question: ConfigQuestion, environment: SshEnvironment) {
    this.#question = question;
    this.#environment = environment;
  }

  /** Reads all files, and a second time when a `Match final` asks for it. @throws ConnectError SSH_CONFIG_INVALID, NeedsSystemSsh */
  async read(): Promise<void> {
    await this.#readAll();
    if (this.#criterion !== undefined)
      throw new NeedsSystemSsh({ commands: this.#commands, criterion: this.#criterion });
    if (!this.#wantsFinalPass) return;
    // In the second pass HostName is settled: Match host sees the real name, and no other HostName is taken.
    this.#values.set("hostname", [{ args: [this.hostName()], savedIn: this.first("hostname")?.savedIn ?? "" }]);
    this.#isFinalPass = true;
    await this.#readAll();
  }

  first(keyword: string): ConfigValue | undefined {
    return this.#values.get(keyword)?.[0];
  }

  all(keyword: string): readonly ConfigValue[] {
    return this.#values.get(keyword) ?? [];
  }

  /** The name to look up and dial: HostName with `%h` and `%%`, else what was typed. */
  hostName(): string {
    const value = this.first("hostname");
    const [name] = value?.args ?? [];
    if (value === undefined || name === undefined || this.#isFinalPass) return name ?? this.#question.host;
    try {
      return expandTokens(name, { h: this.#question.host, n: this.#question.host }, this.#environment);
    } catch (error) {
      throw configFault(value.savedIn, error instanceof Error ? error.message : String(error), error);
    }
  }

  user(): string {
    return this.#question.user ?? this.first("user")?.args[0] ?? this.#environment.localUser;
  }

  async #readAll(): Promise<void> {
    for (const { path, includeFrom } of this.#environment.configFiles) {
      await this.#readFile({ path, includeFrom, depth: 0, enclosed: true });
    }
  }

  /** `enclosed`: the block that the Include stands in applies; when it does not, nothing in the file can. */
  async #readFile(file: { path: string; includeFrom: string; depth: number; enclosed: boolean }): Promise<void> {
    if (file.depth > MAX_DEPTH) throw configFault(file.path, "Include goes too deep");
    if (++this.#files > MAX_FILES) throw configFault(file.path, "too many files are included");
    let active = file.enclosed;
    const lines = (await readConfigText(file.path)).split("\n");
    for (const [index, line] of lines.entries()) {
      const savedIn = `${file.path}:${index + 1}`;
      const directive = parseConfigLine(line);
      if (directive === undefined) continue;
      if ("fault" in directive) throw configFault(savedIn, directive.fault);
      const { keyword, args } = directive;
      if (keyword === "host") {
        active = file.enclosed && matchesPatternList(this.#question.host, args);
      } else if (keyword === "match") {
        active = file.enclosed && this.#matches(args, savedIn);
      } else if (keyword === "include") {
        for (const pattern of args) {
          for (const path of await this.#includedFiles(pattern, { ...file, savedIn })) {
            await this.#readFile({ ...file, path, depth: file.depth + 1, enclosed: active });
          }
        }
      } else if (active) {
        this.#take(keyword, { args, savedIn });
      }
    }
  }

  async #includedFiles(pattern: string, from: { includeFrom: string; savedIn: string }): Promise<readonly string[]> {
    try {
      const rooted = isAbsolute(pattern) || /^[~$]/.test(pattern) ? pattern : join(from.includeFrom, pattern);
      return await globFiles(expandPath(rooted.replaceAll("%", "%%"), {}, this.#environment));
    } catch (error) {
      if (error instanceof ExpansionError) throw configFault(from.savedIn, error.message, error);
      throw error;
    }
  }

  #take(keyword: string, value: ConfigValue): void {
    if (value.args.length === 0) throw configFault(value.savedIn, `${keyword} has no value`);
    const key = PROXIES.has(keyword) ? ([...PROXIES].find((proxy) => this.#values.has(proxy)) ?? keyword) : keyword;
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else if (REPEATED.has(keyword) && !values.some((known) => known.savedIn === value.savedIn)) values.push(value);
  }

  #matches(args: readonly string[], savedIn: string): boolean {
    if (args.length === 0) throw configFault(savedIn, "Match has no criterion");
    let matched = true;
    for (let at = 0; at < args.length; at++) {
      const word = args[at] ?? "";
      const negated = word.startsWith("!");
      const [name = "", inline] = (negated ? word.slice(1) : word).split("=", 2);
      const criterion = name.toLowerCase();
      let result: boolean;
      if (criterion === "all" || criterion === "final" || criterion === "canonical") {
        if (criterion === "final") this.#wantsFinalPass = true;
        result = criterion === "all" || this.#isFinalPass;
      } else {
        const value = inline ?? args[++at];
        if (value === undefined) throw configFault(savedIn, `Match ${criterion} has no value`);
        // As in OpenSSH, what comes after a criterion that failed is not looked at.
        result = matched && this.#holds(criterion, value, savedIn);
      }
      matched &&= result !== negated;
    }
    return matched;
  }

  #holds(criterion: string, value: string, savedIn: string): boolean {
    const patterns = value.split(",");
    switch (criterion) {
      case "host":
        return matchesPatternList(this.hostName().toLowerCase(), patterns);
      case "originalhost":
        return matchesPatternList(this.#question.host, patterns);
      case "user":
        return matchesPatternList(this.user(), patterns);
      case "localuser":
        return matchesPatternList(this.#environment.localUser, patterns);
      default:
        // Read on as if it held, so that a person can be shown every command.
        if (criterion === "exec") this.#commands.push({ command: value, savedIn });
        this.#criterion ??= { name: printable(criterion, 40), savedIn };
        return true;
    }
  }
}

async function readConfigText(path: string): Promise<string> {
  try {
    return await readText(path, MAX_FILE_BYTES);
  } catch (error) {
    throw configFault(path, error instanceof Error ? error.message : String(error), error);
  }
}
