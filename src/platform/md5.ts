// MD5 as AWS's queues name bodies and attributes by it: a name, no safeguard.

import { hash } from "node:crypto";

/** Hex. */
export const md5Hex = (data: string | Uint8Array): string => hash("md5", data, "hex");
