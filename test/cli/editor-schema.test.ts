// The JSON Schema for editors: every name of the configuration and of AWS completes, and nothing of our own notes is left in it.

import { expect, test } from "vitest";
import { editorSchema, editorSchemaText } from "../../src/cli/editor-schema.ts";
import { topSettings } from "../../src/config/config-schema.ts";
import { memberShapes } from "../../src/control/mapping/mapping-members.ts";

test("all settings, and all members of a mapping down to their last names", () => {
  expect(editorSchema()).toMatchObject({
    properties: Object.fromEntries(Object.keys(topSettings).map((name) => [name, {}])),
  });
  expect(editorSchema()).toMatchObject({
    properties: {
      mappings: {
        items: {
          additionalProperties: false,
          properties: {
            ...Object.fromEntries(Object.keys(memberShapes).map((name) => [name, {}])),
            BatchSize: { type: "integer", minimum: 1, maximum: 10_000 },
            StartingPosition: { enum: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"] },
            SourceAccessConfigurations: {
              type: "array",
              items: {
                additionalProperties: false,
                properties: { Type: { enum: expect.arrayContaining(["VIRTUAL_HOST"]) }, URI: { type: "string" } },
              },
            },
            SelfManagedEventSource: {
              properties: { Endpoints: { properties: { KAFKA_BOOTSTRAP_SERVERS: { type: "array" } } } },
            },
            DocumentDBEventSourceConfig: { properties: { FullDocument: { enum: ["UpdateLookup", "Default"] } } },
          },
        },
      },
    },
  });
});

test("meanings, forms and variables are words of the descriptions", () => {
  expect(editorSchemaText()).not.toContain('"x-');
  expect(editorSchema()).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    properties: {
      $schema: { type: "string" },
      host: {
        description: "Address to listen on (a name or an address; variable MILLRACE_HOST)",
        default: "127.0.0.1",
      },
      functions: {
        additionalProperties: { properties: { Timeout: { description: expect.stringMatching(/\(in seconds\)$/) } } },
      },
    },
  });
});
