// What only queues are asked (V10 to V14, V24).

import type { ApiAnswer } from "../api-answer.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { refusal, unsupportedParameter } from "./refusal.ts";
import type { SourceKind } from "./source-kinds.ts";

export function refuseQueueValues(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  return refuseBatch(kind, settings) ?? refuseQueuePollers(settings);
}

/** V10 to V12. */
function refuseBatch(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const windowSeconds = settings.MaximumBatchingWindowInSeconds ?? 0;
  if (kind === "fifo" && windowSeconds > 0) return refusal("Batching window is not supported for FIFO queues");
  if ((settings.BatchSize ?? 10) <= 10 || windowSeconds > 0) return null;
  return refusal("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
}

/** V24. */
function refuseQueuePollers(settings: MappingSettings): ApiAnswer | null {
  const pollers = settings.ProvisionedPollerConfig;
  if (pollers === undefined) return null;
  if (pollers.PollerGroupName !== undefined) return unsupportedParameter("provisionedPollerConfig.pollerGroupName");
  if (settings.ScalingConfig !== undefined) {
    return refusal(
      "Provisioned mode for SQS ESM does not support maximum concurrency feature. Use MaximumPollers as the control mechanism " +
        "and remove maximum concurrency.",
    );
  }
  const { MinimumPollers: least = 0, MaximumPollers: most = 0 } = pollers;
  if (least >= 2 && least <= 200 && most >= least) return null;
  return refusal(
    "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
  );
}

/** V14. */
export const queueMissing: ApiAnswer = refusal(
  "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: " +
    "The specified queue does not exist.",
);

/** V13, judged on Create alone. Equal is fine. */
export function refuseVisibility(visibilityMs: number, functionTimeoutMs: number): ApiAnswer | null {
  if (visibilityMs >= functionTimeoutMs) return null;
  return refusal(
    `Queue visibility timeout: ${visibilityMs / 1_000} seconds is less than Function timeout: ${functionTimeoutMs / 1_000} seconds`,
  );
}
