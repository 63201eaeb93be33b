// The handler of the live tests: shows each call to the test's witness and does what the witness says.

import type { Context } from "aws-lambda";
import type { Order } from "../witness.ts";

export async function handle(event: unknown, context: Context): Promise<unknown> {
  const { functionName, awsRequestId: requestId } = context;
  const answer = await fetch(process.env["WITNESS_URL"] ?? "", {
    method: "POST",
    body: JSON.stringify({ functionName, requestId, variable: process.env["VARIABLE"] ?? null, event }),
  });
  return obey(JSON.parse(await answer.text()));
}

function obey(order: Order): unknown {
  switch (order.do) {
    case "return":
      return order.value;
    case "throw":
      throw new TypeError(order.message);
    case "exit":
      return process.exit(7);
    case "spin":
      for (;;);
    case "fill":
      for (const hoard: unknown[] = []; ; ) hoard.push(new Array<number>(100_000).fill(hoard.length));
  }
}
