// The system's randomness behind the Random port. Names matter only to a seeded run; here every draw is independent.

import { randomUUID } from "node:crypto";
import type { Random } from "../ports/random.ts";

export function createSystemRandom(): Random {
  return { draw: () => Math.random(), uuid: () => randomUUID() };
}
