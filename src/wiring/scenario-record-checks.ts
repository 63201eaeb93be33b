// What no single member of a record or generator in a scenario file can tell: members that mean nothing for the kind of source, or are
// missing for it, and settings that exclude one another.

import type { Path } from "../config/config-document.ts";
import type { Generate } from "../sim/scenario-generator-schema.ts";
import { DEFAULT_KEY } from "../sim/scenario.ts";
import type { ScenarioFile } from "../sim/scenario-schema.ts";
import { unfilledNames } from "../sim/transcript.ts";
import type { ScenarioFlaw } from "./scenario-flaws.ts";
import { flaw } from "./scenario-labels.ts";

/** Members that mean something for one kind of source only. */
const membersOfKind: Readonly<Record<string, readonly string[]>> = {
  "kinesis-stream": ["partitionKey", "data"],
  "dynamodb-stream": ["op", "item", "change"],
  "sqs-queue": ["body", "group", "dedup", "message_attributes", "delay_s"],
  "kafka-self-managed": [],
};

export function recordFlaws(file: ScenarioFile): readonly ScenarioFlaw[] {
  const type = file.setup?.source?.type ?? "kinesis-stream";
  return (file.records ?? []).flatMap((record, index) => {
    if ("generate" in record) return generatorFlaws(record.generate, ["records", index, "generate"]);
    const known = membersOfKind[type] ?? [];
    const others = Object.values(membersOfKind).flat();
    const strange = Object.keys(record)
      .filter((name) => others.includes(name) && !known.includes(name))
      .map((name) =>
        flaw(["records", index, name], `\`${name}\` is no member of a record for a source of type ${type}`, {
          part: "name",
          label: "has no meaning here",
          help: known.length === 0 ? null : `known here: label, ${known.join(", ")}, at_s`,
        }),
      );
    if (strange.length > 0) return strange;
    return contentFlaws(record, ["records", index], file.setup?.source);
  });
}

type OneRecord = Exclude<NonNullable<ScenarioFile["records"]>[number], { readonly generate: unknown }>;

/** What a stream, or a table, would refuse. */
function contentFlaws(
  record: OneRecord,
  path: Path,
  source: NonNullable<ScenarioFile["setup"]>["source"],
): readonly ScenarioFlaw[] {
  switch (source?.type ?? "kinesis-stream") {
    case "kinesis-stream":
      return keyFlaws(record, path);
    case "dynamodb-stream":
      return writeFlaws(record, path, source?.key ?? null);
    default:
      return [];
  }
}

const MOST_KEY_CHARACTERS = 256;

function keyFlaws({ label, partitionKey }: OneRecord, path: Path): readonly ScenarioFlaw[] {
  const key = partitionKey ?? label;
  if (key !== "" && key.length <= MOST_KEY_CHARACTERS) return [];
  const is = key === "" ? "is empty" : `has ${key.length} characters`;
  const what =
    partitionKey === undefined ? "`label`, which is the partition key where there is none," : "`partitionKey`";
  return [
    flaw(
      [...path, partitionKey === undefined ? "label" : "partitionKey"],
      `${what} ${is}, and a partition key has 1 to ${MOST_KEY_CHARACTERS} characters`,
      { help: '"partitionKey": "k"' },
    ),
  ];
}

/** `named`: the key of the setup, null where it names none. */
function writeFlaws(
  { op = "put", item, change }: OneRecord,
  path: Path,
  named: string | null,
): readonly ScenarioFlaw[] {
  const key = named ?? DEFAULT_KEY;
  const example = `"${key}": {"S": "k1"}`;
  if (item === undefined)
    return change === undefined
      ? [
          flaw(path, "`item` is missing in a record of a table", {
            label: "needs item",
            help: `"item": {${example}}`,
          }),
        ]
      : [];
  // A change that is written out has keys of its own.
  const isKeyOpen = named === null && change !== undefined;
  if (!Object.hasOwn(item, key) && !isKeyOpen)
    return [
      flaw([...path, "item"], `\`${key}\`, the table's key, is missing in the item`, {
        label: `needs ${key}`,
        help: example,
      }),
    ];
  const others = Object.keys(item).filter((name) => name !== key);
  if (op !== "delete" || others.length === 0) return [];
  return [
    flaw([...path, "item"], `a delete has the item's key \`${key}\` and no more, and this one ${others.join(", ")}`, {
      help: `"item": ${JSON.stringify({ [key]: item[key] })}`,
    }),
  ];
}

function generatorFlaws(generate: Generate, path: Path): readonly ScenarioFlaw[] {
  const flaws: ScenarioFlaw[] = [];
  const { rate, every_ms, burst, arrivals, size, keys = {} } = generate;
  const at = (name: string): Path => [...path, name];
  if (rate !== undefined && every_ms !== undefined)
    flaws.push(flaw(at("every_ms"), "`every_ms` stands beside `rate`: one of them tells the pace", { part: "name" }));
  const isTimed = rate !== undefined || every_ms !== undefined;
  if (arrivals !== undefined && !isTimed)
    flaws.push(
      flaw(at("arrivals"), "`arrivals` needs a pace: without one all come at once", {
        help: '"rate": 50    (records a second)',
      }),
    );
  if (burst !== undefined && arrivals !== "burst")
    flaws.push(
      flaw(at("burst"), "`burst` has a meaning with `arrivals` burst only", {
        part: "name",
        help: '"arrivals": "burst"',
      }),
    );
  if (typeof size === "object" && size.min > size.max)
    flaws.push(flaw(at("size"), `\`size\` has ${size.min} for its least and ${size.max} for its most`));
  if (keys.hot_share !== undefined && keys.distribution === "zipf")
    flaws.push(
      flaw([...at("keys"), "hot_share"], "`hot_share` stands beside `zipf`, which has hot keys of its own", {
        part: "name",
      }),
    );
  flaws.push(...nameFlaws(generate.data, at("data")));
  return flaws;
}

const FILLED_IN = ["n", "label", "key"];

/** Names in `${}` of a generator's data that are filled in by nothing. */
function nameFlaws(value: unknown, path: Path): readonly ScenarioFlaw[] {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, each]) =>
      nameFlaws(each, [...path, Array.isArray(value) ? Number(name) : name]),
    );
  return unfilledNames(value)
    .filter((name) => !FILLED_IN.includes(name))
    .map((name) =>
      flaw(path, `nothing is filled in for \`\${${name}}\``, { help: "known here: ${n}, ${label} and ${key}" }),
    );
}
