import type { Clock } from "../ports/clock.ts";
import type { DeployedFunction } from "../ports/functions.ts";
import type { Tables } from "../ports/tables.ts";
import type { FunctionDefinition } from "./function-definition.ts";

export interface FunctionRegistryOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  /** Where definitions are kept over a restart; null: nowhere. */
  readonly tables: Tables | null;
  /** Rows of the shared permits. */
  readonly slotCount: number;
  /** False: files are not watched. */
  readonly isWatching: boolean;
  /** A first or a new version, in order, a function at a time. */
  readonly onDeployed: (deployed: DeployedFunction, reason: "created" | "settings" | "code") => void;
  readonly onRemoved: (name: string) => void;
  /** For a person: what could not be watched, and why. */
  readonly onNote: (functionName: string, text: string) => void;
}

export interface FunctionRegistry {
  define(definition: FunctionDefinition): Promise<DeployedFunction>;
  remove(name: string): Promise<boolean>;
  get(name: string): DeployedFunction | null;
  list(): readonly DeployedFunction[];
  /** Defines what the tables hold and nobody has defined yet. A function whose file is gone is deployed with a build error. */
  restore(): Promise<readonly DeployedFunction[]>;
  close(): Promise<void>;
}

export function createFunctionRegistry(_options: FunctionRegistryOptions): FunctionRegistry {
  throw new Error("not built yet");
}
