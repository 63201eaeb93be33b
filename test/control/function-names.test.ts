import { describe, expect, test } from "vitest";
import { aHouse, functionArn, minimal } from "./doubles/house.ts";

describe("section 4.2: names of functions", () => {
  test.each([
    ["handle", functionArn],
    [functionArn, functionArn],
    ["handle:$LATEST", `${functionArn}:$LATEST`],
    [`${functionArn}:$LATEST`, `${functionArn}:$LATEST`],
    ["123456789012:function:handle", functionArn],
    ["function:handle", functionArn],
  ])("%s shows %s", async (sent, shown) => {
    const { control } = await aHouse();
    const answer = await control.createMapping({ ...minimal, FunctionName: sent });
    expect(answer.body?.["FunctionArn"]).toBe(shown);
  });

  test("a name outside the pattern is a ValidationException", async () => {
    const { control } = await aHouse();
    const answer = await control.createMapping({ ...minimal, FunctionName: "a b" });
    expect(answer.errorType).toBe("ValidationException");
    expect(answer.body?.["message"]).toMatch(
      /^1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
    );
  });
});
