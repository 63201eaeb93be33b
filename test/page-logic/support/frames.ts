// Frames made by hand: as little in them as the types have, and what a test is about.

import type {
  BatchRow,
  FailingFrame,
  Frame,
  LaneFrame,
  MappingFrame,
  SecondPoint,
  TreeNodeFrame,
} from "../../../src/dashboard/frame.ts";

export const aFrame = (given: Partial<Frame> = {}): Frame => ({
  number: 1,
  isWhole: true,
  atMs: 1_000_000,
  origin: { kind: "server", version: "test", store: "embedded", isReadOnly: false },
  mappings: [],
  batches: [],
  shownOf: 1,
  failing: [],
  functions: [],
  destinations: [],
  seconds: [],
  news: [],
  ...given,
});

export const aMapping = (given: Partial<MappingFrame> = {}): MappingFrame => ({
  uuid: "5e1f09c2-0000-4000-8000-000000000000",
  source: "kinesis:orders",
  eventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
  family: "stream",
  functionName: "orders-process",
  state: "Enabled",
  isPaused: false,
  lastResult: "OK",
  settings: [],
  batchSize: 10,
  windowMs: 5_000,
  lagCount: 0,
  oldestAtMs: null,
  runningCount: 0,
  batchCount: 0,
  failedCount: 0,
  gaveUpCount: 0,
  queue: null,
  lanes: [],
  moreLanes: 0,
  ...given,
});

export const aLane = (given: Partial<LaneFrame> = {}): LaneFrame => ({
  lane: "u/shardId-000000000000/0",
  label: "shard 0",
  checkpoint: null,
  lagCount: 0,
  oldestAtMs: null,
  batch: null,
  assembling: null,
  heldBy: null,
  tumbling: null,
  ...given,
});

export const aBatch = (given: Partial<BatchRow> = {}): BatchRow => ({
  id: 1,
  mapping: "5e1f09c2-0000-4000-8000-000000000000",
  lane: "u/shardId-000000000000/0",
  label: "shard 0",
  batch: "1",
  closedAtMs: 1_000_000,
  closedBy: "size",
  recordCount: 10,
  payloadBytes: 9_333,
  windowMs: 3_900,
  requestId: "3f9c21d0-0000-4000-8000-000000000000",
  attempt: 1,
  tookMs: 9,
  outcome: "ok",
  verdict: "done",
  next: "",
  unheard: "",
  ...given,
});

export const aNode = (given: Partial<TreeNodeFrame> = {}): TreeNodeFrame => ({
  name: "29",
  from: 1,
  to: 10,
  state: "waiting",
  outcome: null,
  attempt: 0,
  tookMs: null,
  requestId: null,
  retryAtMs: null,
  condition: null,
  destination: null,
  checkpoint: null,
  children: [],
  ...given,
});

export const aFamily = (root: TreeNodeFrame): FailingFrame => ({
  mapping: "5e1f09c2-0000-4000-8000-000000000000",
  lane: "u/shardId-000000000000/0",
  label: "shard 0",
  batch: root.name,
  closedAtMs: 1_000_000,
  endedAtMs: null,
  error: "TypeError: Cannot read properties of undefined (reading 'total')",
  root,
});

export const aSecond = (given: Partial<SecondPoint> = {}): SecondPoint => ({
  second: 1_000,
  mapping: null,
  records: 10,
  batches: 1,
  invocations: 1,
  failed: 0,
  fill: 1,
  tookP50Ms: 5,
  tookP99Ms: 9,
  iteratorAgeMs: 100,
  running: 1,
  ...given,
});
