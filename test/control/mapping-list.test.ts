import { describe, expect, test } from "vitest";
import { aHouse, anEnabledMapping, functionArn, minimal, streamArn, textOf } from "./doubles/house.ts";

describe("section 1.4: lists", () => {
  test("101 mappings come in pages of 100 whatever is asked, and a made-up marker is an empty page", async () => {
    const house = await aHouse();
    for (let index = 0; index < 101; index += 1) {
      house.functions.add(`f${index}`);
      await house.control.createMapping({ ...minimal, FunctionName: `f${index}`, Enabled: false });
    }
    const page = await house.control.listMappings({ MaxItems: 10_000 });
    const marker = textOf(page, "NextMarker");
    expect(page.body?.["EventSourceMappings"]).toHaveLength(100);
    expect(marker).toHaveLength(88);
    const rest = await house.control.listMappings({ Marker: marker });
    expect(rest.body).toMatchObject({ NextMarker: null });
    expect(rest.body?.["EventSourceMappings"]).toHaveLength(1);
    expect((await house.control.listMappings({ Marker: "nonsense" })).body).toEqual({
      EventSourceMappings: [],
      NextMarker: null,
    });
  });

  test("filters are exact in their qualifier, and name what need not exist", async () => {
    const { control } = await anEnabledMapping();
    await control.createMapping({ ...minimal, FunctionName: "handle:$LATEST" });
    const count = async (query: object): Promise<number> => {
      const { body } = await control.listMappings(query);
      const list = body?.["EventSourceMappings"];
      return Array.isArray(list) ? list.length : -1;
    };
    expect(await count({ FunctionName: "handle" })).toBe(1);
    expect(await count({ FunctionName: functionArn })).toBe(1);
    expect(await count({ FunctionName: "handle:$LATEST" })).toBe(1);
    expect(await count({ EventSourceArn: streamArn })).toBe(2);
    expect(await count({ FunctionName: "nobody" })).toBe(0);
    expect(await count({ EventSourceArn: "arn:aws:sqs:us-east-1:111111111111:queue" })).toBe(0);
  });
});
