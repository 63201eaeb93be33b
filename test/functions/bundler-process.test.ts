import { build } from "esbuild";
import { expect, test } from "vitest";
import { holdBundler } from "../../src/functions/bundler-process.ts";

const bundle = () => build({ stdin: { contents: "export const a = 1;" }, write: false, format: "esm" });

test("a registry that closes leaves another one's builds alone; the helper ends with the last and starts again when needed", async () => {
  const [giveFirst, giveSecond] = [holdBundler(), holdBundler()];
  await bundle();
  const underWay = bundle();
  await giveFirst();
  await giveFirst(); // A second call gives nothing back that is another's.
  expect((await underWay).outputFiles).toHaveLength(1);
  await giveSecond();

  const giveThird = holdBundler();
  expect((await bundle()).outputFiles).toHaveLength(1);
  await giveThird();
});
