import type { Translate } from "../../protocol/l10n/translate.ts";
import { examine } from "../connection/doctor.ts";
import type { Road } from "../connection/roads/road.ts";
import type { GatewayProfile } from "../connection/profile.ts";
import { type RoadFindings, doctorReport } from "../health/doctor-report.ts";
import type { Documents } from "../platform/ports.ts";

/** `OpenClaw: Connection Doctor`: a climb of each road, beside the connection that is there, as a document. */
export async function runDoctor(ports: {
  readonly profile: GatewayProfile | undefined;
  /** Asks which Gateway, when none is at hand. */
  readonly choose: () => Promise<GatewayProfile | undefined>;
  /** Each by itself, that of the target first. */
  readonly openRoads: (profile: GatewayProfile) => readonly Road[];
  readonly documents: Documents;
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly clean: (text: string) => string;
  readonly t: Translate;
}): Promise<void> {
  const { t } = ports;
  const profile = ports.profile ?? (await ports.choose());
  if (profile === undefined) return;
  const { name } = profile;
  const roads = ports.openRoads(profile);
  const findings = await ports.progress(t("extension.doctor.running", { name }), async (signal) => {
    const found: RoadFindings[] = [];
    // One after the other: each may ask something.
    for (const road of roads) found.push({ path: road.path, ...(await examine(road, signal)) });
    return found;
  });
  const report = doctorReport({ name, at: Date.now(), roads: findings }, t);
  await ports.documents.showUntitled({ language: "markdown", content: ports.clean(report) });
}
