// The digest that SQS's answers have of bodies and attributes.

import { hash } from "node:crypto";

/** In hex. */
export const md5 = (data: string | Uint8Array): string => hash("md5", data, "hex");
