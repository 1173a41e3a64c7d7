/** Adds up what suites report, and says it in one line. Pure. */

/** Nothing yet. */
export const nothing = { passed: 0, failed: 0, skipped: 0 };

/** A step that is one check, such as the types. */
export function check(isGood) {
  return isGood ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

/** The sum of tallies. */
export function sum(tallies) {
  return tallies.reduce(
    (all, one) => ({
      passed: all.passed + one.passed,
      failed: all.failed + one.failed,
      skipped: all.skipped + one.skipped,
    }),
    nothing,
  );
}

/**
 * What a Vitest run came to, from its JSON report and its exit code. A file that could not be loaded counts as one
 * failed test; so does a run that ends badly without saying which test did, and one that ran no test.
 */
export function tallyVitest(report, code) {
  if (report === undefined) return { ...nothing, failed: 1, remark: `ended with code ${code} and no report` };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const tally = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
  if (tally.failed > 0) return tally;
  if (tally.passed + tally.skipped === 0) return { ...tally, failed: 1, remark: "ran no test" };
  if (code !== 0) return { ...tally, failed: 1, remark: `ended with code ${code} though no test failed` };
  return tally;
}

/** The last line of a run: `12 passed, 0 failed`, and `, 1 skipped` when any are. */
export function summaryLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Whether a run may count as good. On a build server nothing may be skipped. */
export function isGood({ failed, skipped }, { isBuildServer }) {
  return failed === 0 && !(isBuildServer && skipped > 0);
}
