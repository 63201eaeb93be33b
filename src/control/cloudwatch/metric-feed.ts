// Tells the metric store what happens: mappings' event counts from their counters, once a second, and functions' calls from the journal's
// entries as they come to main. Counters miss nothing; of entries main hears a bounded share when very many come at once, so a function's
// Duration and IteratorAge may rest on fewer samples than it had calls, while its counts are whole.

import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Entry, OutcomeName } from "../../ports/journal.ts";
import type { Counts } from "../../runtime/counters.ts";
import type { MappingView } from "../control-plane.ts";
import type { JournalFeed } from "../lookups.ts";
import type { MetricStore, Series, Unit } from "./metric-store.ts";

const SAMPLE_MS = 1_000;

type Counter = Exclude<keyof Counts, "iteratorAgeMs" | "pollers">;

interface EventCount {
  readonly name: string;
  readonly counter: Counter;
  /** Whether a mapping has this metric at all. */
  readonly isOf: (view: MappingView) => boolean;
}

const isQueue = ({ eventSourceArn }: MappingView): boolean => eventSourceArn.split(":")[2] === "sqs";
const isTopic = ({ eventSourceArn }: MappingView): boolean =>
  eventSourceArn.startsWith("kafka://") || eventSourceArn.split(":")[2] === "kafka";
const isChangeStream = ({ eventSourceArn }: MappingView): boolean => eventSourceArn.split(":")[2] === "rds";
const always = (): boolean => true;
const onStreams = (view: MappingView): boolean => !isQueue(view);

/** M-2 to M-8, of mappings that ask for them (M-1). */
const eventCounts: readonly EventCount[] = [
  { name: "PolledEventCount", counter: "polled", isOf: always },
  { name: "FilteredOutEventCount", counter: "filtered", isOf: ({ hasFilter }) => hasFilter },
  { name: "InvokedEventCount", counter: "invoked", isOf: always },
  { name: "FailedInvokeEventCount", counter: "failedInvoke", isOf: always },
  { name: "DeletedEventCount", counter: "deleted", isOf: isQueue },
  { name: "DroppedEventCount", counter: "dropped", isOf: onStreams },
  { name: "OnFailureDestinationDeliveredEventCount", counter: "delivered", isOf: onStreams },
  { name: "CommittedEventCount", counter: "committed", isOf: isTopic },
];

/** M-210, of mappings that ask for them. */
const errorCounts: readonly (readonly [name: string, counter: Counter])[] = [
  ["PollingErrorCount", "pollingErrors"],
  ["InvokeErrorCount", "invokeErrors"],
  ["SchemaRegistryErrorCount", "registryErrors"],
  ["CommitErrorCount", "commitErrors"],
  ["OnFailureDestinationDeliveryErrorCount", "deliveryFailures"],
];

const functionCounts: readonly (readonly [name: string, counter: Counter])[] = [
  ["Invocations", "invocations"],
  ["Errors", "errors"],
  ["Throttles", "throttles"],
  ["DestinationDeliveryFailures", "deliveryFailures"],
];

export interface MetricFeedOptions {
  readonly store: MetricStore;
  readonly views: () => readonly MappingView[];
  readonly journal: Pick<JournalFeed, "subscribe">;
  readonly clock: Clock;
}

export interface MetricFeed {
  /** Tells what has been counted since the last sample; whoever asks for points calls it first. */
  sample(): void;
  close(): void;
}

export function startMetricFeed({ store, views, journal, clock }: MetricFeedOptions): MetricFeed {
  /** Totals that were told already, by mapping. */
  const told = new Map<string, Counts>();
  /** When the lag that was told last was looked at, by mapping. */
  const lagsAtMs = new Map<string, number>();

  function sample(): void {
    const nowMs = clock.nowMs();
    const there = new Set<string>();
    for (const view of views()) {
      there.add(view.uuid);
      const counters = view.summary?.counters;
      if (counters === undefined) continue;
      tellLag(view);
      const before = told.get(view.uuid);
      told.set(view.uuid, counters);
      sampleMapping(view, { counters, before: before ?? null, nowMs });
    }
    for (const uuid of told.keys()) if (!there.has(uuid)) told.delete(uuid);
    for (const uuid of lagsAtMs.keys()) if (!there.has(uuid)) lagsAtMs.delete(uuid);
  }

  /** M-210: a point a look. */
  function tellLag({ uuid, functionName, isTellingLag, summary }: MappingView): void {
    const lag = summary?.offsetLag ?? null;
    if (lag === null || lagsAtMs.get(uuid) === lag.atMs) return;
    lagsAtMs.set(uuid, lag.atMs);
    store.add(ofFunction("OffsetLag", functionName, "Count"), lag.atMs, lag.sum);
    if (!isTellingLag) return;
    store.add(ofMapping("MaxOffsetLag", uuid), lag.atMs, lag.max);
    store.add(ofMapping("SumOffsetLag", uuid), lag.atMs, lag.sum);
  }

  /** A trouble that lasts is told once; it counts in each minute of an Enabled mapping all the same. */
  function tellErrors(view: MappingView, nowMs: number, since: (counter: Counter) => number): void {
    const { problem } = view;
    const lasting =
      problem === null || view.state !== "Enabled"
        ? null
        : problem.isOfRegistry === true
          ? "registryErrors"
          : "pollingErrors";
    for (const [name, counter] of errorCounts) {
      const series = ofMapping(name, view.uuid);
      const count = since(counter);
      if (count > 0) store.add(series, nowMs, count);
      else if (counter === lasting && !store.has(series, nowMs)) store.add(series, nowMs, 1);
    }
  }

  function sampleMapping(
    view: MappingView,
    { counters, before, nowMs }: { readonly counters: Counts; readonly before: Counts | null; readonly nowMs: number },
  ): void {
    const since = (counter: Counter): number => counters[counter] - (before?.[counter] ?? 0);
    for (const [name, counter] of functionCounts) {
      addCounts(store, ofFunction(name, view.functionName, "Count"), nowMs, since(counter));
    }
    // DocumentDB's alone, as AWS has it.
    if (isChangeStream(view))
      addCounts(store, ofFunction("OversizedRecordCount", view.functionName, "Count"), nowMs, since("oversized"));
    // A call that ended well is a sample of 0 of Errors, as on AWS.
    const wellCount = Math.min(Math.max(since("invocations") - since("errors"), 0), MOST_SINGLE_SAMPLES);
    for (let index = 0; index < wellCount; index += 1)
      store.add(ofFunction("Errors", view.functionName, "Count"), nowMs, 0);
    if (view.isCountingErrors) tellErrors(view, nowMs, since);
    if (!view.isCountingEvents) return;
    for (const { name, counter, isOf } of eventCounts) {
      if (!isOf(view)) continue;
      const series = ofMapping(name, view.uuid);
      const value = since(counter);
      // M-2, M-3: a mapping that is Enabled has a point each minute, which is 0 where there was nothing.
      const isZeroDue = ZERO_EACH_MINUTE.has(name) && view.state === "Enabled" && !store.has(series, nowMs);
      if (value > 0 || isZeroDue) store.add(series, nowMs, value);
    }
    // M-10: only mappings with ProvisionedPollerConfig have provisioned ones.
    if (counters.pollers !== null && view.isProvisioned)
      store.add(ofMapping("ProvisionedPollers", view.uuid), nowMs, counters.pollers);
  }

  const cancelFeed = journal.subscribe((entries) => {
    for (const entry of entries) hear(entry);
  });

  function hear(entry: Entry): void {
    if (entry.kind === "invocation") {
      const { functionName, outcome, atMs, tookMs } = entry;
      const add = (name: string, value: number, unit: Unit = "Count"): void =>
        store.add(ofFunction(name, functionName, unit), atMs, value);
      if (outcome === "throttled") return add("Throttles", 1);
      if (!hasRun(outcome)) return;
      add("Invocations", 1);
      add("Errors", outcome === "ok" ? 0 : 1);
      add("Duration", tookMs, "Milliseconds");
      return;
    }
    if (entry.kind !== "decided" || entry.mapping === null) return;
    const view = views().find(({ uuid }) => uuid === entry.mapping);
    if (view === undefined) return;
    const { functionName } = view;
    if (hasRun(entry.outcome))
      store.add(ofFunction("Duration", functionName, "Milliseconds"), entry.atMs, entry.tookMs);
    if (entry.iteratorAgeMs !== null) {
      store.add(ofFunction("IteratorAge", functionName, "Milliseconds"), entry.atMs, entry.iteratorAgeMs);
    }
  }

  let cancelTimer: Cancel = () => undefined;
  const tick = (): void => {
    sample();
    cancelTimer = clock.wakeAt(clock.nowMs() + SAMPLE_MS, tick);
  };
  tick();

  return {
    sample,
    close() {
      cancelFeed();
      cancelTimer();
    },
  };
}

const ZERO_EACH_MINUTE: ReadonlySet<string> = new Set(["PolledEventCount", "FilteredOutEventCount"]);
/** As Lambda sends a sample for each call, so do counts that came together. */
const MOST_SINGLE_SAMPLES = 1_000;

function addCounts(store: MetricStore, series: Series, atMs: number, count: number): void {
  const singles = Math.min(count, MOST_SINGLE_SAMPLES);
  for (let index = 0; index < singles; index += 1) store.add(series, atMs, 1);
  if (count > singles) store.add(series, atMs, count - singles);
}

const ofMapping = (name: string, uuid: string): Series => ({
  name,
  dimensions: [{ name: "EventSourceMappingUUID", value: uuid }],
  unit: "Count",
});

const ofFunction = (name: string, functionName: string, unit: Unit): Series => ({
  name,
  dimensions: [{ name: "FunctionName", value: functionName }],
  unit,
});

function hasRun(outcome: OutcomeName): boolean {
  return !["throttled", "fault", "function missing", "not started", "too large"].includes(outcome);
}
