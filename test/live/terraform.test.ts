// Terraform's own calls, byte for byte as far as its provider makes them: apply, plan again without a change, apply changes one after the
// other, destroy. Changes of state are slow, so that its waits meet every one of them; a state that it does not expect ends them.

import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { aServer, functionArn, streamArn } from "./support/live-server.ts";

const MAPPINGS = "/2015-03-31/event-source-mappings";
const FUNCTIONS = "/2015-03-31/functions";
/** As Go's client of Lambda writes a label. */
const label = (text: string): string => encodeURIComponent(text).replaceAll("$", "%24");

type Body = Readonly<Record<string, unknown>>;
interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly error: string | null;
}

interface Provider {
  call(method: string, path: string, body?: object): Promise<Answer>;
  /** Asks until the state is a target; throws for one that is neither that nor expected on the way. The states seen. */
  wait(
    uuid: string,
    expected: { readonly pending: readonly string[]; readonly target: readonly string[] },
  ): Promise<readonly string[]>;
  /** What the provider's Read keeps of a mapping. */
  read(uuid: string): Promise<Body>;
}

function providerOf(url: string): Provider {
  const provider: Provider = {
    async call(method, path, body) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          authorization:
            "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
          "user-agent": "APN/1.0 HashiCorp/1.0 Terraform/1.9.0",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        body: text === "" ? {} : (JSON.parse(text) as Body),
        error: answer.headers.get("x-amzn-errortype"),
      };
    },
    async wait(uuid, { pending, target }) {
      const states: string[] = [];
      for (;;) {
        const { status, body } = await provider.call("GET", `${MAPPINGS}/${uuid}`);
        const state = status === 404 ? "" : String(body["State"]);
        if (states.at(-1) !== state) states.push(state);
        if (target.includes(state)) return states;
        if (!pending.includes(state))
          throw new Error(`unexpected state '${state}', wanted target '${target.join(", ")}'`);
      }
    },
    async read(uuid) {
      const { body } = await provider.call("GET", `${MAPPINGS}/${uuid}`);
      const arn = body["EventSourceMappingArn"];
      if (typeof arn !== "string") throw new Error("a mapping without its ARN cannot be asked for its tags");
      const tags = await provider.call("GET", `/2017-03-31/tags/${label(arn)}`);
      const { State, LastModified: _at, LastProcessingResult: _result, ...members } = body;
      return { ...members, enabled: { Enabled: true, Disabled: false }[String(State)], tags: tags.body["Tags"] };
    },
  };
  return provider;
}

const created = { pending: ["Creating", "Disabling", "Enabling"], target: ["Disabled", "Enabled"] };
const changed = { pending: ["Disabling", "Enabling", "Updating"], target: ["Disabled", "Enabled"] };
const deleted = { pending: ["Deleting"], target: [""] };

/** Reads that the provider makes of a function, and of nothing else: each must be there. */
const functionReads = (name: string): readonly string[] => [
  `${FUNCTIONS}/${name}`,
  `${FUNCTIONS}/${name}/versions?MaxItems=10000`,
  `/2020-06-30/functions/${name}/code-signing-config`,
  `/2021-07-20/functions/${name}/runtime-management-config`,
  `/2024-08-31/functions/${name}/recursion-config`,
];

test("section 6.2: apply, plan again without a change, change, destroy", async () => {
  const { url } = await aServer({ streams: { orders: {} }, transitionsMs: 100 });
  const provider = providerOf(url);

  // The provider asks first who calls, in the query protocol.
  const caller = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "Action=GetCallerIdentity&Version=2011-06-15",
  });
  expect(await caller.text()).toContain("<Account>000000000000</Account>");

  // aws_lambda_function
  const zip = zipSync({ "index.mjs": Buffer.from("export const handler = async () => null;") });
  const made = await provider.call("POST", FUNCTIONS, {
    Architectures: ["x86_64"],
    Code: { ZipFile: Buffer.from(zip).toString("base64") },
    Description: "",
    EphemeralStorage: { Size: 512 },
    FunctionName: "orders",
    Handler: "index.handler",
    MemorySize: 128,
    PackageType: "Zip",
    Publish: false,
    Role: "arn:aws:iam::000000000000:role/lambda",
    Runtime: "nodejs24.x",
    Tags: { team: "orders" },
    Timeout: 3,
  });
  expect([made.status, made.error]).toEqual([201, null]);
  await expect
    .poll(async () => {
      const { body } = await provider.call("GET", `${FUNCTIONS}/orders`);
      return (body["Configuration"] as Body)["State"];
    })
    .toBe("Active");
  const functionState = await Promise.all(functionReads("orders").map((path) => provider.call("GET", path)));
  expect(functionState.map(({ status, error }) => [status, error])).toEqual(functionState.map(() => [200, null]));

  // aws_lambda_event_source_mapping: apply
  const mapping = await provider.call("POST", MAPPINGS, {
    BatchSize: 50,
    DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:us-east-1:000000000000:failed" } },
    Enabled: true,
    EventSourceArn: streamArn("orders"),
    FilterCriteria: { Filters: [{ Pattern: '{"data":{"kind":["order"]}}' }] },
    FunctionName: functionArn("orders"),
    FunctionResponseTypes: ["ReportBatchItemFailures"],
    MaximumRetryAttempts: 2,
    StartingPosition: "LATEST",
    Tags: { team: "orders" },
  });
  expect([mapping.status, mapping.error]).toEqual([202, null]);
  const uuid = String(mapping.body["UUID"]);
  expect(await provider.wait(uuid, created)).toEqual(["Creating", "Enabled"]);
  const applied = await provider.read(uuid);
  expect(applied).toMatchObject({
    BatchSize: 50,
    FunctionArn: functionArn("orders"),
    MaximumRecordAgeInSeconds: -1,
    MaximumBatchingWindowInSeconds: 0,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
    enabled: true,
    tags: { team: "orders" },
  });

  // plan: what is read again is what was kept, of mapping and function.
  expect(await provider.read(uuid)).toEqual(applied);
  const again = await Promise.all(functionReads("orders").map((path) => provider.call("GET", path)));
  expect(again.map(({ body }) => body)).toEqual(functionState.map(({ body }) => body));

  /** The provider's Update: tags first, then the changed members, then waiting and reading. */
  const apply = async (members: object): Promise<readonly [readonly string[], Body]> => {
    const answer = await provider.call("PUT", `${MAPPINGS}/${uuid}`, members);
    expect([answer.status, answer.error]).toEqual([202, null]);
    return [await provider.wait(uuid, changed), await provider.read(uuid)];
  };
  const arn = label(String(applied["EventSourceMappingArn"]));
  expect(await apply({ BatchSize: 5, MaximumBatchingWindowInSeconds: 1 })).toEqual([
    ["Updating", "Enabled"],
    { ...applied, BatchSize: 5, MaximumBatchingWindowInSeconds: 1 },
  ]);
  expect(await apply({ BatchSize: 50, MaximumBatchingWindowInSeconds: 0 })).toEqual([["Updating", "Enabled"], applied]);
  expect((await apply({ FilterCriteria: {} }))[1]).toEqual({ ...applied, FilterCriteria: null });
  expect((await apply({ FunctionResponseTypes: [] }))[1]).toMatchObject({ FunctionResponseTypes: [] });
  expect(await apply({ Enabled: false })).toEqual([
    ["Disabling", "Disabled"],
    expect.objectContaining({ enabled: false }),
  ]);
  expect(await apply({ Enabled: true })).toEqual([["Enabling", "Enabled"], expect.objectContaining({ enabled: true })]);

  const untagged = await provider.call("DELETE", `/2017-03-31/tags/${arn}?tagKeys=team`);
  const tagged = await provider.call("POST", `/2017-03-31/tags/${arn}`, { Tags: { owner: "you", "a b": "" } });
  expect([untagged.status, tagged.status]).toEqual([204, 204]);
  // Changed tags alone are an update of nothing.
  expect((await apply({}))[1]).toMatchObject({ tags: { owner: "you", "a b": "" } });

  // destroy: what is in use is asked for again.
  await provider.call("PUT", `${MAPPINGS}/${uuid}`, { BatchSize: 7 });
  const inUse = await provider.call("DELETE", `${MAPPINGS}/${uuid}`);
  expect([inUse.status, inUse.error]).toEqual([400, "ResourceInUseException"]);
  await provider.wait(uuid, changed);
  const gone = await provider.call("DELETE", `${MAPPINGS}/${uuid}`);
  expect([gone.status, gone.body["State"]]).toEqual([202, "Deleting"]);
  expect(await provider.wait(uuid, deleted)).toEqual(["Deleting", ""]);
  const unknown = await provider.call("DELETE", `${MAPPINGS}/${uuid}`);
  expect([unknown.status, unknown.error]).toEqual([404, "ResourceNotFoundException"]);
  expect((await provider.call("GET", `/2017-03-31/tags/${arn}`)).status).toBe(404);

  const dropped = await provider.call("DELETE", `${FUNCTIONS}/orders`);
  expect([200, 204]).toContain(dropped.status);
  expect((await provider.call("GET", `${FUNCTIONS}/orders`)).status).toBe(404);
});

test("section 6.2: a plan that names defaults, and one that names none, find the same", async () => {
  const { url } = await aServer({ streams: { orders: {} }, functions: { f: { Handler: "told.handle" } } });
  const provider = providerOf(url);
  const sparse = { EventSourceArn: streamArn("orders"), FunctionName: "f", StartingPosition: "LATEST", Enabled: true };
  const first = await provider.call("POST", MAPPINGS, sparse);
  const uuid = String(first.body["UUID"]);
  await provider.wait(uuid, created);
  const before = await provider.read(uuid);
  const answer = await provider.call("PUT", `${MAPPINGS}/${uuid}`, {
    BatchSize: 100,
    BisectBatchOnFunctionError: false,
    FunctionResponseTypes: [],
    MaximumBatchingWindowInSeconds: 0,
    MaximumRecordAgeInSeconds: -1,
    MaximumRetryAttempts: -1,
    ParallelizationFactor: 1,
    TumblingWindowInSeconds: 0,
    FilterCriteria: {},
  });
  expect(answer.status).toBe(202);
  await provider.wait(uuid, changed);
  expect(await provider.read(uuid)).toEqual(before);
});
