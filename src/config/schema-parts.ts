// The pieces that settings are described with: types with their bounds, and what may stand there, in words for a person.

import { z } from "zod";

/** Said beside a value: what may stand there, for a person. */
export const form = (text: string) => ({ "x-form": text });
export const about = (description: string, more: Readonly<Record<string, string>> = {}) => ({ description, ...more });

/** A text of this form. */
export const text = (pattern: RegExp, words: string, description: string) =>
  z
    .string()
    .regex(pattern)
    .meta(about(description, form(words)));
/** A whole number between two bounds, both included. */
export const whole = (min: number, max: number, unit: string, description: string) =>
  z
    .int()
    .min(min)
    .max(max)
    .meta(about(description, { "x-unit": unit }));
/** The variable of the environment that sets it. */
export const environment = (name: string) => ({ "x-env": name });
