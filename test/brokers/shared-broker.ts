// Where tests ask for a shared broker other than Redis: RabbitMQ and ActiveMQ take seconds to start, so the run starts one when the first
// test asks for it, and stops it at its end. It is shared by all test files at once: use queues of your own (a random name), and
// start one of your own with `startBroker("rabbitmq", { own: true })` to kill or restart it.

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { BrokerName } from "../../scripts/brokers/broker.ts";
import { brokerKinds } from "../../scripts/brokers/start-broker.ts";
import { MillraceError } from "../../src/errors.ts";

/** Carries from the setup to the tests where they ask. */
export const deskVariable = "MILLRACE_TEST_BROKER_DESK";

export interface BrokerAnswer {
  readonly url: string | null;
  readonly problem: string | null;
}

/** Rejects with `broker-missing`, with the ways to mend it, if the run can have none: such a test fails, and is never skipped. */
export async function sharedBrokerUrl(name: BrokerName): Promise<string> {
  const known = process.env[brokerKinds[name].variable];
  if (known !== undefined && known !== "") return known;
  const answer = await askDesk(name);
  if (answer.url === null)
    throw new MillraceError("broker-missing", answer.problem ?? `the test run started no ${name}`);
  return answer.url;
}

async function askDesk(name: BrokerName): Promise<BrokerAnswer> {
  const path = process.env[deskVariable];
  if (path === undefined)
    return { url: null, problem: `the test run has no desk to ask for ${name} (${deskVariable})` };
  const socket = connect(path);
  socket.write(`${name}\n`);
  return JSON.parse(await text(socket)) as BrokerAnswer;
}
