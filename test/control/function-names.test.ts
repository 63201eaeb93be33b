import { describe, expect, test } from "vitest";
import { aHouse, functionArn, minimal } from "./doubles/house.ts";

describe("section 4.2: names of functions", () => {
  test.each([
    ["handle", functionArn],
    [functionArn, functionArn],
    ["handle:$LATEST", `${functionArn}:$LATEST`],
    ["handle:live", `${functionArn}:live`],
    [`${functionArn}:1`, `${functionArn}:1`],
    [`${functionArn}:$LATEST`, `${functionArn}:$LATEST`],
    ["123456789012:function:handle", functionArn],
    ["function:handle", functionArn],
  ])("%s shows %s", async (sent, shown) => {
    const { control } = await aHouse();
    const answer = await control.createMapping({ ...minimal, FunctionName: sent });
    expect(answer.body?.["FunctionArn"]).toBe(shown);
  });

  test.each(["handle:2", "handle:absent", `${functionArn}:absent`, "absent:live"])(
    "V2: %s is a version or alias that is not there",
    async (FunctionName) => {
      const { control } = await aHouse();
      const answer = await control.createMapping({ ...minimal, FunctionName });
      expect([answer.errorType, answer.body?.["message"]]).toEqual([
        "InvalidParameterValueException",
        "Function does not exist",
      ]);
    },
  );

  test("a name outside the pattern is a ValidationException", async () => {
    const { control } = await aHouse();
    const answer = await control.createMapping({ ...minimal, FunctionName: "a b" });
    expect(answer.errorType).toBe("ValidationException");
    expect(answer.body?.["message"]).toMatch(
      /^1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:/,
    );
  });
});
