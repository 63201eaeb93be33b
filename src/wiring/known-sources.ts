// What the configuration says of brokers, clusters and schema registries, as the control plane asks for it.

import type { Config } from "../config/config.ts";
import type { ControlPlaneOptions } from "../control/control-plane.ts";
import { enginesOf } from "../control/mapping/source-kinds.ts";

export const knownSources = ({
  sources: brokers,
  kafkaClusters,
  documentDbs,
  schemaRegistries: registries,
}: Config): Pick<ControlPlaneOptions, "engineOf" | "brokers" | "kafkaClusters" | "documentDbs" | "registries"> => ({
  engineOf: enginesOf(brokers),
  brokers,
  kafkaClusters,
  documentDbs,
  registries,
});
