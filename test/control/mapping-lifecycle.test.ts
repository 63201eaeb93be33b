import { describe, expect, test } from "vitest";
import {
  aHouse,
  anEnabledMapping,
  firstUuid,
  functionArn,
  minimal,
  stateNow,
  stateOf,
  streamArn,
} from "./doubles/house.ts";

const first = firstUuid;
const unknown = "11111111-1111-4111-8111-111111111111";

const recordedOrder = [
  "StartingPosition",
  "SelfManagedEventSource",
  "ParallelizationFactor",
  "FilterCriteria",
  "FilterCriteriaError",
  "ProvisionedPollerConfig",
  "MetricsConfig",
  "LastModified",
  "LastProcessingResult",
  "DestinationConfig",
  "AmazonManagedKafkaEventSourceConfig",
  "SourceAccessConfigurations",
  "UUID",
  "MaximumBatchingWindowInSeconds",
  "BatchSize",
  "FunctionArn",
  "KMSKeyArn",
  "MaximumRetryAttempts",
  "ScalingConfig",
  "Topics",
  "EventSourceArn",
  "SelfManagedKafkaEventSourceConfig",
  "DocumentDBEventSourceConfig",
  "TumblingWindowInSeconds",
  "BisectBatchOnFunctionError",
  "EventSourceMappingArn",
  "State",
  "LoggingConfig",
  "MaximumRecordAgeInSeconds",
  "StartingPositionTimestamp",
  "Queues",
  "StateTransitionReason",
  "FunctionResponseTypes",
];

describe("section 2.3: what Create answers", () => {
  test("B-8: all 33 members in the recorded order, with the defaults of a stream", async () => {
    const { control } = await aHouse();
    const answer = await control.createMapping(minimal);
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.body ?? {})).toEqual(recordedOrder);
    expect(Object.fromEntries(Object.entries(answer.body ?? {}).filter(([, value]) => value !== null))).toEqual({
      BatchSize: 100,
      BisectBatchOnFunctionError: false,
      DestinationConfig: { OnFailure: {} },
      EventSourceArn: streamArn,
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:123456789012:event-source-mapping:${first}`,
      FunctionArn: functionArn,
      FunctionResponseTypes: [],
      LastModified: 1_789_481_367.345,
      LastProcessingResult: "No records processed",
      MaximumBatchingWindowInSeconds: 0,
      MaximumRecordAgeInSeconds: -1,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
      StartingPosition: "LATEST",
      State: "Creating",
      StateTransitionReason: "User action",
      TumblingWindowInSeconds: 0,
      UUID: first,
    });
  });

  test("empty filters and metrics are dropped, a timestamp is echoed as a number", async () => {
    const { control } = await aHouse();
    const answer = await control.createMapping({
      ...minimal,
      StartingPosition: "AT_TIMESTAMP",
      StartingPositionTimestamp: 1_700_000_000.123,
      FilterCriteria: { Filters: [] },
      MetricsConfig: { Metrics: [] },
    });
    expect(answer.body).toMatchObject({
      FilterCriteria: null,
      MetricsConfig: null,
      StartingPositionTimestamp: 1_700_000_000.123,
    });
  });

  test("section 1.4: Get, List and Delete show the whole minute, Create and Update milliseconds", async () => {
    const house = await anEnabledMapping();
    const minute = 1_789_481_340;
    const listed = await house.control.listMappings({});
    expect((await house.control.getMapping(first)).body?.["LastModified"]).toBe(minute);
    expect(listed.body?.["EventSourceMappings"]).toMatchObject([{ LastModified: minute }]);
    expect((await house.control.updateMapping(first, {})).body?.["LastModified"]).toBe(1_789_481_367.345);
    await house.control.settled();
    expect((await house.control.deleteMapping(first)).body?.["LastModified"]).toBe(minute);
  });
});

describe("section 3.1: states", () => {
  test("H-2: a mapping is Creating until its positions are stored, then Enabled", async () => {
    const house = await aHouse();
    house.placement.isHeld = true;
    await house.control.createMapping(minimal);
    expect(await stateNow(house)).toBe("Creating");
    house.placement.say({ kind: "positioned", uuid: first, generation: 1 });
    expect(await stateNow(house)).toBe("Enabled");
  });

  test("H-11: created disabled answers Creating and ends Disabled, and nothing is started", async () => {
    const house = await aHouse();
    const answer = await house.control.createMapping({ ...minimal, Enabled: false });
    expect(stateOf(answer)).toBe("Creating");
    expect(await stateNow(house)).toBe("Disabled");
    expect(house.placement.calls).toEqual([]);
  });

  test("H-7: Disabling until what runs has ended, and enabling starts a higher generation", async () => {
    const house = await anEnabledMapping();
    house.placement.isHeld = true;
    expect(stateOf(await house.control.updateMapping(first, { Enabled: false }))).toBe("Disabling");
    expect(await stateNow(house)).toBe("Disabling");
    house.placement.say({ kind: "stopped", uuid: first, generation: 1, errors: [] });
    expect(await stateNow(house)).toBe("Disabled");
    expect(stateOf(await house.control.updateMapping(first, { Enabled: true }))).toBe("Enabling");
    house.placement.say({ kind: "positioned", uuid: first, generation: 2 });
    expect(await stateNow(house)).toBe("Enabled");
    expect(house.placement.calls).toEqual(["start 1", "stop", "start 2"]);
  });

  test("H-10, section 1.5: an update is a patch, answers Updating with the new values and ends Enabled", async () => {
    const house = await anEnabledMapping({ BatchSize: 7 });
    const answer = await house.control.updateMapping(first, {
      MaximumRetryAttempts: 3,
      BatchSize: null,
      Topics: ["ignored"],
    });
    expect(answer.body).toMatchObject({ State: "Updating", MaximumRetryAttempts: 3, BatchSize: 7, Topics: null });
    expect(await stateNow(house)).toBe("Enabled");
    expect(house.placement.specs.get(first)?.lane).toMatchObject({ retries: 3, batchSize: 7 });
    expect(house.placement.calls).toEqual(["start 1", "update 1"]);
  });

  test("H-11: an update of a disabled stream mapping passes through Updating", async () => {
    const house = await anEnabledMapping({ Enabled: false });
    expect(stateOf(await house.control.updateMapping(first, { BatchSize: 5 }))).toBe("Updating");
    expect(await stateNow(house)).toBe("Disabled");
  });

  test("Delete answers Deleting, then the mapping, its tags and its checkpoints are gone", async () => {
    const house = await anEnabledMapping({ Tags: { a: "b" } });
    house.placement.isHeld = true;
    expect(await house.control.deleteMapping(first)).toMatchObject({ status: 202, body: { State: "Deleting" } });
    expect(await stateNow(house)).toBe("Deleting");
    house.placement.say({ kind: "stopped", uuid: first, generation: 1, errors: [] });
    await house.control.settled();
    expect(await house.control.getMapping(first)).toEqual({
      status: 404,
      errorType: "ResourceNotFoundException",
      body: { Type: "User", Message: "The resource you requested does not exist." },
    });
    expect(house.placement.calls).toEqual(["start 1", "stop for delete"]);
    expect(house.placement.forgotten).toEqual([first]);
    expect([await house.tables.list("mappings"), await house.tables.list("tags")]).toEqual([[], []]);
  });

  test("H-13: a mapping outlives its function, and can be deleted", async () => {
    const house = await anEnabledMapping();
    house.functions.clear();
    expect(await stateNow(house)).toBe("Enabled");
    expect((await house.control.deleteMapping(first)).status).toBe(202);
  });
});

describe("section 3.3: refusals by state", () => {
  test("on its way, a mapping is in use for updates and deletes, in the recorded form", async () => {
    const house = await aHouse();
    house.placement.isHeld = true;
    await house.control.createMapping(minimal);
    expect(await house.control.updateMapping(first, {})).toEqual({
      status: 400,
      errorType: "ResourceInUseException",
      body: { Type: "User", Message: "Cannot update the event source mapping because it is in use." },
    });
    expect(await house.control.deleteMapping(first)).toEqual({
      status: 400,
      errorType: "ResourceInUseException",
      body: { Type: "User", Message: "Cannot delete the event source mapping because it is in use." },
    });
  });

  test("a mapping that waits for a source that cannot be read says so and may be deleted", async () => {
    const house = await aHouse();
    house.placement.isHeld = true;
    await house.control.createMapping(minimal);
    const problem = { code: "unreachable", text: "PROBLEM: Connection error.", detail: "redis is away" } as const;
    house.placement.say({ kind: "problem", uuid: first, generation: 1, problem });
    await house.control.settled();
    expect((await house.control.getMapping(first)).body?.["LastProcessingResult"]).toBe("PROBLEM: Connection error.");
    expect(stateOf(await house.control.deleteMapping(first))).toBe("Deleting");
  });

  test("an unknown UUID is 404 for Get, Update and Delete", async () => {
    const { control } = await aHouse();
    const answers = [
      await control.getMapping(unknown),
      await control.updateMapping(unknown, {}),
      await control.deleteMapping(unknown),
    ];
    expect(answers.map((answer) => [answer.status, answer.errorType])).toEqual(
      Array.from({ length: 3 }, () => [404, "ResourceNotFoundException"]),
    );
  });

  test("a refused update changes nothing, LastModified included", async () => {
    const house = await anEnabledMapping();
    house.clock.advance(120_000);
    const before = await house.control.getMapping(first);
    const refused = await house.control.updateMapping(first, { MaximumRecordAgeInSeconds: 5, BatchSize: 9 });
    expect(refused.errorType).toBe("InvalidParameterValueException");
    expect(await house.control.getMapping(first)).toEqual(before);
  });
});

describe("section 1.5: how an update clears", () => {
  const full = {
    FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":["b"]}}' }] },
    DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:123456789012:dead" } },
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    MetricsConfig: { Metrics: ["EventCount"] },
  };

  test("by empty structures and lists", async () => {
    const house = await anEnabledMapping(full);
    const answer = await house.control.updateMapping(first, {
      FilterCriteria: {},
      DestinationConfig: {},
      FunctionResponseTypes: [],
      MetricsConfig: { Metrics: [] },
    });
    expect(answer.body).toMatchObject({
      FilterCriteria: null,
      DestinationConfig: { OnFailure: {} },
      FunctionResponseTypes: [],
      MetricsConfig: null,
    });
  });

  test("F-87, F-88: a key is shown, hides the filters from lists, and goes by an empty text or with its filter", async () => {
    const KMSKeyArn = "arn:aws:kms:us-east-1:123456789012:key/k";
    const house = await anEnabledMapping({ ...full, KMSKeyArn });
    const { FilterCriteria } = full;
    expect((await house.control.getMapping(first)).body).toMatchObject({ FilterCriteria, KMSKeyArn });
    expect((await house.control.listMappings({})).body?.["EventSourceMappings"]).toMatchObject([
      { FilterCriteria: null, KMSKeyArn },
    ]);
    const updated = async (request: object) => {
      const { body } = await house.control.updateMapping(first, request);
      await house.control.settled();
      return body;
    };
    expect(await updated({ BatchSize: 5 })).toMatchObject({ FilterCriteria, KMSKeyArn });
    expect(await updated({ KMSKeyArn: "" })).toMatchObject({ FilterCriteria, KMSKeyArn: null });
    expect(await updated({ KMSKeyArn })).toMatchObject({ FilterCriteria, KMSKeyArn });
    expect(await updated({ FilterCriteria: {} })).toMatchObject({ FilterCriteria: null, KMSKeyArn: null });
  });

  test("V23: not by what Get shows of no destination", async () => {
    const house = await anEnabledMapping(full);
    const answer = await house.control.updateMapping(first, { DestinationConfig: { OnFailure: {} } });
    expect(answer.body?.["message"]).toBe("The Destination field is required for an OnFailure configuration.");
  });

  test("an update of nothing is accepted and sets LastModified", async () => {
    const house = await anEnabledMapping(full);
    house.clock.advance(1_000);
    const answer = await house.control.updateMapping(first, {});
    expect(answer.body).toMatchObject({ ...full, LastModified: 1_789_481_368.345 });
  });
});

describe("section 4.4: duplicates", () => {
  test("the same stream and function conflict, with the blanks as recorded; another function does not", async () => {
    const house = await anEnabledMapping();
    expect(await house.control.createMapping(minimal)).toEqual({
      status: 409,
      errorType: "ResourceConflictException",
      body: {
        Type: "User",
        message: `The event source arn (" ${streamArn} ") and function (" handle ") provided mapping already exists. Please update or delete the existing mapping with UUID ${first}`,
      },
    });
    expect((await house.control.createMapping({ ...minimal, FunctionName: "other" })).status).toBe(202);
    expect((await house.control.createMapping({ ...minimal, FunctionName: "handle:$LATEST" })).status).toBe(202);
  });

  test("an update to a function that has a mapping conflicts", async () => {
    const house = await anEnabledMapping();
    await house.control.createMapping({ ...minimal, FunctionName: "other" });
    await house.control.settled();
    expect((await house.control.updateMapping(first, { FunctionName: "other" })).status).toBe(409);
  });

  test("two creates at once give one mapping", async () => {
    const { control, tables } = await aHouse();
    const answers = await Promise.all([control.createMapping(minimal), control.createMapping(minimal)]);
    expect(answers.map((answer) => answer.status).sort((one, other) => one - other)).toEqual([202, 409]);
    expect(await tables.list("mappings")).toHaveLength(1);
  });
});

test("the journal has every state and the settings, and that a deleted mapping is gone", async () => {
  const { entries, control } = await anEnabledMapping();
  await control.deleteMapping(first);
  await control.settled();
  expect(entries.map((entry) => (entry.kind === "mapping-state" ? `${entry.from}>${entry.to}` : entry.kind))).toEqual([
    ">Creating",
    "settings",
    "Creating>Enabled",
    "Enabled>Deleting",
    "Deleting>Gone",
  ]);
});
