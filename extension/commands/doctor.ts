import type { Translate } from "../../protocol/l10n/translate.ts";
import { examine } from "../connection/doctor.ts";
import type { Road } from "../connection/gateway-link.ts";
import type { GatewayProfile } from "../connection/profile.ts";
import { doctorReport } from "../health/doctor-report.ts";
import type { Documents } from "../platform/ports.ts";

/** `OpenClaw: Connection Doctor`: one climb of its own, beside the connection that is there, as a document. */
export async function runDoctor(ports: {
  readonly profile: GatewayProfile | undefined;
  /** Asks which Gateway, when none is at hand. */
  readonly choose: () => Promise<GatewayProfile | undefined>;
  readonly openRoad: (profile: GatewayProfile) => Road;
  readonly documents: Documents;
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly clean: (text: string) => string;
  readonly t: Translate;
}): Promise<void> {
  const { t } = ports;
  const profile = ports.profile ?? (await ports.choose());
  if (profile === undefined) return;
  const { name } = profile;
  const road = ports.openRoad(profile);
  const found = await ports.progress(t("extension.doctor.running", { name }), (signal) => examine(road, signal));
  const report = doctorReport({ name, path: road.path, at: Date.now(), ...found }, t);
  await ports.documents.showUntitled({ language: "markdown", content: ports.clean(report) });
}
