import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { installedService } from "../supervised.ts";
import type { DoctorContext, Finding } from "./finding.ts";

/** An installed service: its programs are still there, and it runs. */
export async function checkService({ stateDir, running }: DoctorContext): Promise<readonly Finding[]> {
  const finding = { id: "service", title: "Service" } as const;
  const service = installedService(stateDir);
  if (service === undefined) return [{ ...finding, severity: "info", evidence: "not installed" }];
  const { isActive, detail } = await service.state();
  const evidence = `${service.unit} is ${detail}`;
  const gone = programsOf(readFileSync(service.path, service.encoding)).find((path) => !existsSync(path));
  if (gone !== undefined) {
    const remedy = "Run `openclaw-sidecar install` again.";
    return [{ ...finding, severity: "error", evidence: `${service.path} names ${gone}, which is gone`, remedy }];
  }
  if (isActive) return [{ ...finding, severity: "ok", evidence }];
  if (running.kind === "ours") {
    const remedy = "Run `openclaw-sidecar stop` and then `openclaw-sidecar start`.";
    const byHand = `${evidence}; the sidecar (process ${running.info.pid}) was started by hand`;
    return [{ ...finding, severity: "warning", evidence: byHand, remedy }];
  }
  const remedy = `Run \`openclaw-sidecar start\`; what it says: ${service.logsHint}`;
  return [{ ...finding, severity: "warning", evidence, remedy }];
}

/** The absolute paths of the Node and the script in a service's file, as they were before they were escaped for it. */
function programsOf(definition: string): readonly string[] {
  const quoted = [...definition.matchAll(/"((?:\/|[A-Za-z]:\\)[^"]*(?:node(?:\.exe)?|\.mjs))"/g)]
    .flatMap(([, path]) => path ?? [])
    .map((path) => path.replaceAll("%%", "%").replaceAll("\\\\", "\\"));
  const elements = [...definition.matchAll(/<(?:string|Command)>([^<]*(?:node(?:\.exe)?|\.mjs))</g)]
    .flatMap(([, path]) => path ?? [])
    .map((path) => path.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
  return [...quoted, ...elements].filter((path) => isAbsolute(path));
}
