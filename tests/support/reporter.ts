/** Ends the test run with one line that machines can read: `N passed, N failed`. */
import type { Reporter, TestModule } from "vitest/node";

export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tally = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      let ran = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== "pending") tally[state]++;
        ran++;
      }
      // A file that could not even be loaded has no tests, but it has failed.
      if (ran === 0 && module.state() === "failed") tally.failed++;
    }
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
    process.stdout.write(`\n${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
  }
}
