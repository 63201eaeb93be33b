// The pieces that members of a scenario file are described with: types with their bounds, and what may stand there, in words.

import { z } from "zod";

/** What a member means, and what may stand there, for a person. */
export const about = (description: string, form: string, more: Readonly<Record<string, unknown>> = {}) => ({
  description,
  "x-form": form,
  ...more,
});

export const json = z.unknown().meta(about("A JSON value", "any JSON value"));

/** A text that is not empty; `example`: what one may be. */
export const name = (description: string, example: string | null = null) =>
  z
    .string()
    .min(1)
    .meta(about(description, "text that is not empty", example === null ? {} : { examples: [example] }));

const shown = (bound: number): string => bound.toLocaleString("en-US");

/** A whole number between two bounds, both included. */
export const count = (min: number, max: number, unit: string, description: string) =>
  z
    .int()
    .min(min)
    .max(max)
    .meta(about(description, `whole ${unit}, ${shown(min)} to ${shown(max)}`));

/** A number of seconds; parts of a second to the millisecond. */
export const seconds = (min: number, max: number, description: string) =>
  z
    .number()
    .min(min)
    .max(max)
    .meta(about(description, `seconds, ${shown(min)} to ${shown(max)}`));

/** A part of a whole. */
export const share = (description: string) => z.number().min(0).max(1).meta(about(description, "a number, 0 to 1"));

export const flag = (description: string) => z.boolean().meta(about(description, "true or false"));

export const objectOf = <T extends z.ZodType>(value: T, description: string) =>
  z.record(z.string(), value).meta(about(description, "an object"));

export const labels = (description: string) =>
  z.array(name("A record's label")).meta(about(description, "a list of labels"));
