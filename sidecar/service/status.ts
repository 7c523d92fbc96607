import { installedService } from "./supervised.ts";

/** The service of a sidecar as `status` shows it. */
export type ServiceStatus =
  | { readonly installed: false }
  | {
      readonly installed: true;
      readonly kind: string;
      readonly unit: string;
      readonly path: string;
      readonly active: boolean;
      /** The supervisor's own word. */
      readonly detail: string;
    };

/** Asks the supervisor only when a service is installed: it is slower than the Gateway. */
export async function serviceStatus(stateDir: string): Promise<ServiceStatus> {
  const service = installedService(stateDir);
  if (service === undefined) return { installed: false };
  const { kind, unit, path } = service;
  const { isActive, detail } = await service.state();
  return { installed: true, kind, unit, path, active: isActive, detail };
}
