// The package's entry for tests, `millrace/testing`: apps and scenarios under virtual time, in the test's own process.

export { type App, millrace, type MillraceOptions, type PutAnswer, type TestRecord } from "./app.ts";
export {
  type OnFailureDocument,
  type StreamEvent,
  type TestBatch,
  type TestDocument,
  type TestInvocation,
} from "./seen.ts";
export { simulate, type Simulated, type SimulateSettings } from "./simulate.ts";
export {
  type FileFunctionOptions,
  type FunctionOptions,
  type HandlerContext,
  type InlineFunctionOptions,
  type InlineHandler,
} from "./test-functions.ts";
export { type MappingSettings, type TestMapping } from "./test-mapping.ts";
export {
  type EndedMessage,
  type QueueOptions,
  type SendOptions,
  type TestMessage,
  type TestQueue,
} from "./test-queue.ts";
export { type PlainItem, type PlainValue, type TestTable } from "./test-table.ts";
export { type TimeSpan } from "./time-span.ts";
