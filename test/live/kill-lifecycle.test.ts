// kill -9 at every step of a mapping's life: while the call is under way, and right after its answer, when the state that passes is what
// is stored. The next start shows a state that AWS could show after the calls that were answered, with their settings and tags, and
// comes to rest where the last one said.

import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { lambdaAt } from "./support/aws-clients.ts";
import { base } from "./support/house.ts";
import { aFolder, configIn, inTime } from "./support/live-server.ts";
import { type Process, started } from "./support/process.ts";

/** So that the state that passes is stored when the process dies, and is there for a moment after the next start. */
const SLOWLY = ["--transitions-ms", "800"];

interface Sight {
  readonly uuid: string;
  readonly arn: string;
  /** `gone`: there is no mapping. */
  readonly state: string;
  readonly batchSize: number;
  readonly tags: Readonly<Record<string, string>>;
}

async function look(lambda: LambdaClient): Promise<Sight> {
  const { EventSourceMappings: [first, ...others] = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  expect(others).toEqual([]);
  if (first === undefined) return { uuid: "", arn: "", state: "gone", batchSize: 0, tags: {} };
  const { UUID: uuid = "", EventSourceMappingArn: arn = "", State: state = "", BatchSize: batchSize = 0 } = first;
  expect((await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }))).BatchSize).toBe(batchSize);
  const tags = (await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags ?? {};
  return { uuid, arn, state, batchSize, tags };
}

interface Step {
  readonly name: string;
  call(lambda: LambdaClient, seen: Sight): Promise<unknown>;
  /** What may be seen once the call has been answered, the last of them at rest. */
  readonly states: readonly string[];
  readonly batchSize: number;
  readonly tags: Readonly<Record<string, string>>;
}

const update =
  (members: { readonly BatchSize?: number; readonly Enabled?: boolean }) =>
  (lambda: LambdaClient, { uuid }: Sight): Promise<unknown> =>
    lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, ...members }));

const steps: readonly Step[] = [
  {
    name: "create",
    call: (lambda) => lambda.send(new CreateEventSourceMappingCommand({ ...base, Tags: { team: "orders" } })),
    states: ["Creating", "Enabled"],
    batchSize: 100,
    tags: { team: "orders" },
  },
  {
    name: "tag",
    call: (lambda, { arn }) => lambda.send(new TagResourceCommand({ Resource: arn, Tags: { owner: "you" } })),
    states: ["Enabled"],
    batchSize: 100,
    tags: { team: "orders", owner: "you" },
  },
  {
    name: "update",
    call: update({ BatchSize: 7 }),
    states: ["Updating", "Enabled"],
    batchSize: 7,
    tags: { team: "orders", owner: "you" },
  },
  {
    name: "untag",
    call: (lambda, { arn }) => lambda.send(new UntagResourceCommand({ Resource: arn, TagKeys: ["team"] })),
    states: ["Enabled"],
    batchSize: 7,
    tags: { owner: "you" },
  },
  {
    name: "disable",
    call: update({ Enabled: false }),
    states: ["Disabling", "Disabled"],
    batchSize: 7,
    tags: { owner: "you" },
  },
  {
    name: "update while disabled",
    call: update({ BatchSize: 8 }),
    states: ["Updating", "Disabled"],
    batchSize: 8,
    tags: { owner: "you" },
  },
  {
    name: "enable with another change",
    call: update({ Enabled: true, BatchSize: 9 }),
    states: ["Enabling", "Enabled"],
    batchSize: 9,
    tags: { owner: "you" },
  },
  {
    name: "delete",
    call: (lambda, { uuid }) => lambda.send(new DeleteEventSourceMappingCommand({ UUID: uuid })),
    states: ["Deleting", "gone"],
    batchSize: 9,
    tags: { owner: "you" },
  },
  {
    name: "create once more",
    call: (lambda) => lambda.send(new CreateEventSourceMappingCommand({ ...base, Enabled: false })),
    states: ["Creating", "Disabled"],
    batchSize: 100,
    tags: {},
  },
];

test("a life, killed at each of its steps", async () => {
  const folder = aFolder();
  configIn(folder, { streams: { orders: {} }, functions: { f: { Handler: "told.handle" } }, pollers: 1 });
  let process: Process = await started(folder, 0, SLOWLY);
  const restart = async (): Promise<Sight> => {
    await process.kill();
    process = await started(folder, 0, SLOWLY);
    return look(lambdaAt(process.url));
  };
  let rest: Sight = await look(lambdaAt(process.url));
  for (const step of steps) {
    const unlike = (seen: Sight): boolean => seen.state === rest.state && seen.batchSize === rest.batchSize;
    const isDone = (seen: Sight): boolean => !unlike(seen) || JSON.stringify(seen.tags) !== JSON.stringify(rest.tags);
    const expected = (seen: Sight): unknown => {
      const isGone = seen.state === "gone";
      return {
        uuid: isGone || step.name.startsWith("create") ? seen.uuid : rest.uuid,
        arn: seen.arn,
        state: expect.toBeOneOf([...step.states]),
        batchSize: isGone ? 0 : step.batchSize,
        tags: isGone ? {} : step.tags,
      };
    };
    // Under way: wholly done, or not at all.
    const unheard = step.call(lambdaAt(process.url), rest).catch(() => undefined);
    let seen = await restart();
    await unheard;
    const isToRepeat = !isDone(seen);
    expect({ ...(isToRepeat ? seen : rest), step: step.name }).toEqual({ ...rest, step: step.name });
    if (isToRepeat) {
      // Answered, and at once killed.
      await step.call(lambdaAt(process.url), rest);
      seen = await restart();
    }
    expect({ ...seen, step: step.name }).toEqual({ ...(expected(seen) as object), step: step.name });
    const lambda = lambdaAt(process.url);
    await expect.poll(async () => (await look(lambda)).state, inTime).toBe(step.states.at(-1));
    rest = await look(lambda);
    expect({ ...rest, step: step.name }).toEqual({ ...(expected(rest) as object), step: step.name });
  }
  await process.kill();
});
