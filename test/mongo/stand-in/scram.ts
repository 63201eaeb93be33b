// The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677) for one user, one conversation a connection. Names and passwords are taken
// as they are: what SASLprep would change is not for these tests.

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { CommandError } from "./command-error.ts";

export interface ScramUser {
  readonly user: string;
  readonly password: string;
}

export interface ScramConversation {
  readonly start: (payload: string) => string;
  /** The server's signature. Throws error 18 for another user or password. */
  readonly finish: (payload: string) => string;
}

const iterationCount = 4096;

export function createScram(expected: ScramUser): ScramConversation {
  const salt = randomBytes(16);
  let user = "";
  let nonce = "";
  let firstParts: readonly string[] = [];
  return {
    start: (payload) => {
      const bare = payload.replace(/^n,[^,]*,/, "");
      user = (/(?:^|,)n=([^,]*)/.exec(bare)?.[1] ?? "").replaceAll("=2C", ",").replaceAll("=3D", "=");
      nonce = `${/(?:^|,)r=([^,]*)/.exec(bare)?.[1] ?? ""}${randomBytes(18).toString("base64")}`;
      const answer = `r=${nonce},s=${salt.toString("base64")},i=${iterationCount}`;
      firstParts = [bare, answer];
      return answer;
    },
    finish: (payload) => {
      const proof = Buffer.from(/,p=(.*)$/.exec(payload)?.[1] ?? "", "base64");
      const withoutProof = payload.replace(/,p=.*$/, "");
      const salted = pbkdf2Sync(expected.password, salt, iterationCount, 32, "sha256");
      const clientKey = hmac(salted, "Client Key");
      const said = [...firstParts, withoutProof].join(",");
      const signature = hmac(createHash("sha256").update(clientKey).digest(), said);
      const expectedProof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
      const isRight = proof.length === expectedProof.length && timingSafeEqual(proof, expectedProof);
      if (!isRight || user !== expected.user || !withoutProof.includes(`r=${nonce}`)) {
        throw new CommandError(18, "Authentication failed.");
      }
      return `v=${hmac(hmac(salted, "Server Key"), said).toString("base64")}`;
    },
  };
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
