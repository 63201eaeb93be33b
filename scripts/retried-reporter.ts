// Says aloud which tests passed at their second try only: those that kill real processes and brokers under the machine's own clock get one
// more (vitest.config.ts). What passed so is worth a look all the same.

import type { Reporter, TestModule } from "vitest/node";

export class RetriedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.diagnostic()?.flaky === true) console.log(`passed at its second try: ${test.fullName}`);
      }
    }
  }
}
