// Rules of streams that are not carried out, or in another way, each with the reason: a section of docs/honoured.md. A test holds every
// other rule of streams in docs/rules/streams-and-queues.md to a test that cites it.

export const streamRulesLeftOut: { readonly [rule: string]: string } = {
  "P-2": "A shard is not looked at once a second: what is put is read at once, so records wait less than on AWS.",
  "P-3": "As P-2: nothing is polled four times a second.",
  "P-4": "Reads are not held to 2 MB and five a second: mappings and other readers of a shard do not slow one another.",
  "P-14": "There are no rights: whoever reaches the port may do everything, and a role is not looked into.",
};

/** Lines of the section. */
export function rulesSection(): readonly string[] {
  return [
    "## Rules of streams",
    "",
    "Made from `src/control/mapping/stream-rules-left-out.ts`. Every rule of streams in",
    "[rules/streams-and-queues.md](rules/streams-and-queues.md) has a test that cites it, but for these:",
    "",
    "| rule | why |",
    "| --- | --- |",
    ...Object.entries(streamRulesLeftOut).map(([rule, why]) => `| ${rule} | ${why} |`),
    "",
  ];
}
