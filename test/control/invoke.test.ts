// Invoke without HTTP, over functions and threads that are as the test says.

import { expect, test } from "vitest";
import { createInvokeOperation, type InvokeAnswer } from "../../src/control/invoke/invoke.ts";
import type { InvokeRequest } from "../../src/control/invoke/invoke-request.ts";
import type { Answer, DirectCall } from "../../src/ports/invoker.ts";
import type { Fact } from "../../src/ports/journal.ts";
import { surroundings } from "./doubles/house.ts";

const REQUEST_ID = "33333333-3333-4333-8333-333333333333";
const arn = `arn:aws:lambda:us-east-1:${surroundings.accountId}:function:f`;

function aHouse(
  given: {
    readonly state?: string;
    readonly reserved?: number;
    readonly answer?: Answer;
    readonly isStoreBroken?: boolean;
  } = {},
) {
  const calls: DirectCall[] = [];
  const facts: Fact[] = [];
  const accepted: unknown[] = [];
  const operation = createInvokeOperation({
    settings: surroundings,
    functions: {
      stateOf: (name, qualifier) =>
        name === "f" && (qualifier ?? "$LATEST") === "$LATEST" ? (given.state ?? "Active") : null,
      reservedOf: () => given.reserved ?? null,
    },
    caller: {
      call: async (call) => {
        calls.push(call);
        return given.answer ?? { kind: "returned", json: '{"a": 1.0}', executedVersion: "$LATEST", tookMs: 1 };
      },
    },
    events: {
      accept: async (invocation) => {
        if (given.isStoreBroken === true) throw new Error("the disk is full");
        accepted.push(invocation);
      },
    },
    journal: { append: (_mapping, _lane, fact) => void facts.push(fact) },
  });
  const invoke = (request: Partial<InvokeRequest> = {}): Promise<InvokeAnswer> =>
    operation.invoke(
      {
        functionName: "f",
        qualifier: undefined,
        invocationType: undefined,
        logType: undefined,
        clientContext: undefined,
        tenantId: undefined,
        durableExecutionName: undefined,
        payload: Buffer.from("[1]"),
        ...request,
      },
      REQUEST_ID,
    );
  return { invoke, calls, facts, accepted };
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");
const api = (status: number, errorType: string | null, body: unknown) => ({
  kind: "api",
  answer: { status, errorType, body },
});

test("the call has the request's id, the payload's bytes and the ARN as it was asked for", async () => {
  const { invoke, calls } = aHouse();
  await invoke();
  await invoke({ qualifier: "", payload: new Uint8Array(0) });
  await invoke({ functionName: `${arn}:$LATEST` });
  expect(
    calls.map(({ requestId, functionArn, payload }) => [requestId, functionArn, Buffer.from(payload).toString()]),
  ).toEqual([
    [REQUEST_ID, arn, "[1]"],
    [REQUEST_ID, arn, "{}"],
    [REQUEST_ID, `${arn}:$LATEST`, "[1]"],
  ]);
});

test("the answer's text goes out as it is", async () => {
  expect(await aHouse().invoke()).toEqual({
    kind: "ran",
    payload: '{"a": 1.0}',
    isFunctionError: false,
    executedVersion: "$LATEST",
    log: null,
  });
});

test("a function that is not Active yet is a conflict, whatever the type of the call", async () => {
  const { invoke, calls } = aHouse({ state: "Pending" });
  const text =
    "The operation cannot be performed at this time. The function is currently in the following state: Pending";
  for (const invocationType of [undefined, "Event", "DryRun"]) {
    expect(await invoke({ invocationType })).toEqual(
      api(409, "ResourceConflictException", { Type: "User", message: text }),
    );
  }
  expect(calls).toEqual([]);
});

test("the client's context is for calls that wait; an Event carries none, and one that is too long is refused", async () => {
  const { invoke, calls, accepted } = aHouse();
  const clientContext = base64({ custom: { a: 1 } });
  await invoke({ clientContext });
  expect(calls.map((call) => call.clientContext)).toEqual(['{"custom":{"a":1}}']);
  expect(await invoke({ clientContext, invocationType: "Event" })).toEqual(api(202, null, null));
  expect(accepted).toEqual([{ requestId: REQUEST_ID, functionName: "f", arn, payload: Buffer.from("[1]") }]);
  for (const bad of [base64([1]), base64("a"), "not base64!", base64({ custom: "x".repeat(3_000) })]) {
    expect(await invoke({ clientContext: bad })).toMatchObject({
      answer: { errorType: "InvalidRequestContentException" },
    });
  }
});

test("an error has its stack only where something was thrown", async () => {
  const failed = (reason: "threw" | "exited"): Answer => ({
    kind: "functionError",
    reason,
    errorType: "E",
    message: "m",
    trace: ["E: m", "    at f"],
    executedVersion: "3",
    tookMs: 1,
  });
  expect(await aHouse({ answer: failed("threw") }).invoke()).toMatchObject({
    isFunctionError: true,
    executedVersion: "3",
    payload: '{"errorType":"E","errorMessage":"m","trace":["E: m","    at f"]}',
  });
  expect(await aHouse({ answer: failed("exited") }).invoke()).toMatchObject({
    payload: '{"errorType":"E","errorMessage":"m"}',
  });
});

test("what did not run is told as AWS tells it: throttled, gone, or a fault", async () => {
  const refused = (reason: "throttled" | "fault" | "functionMissing", message: string): Answer => ({
    kind: "refused",
    reason,
    message,
  });
  const throttled = refused("throttled", "Rate Exceeded.");
  const { invoke, facts } = aHouse({ answer: throttled, reserved: 1 });
  const body = { Type: "User", message: "Rate Exceeded." };
  expect(await invoke()).toEqual(
    api(429, "TooManyRequestsException", {
      ...body,
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    }),
  );
  expect(await aHouse({ answer: throttled }).invoke()).toEqual(
    api(429, "TooManyRequestsException", { ...body, Reason: "ConcurrentInvocationLimitExceeded" }),
  );
  const elsewhere: Answer = {
    kind: "refused",
    reason: "throttled",
    message: "Rate Exceeded.",
    limit: "CallerRateLimitExceeded",
  };
  expect(await aHouse({ answer: elsewhere, reserved: 1 }).invoke()).toEqual(
    api(429, "TooManyRequestsException", { ...body, Reason: "CallerRateLimitExceeded" }),
  );
  expect(facts).toMatchObject([{ kind: "invocation", outcome: "throttled", verdict: "done" }]);
  expect(await aHouse({ answer: refused("functionMissing", "Function not found: x") }).invoke()).toEqual(
    api(404, "ResourceNotFoundException", { Type: "User", Message: "Function not found: x" }),
  );
  expect(await aHouse({ answer: refused("fault", "the thread has ended") }).invoke()).toEqual(
    api(500, "ServiceException", {
      Type: "Service",
      Message: "An error occurred and the request cannot be processed: the thread has ended",
    }),
  );
});

test("an Event that cannot be stored is not accepted", async () => {
  expect(await aHouse({ isStoreBroken: true }).invoke({ invocationType: "Event" })).toMatchObject({
    answer: { status: 500, errorType: "ServiceException" },
  });
});

test("payloads that are no JSON in UTF-8 are refused, and so is nothing that is", async () => {
  const { invoke } = aHouse();
  for (const payload of [
    Buffer.from([0x22, 0xa7, 0x22]),
    Buffer.from("{'a': 1}"),
    Buffer.from("undefined"),
    Buffer.from(" "),
  ]) {
    expect(await invoke({ payload })).toMatchObject({
      answer: { status: 400, errorType: "InvalidRequestContentException" },
    });
  }
  for (const payload of ["null", "1", '"é"', " [] "]) {
    expect(await invoke({ payload: Buffer.from(payload) })).toMatchObject({ kind: "ran" });
  }
});
