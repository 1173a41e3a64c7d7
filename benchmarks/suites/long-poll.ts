/**
 * A poll held longer than the idle timeouts of the runtimes: Bun cuts connections after 12 s unless told otherwise and
 * after 256 s unless told so per request, Node after 5 s between requests. Takes five minutes of waiting.
 */
import { performance } from "node:perf_hooks";
import type { Runtime } from "../../packages/testkit/src/runtimes.ts";
import { capture, check, timeOf } from "../ask.ts";
import type { Bench, SuiteResult } from "../bench.ts";
import { launch } from "../launch.ts";
import { subscribeTarget } from "../load/requests.ts";
import { spreadOf } from "../statistics.ts";

/** Runs the suite, on all runtimes at once. */
export async function longPoll(bench: Bench): Promise<SuiteResult> {
  const holdSeconds = bench.isQuick ? 3 : 280;
  bench.say(`  holding one poll per runtime for ${holdSeconds} s`);
  const rows = await Promise.all(
    bench.runtimes.map(async (runtime) => ({
      name: `hereabouts on ${runtime}`,
      figures: { "held s": spreadOf([await hold(runtime, holdSeconds)]) },
      remark: "",
    })),
  );
  return {
    suite: "long-poll",
    about: "One poll, held until the server's own limit although nothing happens.",
    parameters: { holdSeconds },
    checks: ["Every poll is answered with 200, no items and a cursor, when its time is up and not before."],
    rows,
    comparisons: [],
  };
}

async function hold(runtime: Runtime, holdSeconds: number): Promise<number> {
  const running = await launch({
    kind: "hereabouts",
    runtime,
    args: ["--poll-hold-seconds", String(holdSeconds)],
  });
  try {
    // Takes the seat beforehand, so that the poll has no join of its own to tell.
    await capture(running.port, subscribeTarget("quiet", "sleeper", "0"));
    const cursor = await timeOf(running.port);
    const startedAt = performance.now();
    const answer = await capture(running.port, subscribeTarget("quiet", "sleeper", cursor), 330_000);
    const seconds = (performance.now() - startedAt) / 1000;
    check(answer.status === 200, `the poll was answered ${answer.status}: ${answer.body}`);
    check(/"t":"\d{17}"/.test(answer.body), `the answer has no cursor: ${answer.body}`);
    check(/"m":\[\]/.test(answer.body), `the answer has items: ${answer.body}`);
    check(seconds >= holdSeconds && seconds < holdSeconds + 2, `the poll was held for ${seconds} s`);
    return seconds;
  } finally {
    await running.stop();
  }
}
