// More than ten thousand calls over the wire: every operation on mappings and their tags, every member absent, null, of each other type, at its
// bounds and beyond, for every kind of source. A refused call is a 4xx in the form of its class, and nothing that a client can see
// has changed by it; a call that is taken shows what was asked for.

import { expect, test } from "vitest";
import { createShape, memberShapes, updateShape } from "../../src/control/mapping/mapping-members.ts";
import { mappingTable, memberNames } from "../../src/control/mapping/mapping-table.ts";
import { type SourceKind, sourceKinds } from "../../src/control/mapping/source-kinds.ts";
import type { Structure } from "../../src/control/shape.ts";
import { functionArn, minimal, streamArn, surroundings, textOf } from "./doubles/house.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";
import { valuesFor } from "./doubles/values.ts";

const MAPPINGS = "/2015-03-31/event-source-mappings";
const place = `${surroundings.region}:${surroundings.accountId}`;
const secret = { Type: "BASIC_AUTH", URI: `arn:aws:secretsmanager:${place}:secret:s` };
const FunctionName = "handle";

/** A right request for each kind of source. */
const bases: Readonly<Record<SourceKind, object>> = {
  kinesis: minimal,
  sqs: { EventSourceArn: `arn:aws:sqs:${place}:queue`, FunctionName },
  fifo: { EventSourceArn: `arn:aws:sqs:${place}:queue.fifo`, FunctionName },
  kinesisConsumer: { ...minimal, EventSourceArn: `${streamArn}/consumer/c:1` },
  dynamodb: { ...minimal, EventSourceArn: `arn:aws:dynamodb:${place}:table/t/stream/2025-02-22T03:03:25.490` },
  msk: { EventSourceArn: `arn:aws:kafka:${place}:cluster/c/f3bb-1`, FunctionName, Topics: ["topic"] },
  selfManagedKafka: {
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["kafka:1000"] } },
    FunctionName,
    Topics: ["topic"],
    SourceAccessConfigurations: [secret],
  },
  activeMq: {
    EventSourceArn: `arn:aws:mq:${place}:broker:b:b-1`,
    FunctionName,
    Queues: ["q"],
    SourceAccessConfigurations: [secret],
  },
  rabbitMq: {
    EventSourceArn: `arn:aws:mq:${place}:broker:rabbit:b-1`,
    FunctionName,
    Queues: ["q"],
    SourceAccessConfigurations: [secret],
  },
  documentDb: {
    ...minimal,
    EventSourceArn: `arn:aws:rds:${place}:cluster:c`,
    DocumentDBEventSourceConfig: { DatabaseName: "d" },
    SourceAccessConfigurations: [secret],
  },
};

/** Of a member that a kind does not take, inner members say no more. */
const FOREIGN_VALUES = 15;

/** One member at a time: left out, then each of its values. */
function changesOf(base: object, { members }: Structure, kind: SourceKind = "kinesis"): readonly object[] {
  return Object.entries(members).flatMap(([name, shape]) => {
    const { [name]: _left, ...without } = { ...base } as Readonly<Record<string, unknown>>;
    const isForeign = memberNames.some((each) => each === name && mappingTable[each].cells[kind].kind === "refused");
    const values = valuesFor(shape).slice(0, isForeign ? FOREIGN_VALUES : undefined);
    return [without, ...values.map((value) => ({ ...base, [name]: value }))];
  });
}

/** Status, where the text stands, and whether there is a Type, by class of error (section 1.3). */
const forms: Readonly<Record<string, readonly [number, string, boolean]>> = {
  InvalidParameterValueException: [400, "message", true],
  ResourceConflictException: [409, "message", true],
  ResourceNotFoundException: [404, "Message", true],
  ResourceInUseException: [400, "Message", true],
  ValidationException: [400, "message", false],
  SerializationException: [400, "Message", false],
  InvalidRequestContentException: [400, "message", true],
  UnknownOperationException: [404, "message", false],
};

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

async function ask(house: Served, { method, path, body }: Asked): Promise<Response> {
  return fetch(house.url + path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

/** Everything that a client can see of mappings and their tags. */
async function seen(house: Served): Promise<string> {
  await house.control.settled();
  const list = await house.control.listMappings({});
  const tags = await house.tables.list("tags");
  return JSON.stringify([list, tags]);
}

/** What is wrong with the answers; the number of those that were taken. */
async function problemsOf(
  house: Served,
  requests: readonly Asked[],
  onTaken: (answer: Response, asked: Asked) => Promise<string | null>,
): Promise<{ readonly problems: readonly string[]; readonly takenCount: number }> {
  const problems: string[] = [];
  let takenCount = 0;
  let before = await seen(house);
  for (const asked of requests) {
    const answer = await ask(house, asked);
    const shown = `${asked.method} ${asked.path} ${JSON.stringify(asked.body)?.slice(0, 300)}`;
    if (answer.status < 300) {
      takenCount += 1;
      const wrong = await onTaken(answer, asked);
      if (wrong !== null) problems.push(`${shown}: ${wrong}`);
      before = await seen(house);
      continue;
    }
    const wrong = formProblem(answer, await answer.text());
    if (wrong !== null) problems.push(`${shown}: ${wrong}`);
    if ((await seen(house)) !== before) problems.push(`${shown}: was refused, and has changed something`);
  }
  return { problems, takenCount };
}

function formProblem(answer: Response, text: string): string | null {
  const type = answer.headers.get("x-amzn-errortype") ?? "";
  const form = forms[type];
  const shown = `${answer.status} ${type} ${text}`;
  if (form === undefined || answer.headers.get("x-amzn-requestid") === null) return shown;
  const [status, member, hasType] = form;
  const body: unknown = JSON.parse(text);
  const told = typeof body === "object" && body !== null ? Reflect.get(body, member) : null;
  const members = hasType ? ["Type", member] : [member];
  const isRight =
    answer.status === status &&
    typeof told === "string" &&
    told !== "" &&
    String(Object.keys(body ?? {})) === String(members);
  return isRight ? null : shown;
}

const created = (kind: SourceKind): readonly Asked[] =>
  changesOf(bases[kind], createShape, kind).map((body) => ({ method: "POST", path: MAPPINGS, body }));

/** A member that was sent and is not shown, though it has a value. */
function unshown(answer: Readonly<Record<string, unknown>>, sent: object): string | null {
  const elsewhere = ["FunctionName", "Enabled", "Tags"];
  for (const [name, value] of Object.entries(sent)) {
    if (elsewhere.includes(name) || !Object.hasOwn(memberShapes, name) || isIdle(value)) continue;
    if (isIdle(answer[name])) return `${name} is not shown`;
  }
  return null;
}

/** Nothing, or nothing but members that nobody knows. */
const isIdle = (value: unknown): boolean =>
  JSON.stringify(value)?.endsWith('{"a":1}') === true ||
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.values(value).every((each) => isIdle(each)));

test.each(sourceKinds)(
  "CreateEventSourceMapping on %s: 600 requests and more, each with one member changed",
  async (kind) => {
    const house = await aServedHouse();
    const requests = created(kind);
    expect(requests.length).toBeGreaterThan(600);
    const { problems } = await problemsOf(house, requests, async (answer, { body }) => {
      const mapping = JSON.parse(await answer.text()) as Readonly<Record<string, unknown>>;
      const wrong = unshown(mapping, body as object);
      await house.control.settled();
      const deleted = await ask(house, { method: "DELETE", path: `${MAPPINGS}/${String(mapping["UUID"])}` });
      return deleted.status === 202 ? wrong : `could not be deleted: ${deleted.status}`;
    });
    expect(problems).toEqual([]);
  },
  60_000,
);

test("UpdateEventSourceMapping, of a mapping that is enabled and of one that is not", async () => {
  const house = await aServedHouse();
  for (const Enabled of [true, false]) {
    const made = await house.control.createMapping({ ...minimal, FunctionName: Enabled ? "handle" : "other", Enabled });
    const path = `${MAPPINGS}/${textOf(made, "UUID")}`;
    const requests = changesOf({}, { ...updateShape, members: memberShapes }).map((body) => ({
      method: "PUT",
      path,
      // The mapping's state is to stay what it is.
      body: { ...body, ...("Enabled" in body && typeof body.Enabled === "boolean" ? { Enabled } : {}) },
    }));
    const { problems, takenCount } = await problemsOf(house, requests, async (answer) => {
      await house.control.settled();
      return answer.status === 202 ? null : String(answer.status);
    });
    expect(problems).toEqual([]);
    expect(takenCount).toBeGreaterThan(100);
  }
});

const texts: readonly string[] = [
  "",
  "x",
  "..",
  "%",
  "null",
  "0",
  "1",
  "100",
  "10000",
  "10001",
  "-1",
  "1.5",
  "1e3",
  "true",
  "x".repeat(300),
  "é",
  "\u0000",
  "a/b",
  "handle",
  "handle:1",
  "handle:$LATEST",
  "handle:",
  functionArn,
  `${functionArn}:live`,
  "123456789012:function:handle",
  streamArn,
  `${streamArn}:x`,
  "arn:",
  "00000000-0000-4000-8000-000000000001",
  "00000000-0000-4000-8000-000000000009",
  `arn:aws:lambda:${place}:event-source-mapping:00000000-0000-4000-8000-000000000001`,
  `arn:aws:lambda:${place}:event-source-mapping:00000000-0000-4000-8000-000000000009`,
  `arn:aws:lambda:${place}:event-source-mapping:00000000-0000-4000-8000-000000000001:live`,
];
const pathOf = (text: string): string => encodeURIComponent(text);

test("List, Get, Delete, Update, and the tags: every text in every place", async () => {
  const house = await aServedHouse();
  await house.control.createMapping({ ...minimal, Enabled: false });
  const queries = ["EventSourceArn", "FunctionName", "Marker", "MaxItems", "Unknown"];
  const lists = queries.flatMap((one) =>
    texts.flatMap((text) => [
      `?${one}=${pathOf(text)}`,
      ...queries.map((other) => `?${one}=${pathOf(text)}&${other}=${pathOf("1")}`),
    ]),
  );
  const bodies = changesOf({}, { kind: "structure", members: { Tags: memberShapes.Tags } });
  const kept = "00000000-0000-4000-8000-000000000001";
  const requests: readonly Asked[] = [
    ...lists.map((query) => ({ method: "GET", path: MAPPINGS + query })),
    ...texts.map((text) => ({ method: "GET", path: `${MAPPINGS}/${pathOf(text)}` })),
    ...texts.flatMap((text) => (text === kept ? [] : [{ method: "DELETE", path: `${MAPPINGS}/${pathOf(text)}` }])),
    ...texts.map((text) => ({ method: "PUT", path: `${MAPPINGS}/${pathOf(text)}`, body: {} })),
    ...texts.map((text) => ({ method: "GET", path: `/2017-03-31/tags/${pathOf(text)}` })),
    ...texts.flatMap((text) => [
      ...bodies.map((body) => ({ method: "POST", path: `/2017-03-31/tags/${pathOf(text)}`, body })),
      ...texts.map((key) => ({ method: "DELETE", path: `/2017-03-31/tags/${pathOf(text)}?tagKeys=${pathOf(key)}` })),
      { method: "DELETE", path: `/2017-03-31/tags/${pathOf(text)}` },
    ]),
  ];
  const { problems } = await problemsOf(house, requests, async () => {
    await house.control.settled();
    return null;
  });
  expect(problems).toEqual([]);
  expect(requests.length).toBeGreaterThan(2_000);
});
