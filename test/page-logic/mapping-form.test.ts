// The form of a mapping against the server's own table of members, and between its texts and AWS's JSON.

import { expect, test } from "vitest";
import { mappingTable, memberNames } from "../../src/control/mapping/mapping-table.ts";
import type { SourceKind } from "../../src/control/mapping/source-kinds.ts";
import { type FormKind, formFields, formKindOf, formKinds } from "../../src/page/dashboard/mapping-form/members.ts";
import { bodyOf, textsOf } from "../../src/page/dashboard/mapping-form/values.ts";

const kindsOf: Readonly<Record<FormKind, readonly SourceKind[]>> = {
  sqs: ["sqs", "fifo"],
  kinesis: ["kinesis", "kinesisConsumer"],
  dynamodb: ["dynamodb"],
  msk: ["msk"],
  selfManagedKafka: ["selfManagedKafka"],
  mq: ["activeMq", "rabbitMq"],
  documentDb: ["documentDb"],
};

test.for(formKinds)("of %s the form has each member that is carried out, and no other", (kind) => {
  const honoured = memberNames.filter((name) =>
    kindsOf[kind].every((each) => mappingTable[name].cells[each].kind === "honoured"),
  );
  const shown = formFields.filter((field) => field.for.includes(kind)).map(({ member }) => member);
  expect(shown.toSorted()).toEqual([...honoured].toSorted());
});

test("what an update takes is in the form of settings; the state has buttons of its own", () => {
  const updatable = memberNames.filter((name) => mappingTable[name].isUpdatable && name !== "Enabled");
  const shown = formFields.filter(({ isFixed }) => isFixed !== true).map(({ member }) => member);
  expect(shown.toSorted()).toEqual([...updatable].toSorted());
});

const fields = formFields.filter((field) => field.for.includes("kinesis") && field.isFixed !== true);
const members = {
  FunctionName: "arn:aws:lambda:us-east-1:000000000000:function:f",
  BatchSize: 10,
  MaximumBatchingWindowInSeconds: 0,
  BisectBatchOnFunctionError: false,
  FunctionResponseTypes: [],
  FilterCriteria: { Filters: [{ Pattern: '{"a":[1]}' }, { Pattern: '{"b":[2]}' }] },
  DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:q" } },
  MetricsConfig: null,
};
const before = textsOf(fields, members);

test("what was left alone is not sent", () => {
  expect(bodyOf(fields, before, before)).toEqual({ kind: "body", members: {} });
});

test("what was changed is sent in AWS's form", () => {
  const texts = {
    ...before,
    BatchSize: "50",
    BisectBatchOnFunctionError: "true",
    FunctionResponseTypes: "true",
    FilterCriteria: '{"c":[3]}\n\n',
    DestinationConfig: "",
    MetricsConfig: '{"Metrics":["EventCount"]}',
  };
  expect(bodyOf(fields, texts, before)).toEqual({
    kind: "body",
    members: {
      BatchSize: 50,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      FilterCriteria: { Filters: [{ Pattern: '{"c":[3]}' }] },
      DestinationConfig: {},
      MetricsConfig: { Metrics: ["EventCount"] },
    },
  });
});

test.for([
  ["BatchSize", "", "BatchSize: a number: AWS keeps what is not sent."],
  ["BatchSize", "ten", "BatchSize: ten is no number."],
  ["MetricsConfig", "{", "MetricsConfig: no JSON: "],
  ["FunctionName", "", "FunctionName is needed."],
] as const)("%s as %j is told before anything is sent", ([member, text, flaw]) => {
  const initial = member === "FunctionName" ? { ...before, FunctionName: "" } : before;
  const body = bodyOf(fields, { ...before, [member]: text }, initial);
  expect(body).toMatchObject({ kind: "flaw", member, text: expect.stringContaining(flaw) });
});

test("a start at an instant is sent as epoch seconds", () => {
  const field = formFields.filter(({ member }) => member === "StartingPositionTimestamp");
  const sent = (text: string) => bodyOf(field, { StartingPositionTimestamp: text }, {});
  expect(sent("2026-11-30T08:00:00Z")).toMatchObject({ members: { StartingPositionTimestamp: 1_796_025_600 } });
  expect(sent("1796025600.5")).toMatchObject({ members: { StartingPositionTimestamp: 1_796_025_600.5 } });
  expect(sent("tomorrow")).toMatchObject({ kind: "flaw" });
});

test("a mapping's source tells its form", () => {
  expect(formKindOf("arn:aws:sqs:us-east-1:000000000000:q")).toBe("sqs");
  expect(formKindOf("arn:aws:rds:us-east-1:000000000000:cluster:shop")).toBe("documentDb");
  expect(formKindOf(null)).toBe("selfManagedKafka");
  expect(formKindOf("arn:aws:s3:::bucket")).toBeNull();
});
