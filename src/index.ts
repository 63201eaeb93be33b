// The package's public entry: the version, and the types that a configuration file and a load plan in TypeScript are written with.

export { type Config } from "./config/config.ts";
export { type ConfigFile } from "./config/config-schema.ts";
export { type LoadPlanFile } from "./wiring/load/plan-schema.ts";
export { MillraceError, type ErrorCode, type Place } from "./errors.ts";

/** Same as in package.json; a test compares them. */
export const version = "0.1.0";
