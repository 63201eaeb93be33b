// The Prometheus page, from the mappings' summaries (rules M-1 to M-9). Event counts appear for mappings that ask for them by
// MetricsConfig (M-1), what Lambda reports as function metrics for all.

import { Counter, Gauge, Registry } from "prom-client";
import type { ControlPlane, MappingView } from "../control-plane.ts";
import { parseArn } from "../mapping/source-kinds.ts";
import type { Counts } from "../../runtime/counters.ts";

type CounterName = Exclude<keyof Counts, "iteratorAgeMs" | "pollers">;

interface CounterRow {
  readonly name: string;
  readonly help: string;
  readonly member: CounterName;
  readonly isShown: (view: MappingView) => boolean;
}

const whenCounting = (view: MappingView): boolean => view.isCountingEvents;
const always = (): boolean => true;
const whenCountingErrors = (view: MappingView): boolean => view.isCountingErrors;
const isOnTopic = ({ eventSourceArn }: MappingView): boolean =>
  eventSourceArn.startsWith("kafka://") || parseArn(eventSourceArn)?.service === "kafka";
const isOnQueue = (view: MappingView): boolean => parseArn(view.eventSourceArn)?.service === "sqs";

const counterRows: readonly CounterRow[] = [
  {
    name: "millrace_polled_event_count_total",
    help: "PolledEventCount: records read from the source (M-2).",
    member: "polled",
    isShown: whenCounting,
  },
  {
    name: "millrace_filtered_out_event_count_total",
    help: "FilteredOutEventCount: records that the filter passed over (M-3).",
    member: "filtered",
    isShown: (view) => view.isCountingEvents && view.hasFilter,
  },
  {
    name: "millrace_invoked_event_count_total",
    help: "InvokedEventCount: records in every attempt (M-4).",
    member: "invoked",
    isShown: whenCounting,
  },
  {
    name: "millrace_failed_invoke_event_count_total",
    help: "FailedInvokeEventCount: records in attempts that failed (M-5).",
    member: "failedInvoke",
    isShown: whenCounting,
  },
  {
    name: "millrace_dropped_event_count_total",
    help: "DroppedEventCount: records given up that a destination refused (M-6).",
    member: "dropped",
    isShown: whenCounting,
  },
  {
    name: "millrace_on_failure_destination_delivered_event_count_total",
    help: "OnFailureDestinationDeliveredEventCount: records covered by delivered documents (M-7).",
    member: "delivered",
    isShown: whenCounting,
  },
  {
    name: "millrace_committed_event_count_total",
    help: "CommittedEventCount: by how many offsets a group's committed places went on (M-210).",
    member: "committed",
    isShown: (view) => view.isCountingEvents && isOnTopic(view),
  },
  {
    name: "millrace_polling_error_count_total",
    help: "PollingErrorCount: troubles with a topic, each once (M-210).",
    member: "pollingErrors",
    isShown: whenCountingErrors,
  },
  {
    name: "millrace_invoke_error_count_total",
    help: "InvokeErrorCount: attempts of batches that failed, whole or in part (M-210).",
    member: "invokeErrors",
    isShown: whenCountingErrors,
  },
  {
    name: "millrace_schema_registry_error_count_total",
    help: "SchemaRegistryErrorCount: troubles with a schema registry, each once, and records that no schema fits (M-210).",
    member: "registryErrors",
    isShown: whenCountingErrors,
  },
  {
    name: "millrace_commit_error_count_total",
    help: "CommitErrorCount: troubles with committing offsets, each once (M-210).",
    member: "commitErrors",
    isShown: whenCountingErrors,
  },
  {
    name: "millrace_on_failure_destination_delivery_error_count_total",
    help: "OnFailureDestinationDeliveryErrorCount: documents that a destination refused (M-210).",
    member: "deliveryFailures",
    isShown: whenCountingErrors,
  },
  {
    name: "millrace_destination_delivery_failures_total",
    help: "DestinationDeliveryFailures: documents that a destination refused (M-7).",
    member: "deliveryFailures",
    isShown: always,
  },
  {
    name: "millrace_lost_records_total",
    help: "Records that left the source before they were read (E-68).",
    member: "lost",
    isShown: always,
  },
  {
    name: "millrace_dropped_aggregate_records_total",
    help: "Records of KPL aggregates that were dropped whole, as one lies outside the shard (P-10).",
    member: "droppedInAggregates",
    isShown: always,
  },
  {
    name: "millrace_oversized_records_total",
    help: "Records that alone are over the event's 6 MB, and are given up without a call (X-301, M-306, R-301).",
    member: "oversized",
    isShown: always,
  },
  {
    name: "millrace_deleted_event_count_total",
    help: "DeletedEventCount: messages deleted from their queue, filtered ones included (M-8).",
    member: "deleted",
    isShown: (view) => view.isCountingEvents && isOnQueue(view),
  },
  {
    name: "millrace_dead_letters_total",
    help: "Messages that a receive moved to the queue for dead letters (Q-12).",
    member: "deadLetters",
    isShown: isOnQueue,
  },
  { name: "millrace_batches_total", help: "Batches that closed.", member: "batches", isShown: always },
  {
    name: "millrace_tumbling_windows_closed_total",
    help: "Tumbling windows that were closed by their final call, early ends among them (W-8).",
    member: "windows",
    isShown: always,
  },
  {
    name: "millrace_tumbling_windows_ended_early_total",
    help: "Tumbling windows that ended early, as their state was over 1 MiB (W-12).",
    member: "windowsEndedEarly",
    isShown: always,
  },
  {
    name: "millrace_invocations_total",
    help: "Invocations: attempts that reached the function.",
    member: "invocations",
    isShown: always,
  },
  {
    name: "millrace_errors_total",
    help: "Errors: attempts that ended in a function error.",
    member: "errors",
    isShown: always,
  },
  {
    name: "millrace_throttles_total",
    help: "Throttles: attempts that were refused for want of concurrency.",
    member: "throttles",
    isShown: always,
  },
];

const labelNames = ["mapping", "function"] as const;

export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

export function createMetricsPage(control: ControlPlane): MetricsPage {
  const registry = new Registry();
  const labels = (view: MappingView) => ({ mapping: view.uuid, function: view.functionName });
  for (const row of counterRows) {
    new Counter({
      name: row.name,
      help: row.help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const view of control.views()) {
          if (view.summary !== null && row.isShown(view)) this.inc(labels(view), view.summary.counters[row.member]);
        }
      },
    });
  }
  addGauges(registry, control, labels);
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

function addGauges(
  registry: Registry,
  control: ControlPlane,
  labels: (view: MappingView) => { readonly mapping: string; readonly function: string },
): void {
  const gauge = (name: string, help: string, value: (view: MappingView) => number | null): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const view of control.views()) {
          const shown = value(view);
          if (shown !== null) this.set(labels(view), shown);
        }
      },
    });
  };
  gauge(
    "millrace_iterator_age_milliseconds",
    "IteratorAge: greatest age of a batch's last record at the end of an attempt (M-9).",
    (view) => view.summary?.counters.iteratorAgeMs ?? null,
  );
  gauge("millrace_records_in_progress", "Records read and not ended yet.", (view) => view.summary?.lagCount ?? null);
  // Nobody looks for a mapping that does not poll.
  const lagOf = (view: MappingView) => (view.state === "Enabled" ? (view.summary?.offsetLag ?? null) : null);
  gauge(
    "millrace_offset_lag",
    "OffsetLag: offsets that a topic's consumer group has yet to commit, looked at once a minute (M-210).",
    (view) => lagOf(view)?.sum ?? null,
  );
  gauge("millrace_max_offset_lag", "MaxOffsetLag: of the partition that is furthest behind (M-210).", (view) =>
    view.isTellingLag ? (lagOf(view)?.max ?? null) : null,
  );
  gauge("millrace_sum_offset_lag", "SumOffsetLag: over all partitions (M-210).", (view) =>
    view.isTellingLag ? (lagOf(view)?.sum ?? null) : null,
  );
  gauge(
    "millrace_pollers",
    "Pollers of a mapping on a queue; of a provisioned one, ProvisionedPollers (M-10).",
    (view) => view.summary?.counters.pollers ?? null,
  );
  gauge("millrace_invocations_running", "Invocations under way.", (view) => view.summary?.runningCount ?? null);
  gauge("millrace_mapping_enabled", "1 while the mapping is Enabled.", (view) => (view.state === "Enabled" ? 1 : 0));
}
