// A simulated house with queues, as its checkers and steps see it: what counts as a message, what is owed after a crash, and sends that
// their queue refuses.

import { describe, expect, test } from "vitest";
import type { QueuePlant } from "../../src/sim/incarnation.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { type SimulatedRun, type SimulateOptions, simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const ran = (members: object, options: SimulateOptions = {}): Promise<SimulatedRun> =>
  simulateScenario(parseScenario(JSON.stringify(members), { shownFile: "s.json", folder: null }), options);

const aQueue = (source: object = {}, setup: object = {}) => ({
  setup: { source: { type: "sqs-queue", ...source }, functions: [{ name: "function" }], ...setup },
  mapping: { EventSourceArn: "${source.arn}", FunctionName: "function" },
});
const created = { do: "create-mapping" };

describe("a simulated house with queues", () => {
  test("Q-44: what repeats a message is none of its own, also by a later call", async () => {
    const { broken, records } = await ran(
      {
        ...aQueue({ fifo: true }),
        records: ["a", "b", "c"].map((label) => ({ label, group: "g", dedup: label === "c" ? "other" : "same" })),
        steps: [
          created,
          { do: "send", records: ["a"] },
          { do: "wait", seconds: 5 },
          { do: "send", records: ["b", "c"] },
          { do: "wait-drained" },
        ],
      },
      { isChecked: true },
    );
    expect(broken).toEqual([]);
    expect([...records()].map(({ data }) => data.toString())).toEqual(["a", "c"]);
  });

  test("T-161: a crash is no excuse: what a process that is down owes is looked for once it is back", async () => {
    let processCount = 0;
    const deafAfterCrash: QueuePlant = ({ queues, invoker }) => {
      processCount += 1;
      const isDeaf = processCount > 1;
      const never = () => new Promise<never>(() => undefined);
      return { invoker, queues: isDeaf ? { ...queues, receive: never } : queues };
    };
    const { broken } = await ran(
      {
        ...aQueue(),
        records: [{ label: "a" }],
        steps: [created, { do: "wait", seconds: 5 }, { do: "crash", down_s: 600 }, { do: "send", records: ["a"] }],
      },
      { isChecked: true, plantQueues: deafAfterCrash },
    );
    expect(processCount).toBeGreaterThan(1);
    expect(broken.map(({ checker }) => checker)).toEqual(["nothing lost"]);
  });

  test("a message that arrives when its queue has gone is a problem of the scenario, and the run goes on", async () => {
    const { differences, transcript } = await ran({
      ...aQueue(),
      records: [{ label: "a" }, { label: "late", at_s: 20 }],
      steps: [
        created,
        { do: "send", records: ["a", "late"], background: true },
        { do: "wait", seconds: 5 },
        { do: "delete-source" },
        { do: "wait", seconds: 60 },
      ],
    });
    expect(differences).toEqual([expect.stringMatching(/^send: SendMessage answered .*QueueDoesNotExist/)]);
    expect(transcript.invocations).toHaveLength(1);
  });

  test("P-30: dead letters of a FIFO queue keep their groups for a mapping that reads them", async () => {
    const { broken, histories } = await ran(
      {
        ...aQueue(
          { fifo: true, attributes: { VisibilityTimeout: "5" } },
          {
            functions: [{ name: "function" }, { name: "reader" }],
            dead_letter_queue: { max_receive_count: 1 },
          },
        ),
        handlers: { function: { do: "throw", message: "no" }, reader: { do: "return", delay_s: 2 } },
        extra_mappings: [
          { name: "dead", request: { EventSourceArn: "${dead_letter_queue.arn}", FunctionName: "reader" } },
        ],
        records: ["a", "b"].map((label) => ({ label, group: label })),
        steps: [
          created,
          { do: "create-mapping", mapping: "dead" },
          { do: "send", records: ["a", "b"] },
          { do: "wait", seconds: 60 },
        ],
      },
      { isChecked: true },
    );
    const groups = histories.flatMap(({ history }) =>
      history.happenings.flatMap((each) =>
        each.kind === "sent" && "message" in each && each.message.earlierCount > 0 ? [each.message.groupId] : [],
      ),
    );
    expect(groups).toEqual(["a", "b"]);
    expect(broken).toEqual([]);
  });
});
