/**
 * Keeps the roster of a channel and prints who comes and goes: `main.ts CHANNEL [SECONDS]`. Ends after so many seconds,
 * or by SIGINT or SIGTERM, then compares the roster with what the service says, and fails when they differ.
 */
import { createClient } from "@hereabouts/client";
import { newsBetween } from "./news.ts";
import { differenceFromService } from "./self-check.ts";

const [channel = "lobby", seconds] = process.argv.slice(2);
const { ORIGIN: origin = "http://127.0.0.1:7400", SUBSCRIBE_KEY: subscribeKey = "demo" } = process.env;

const client = createClient({ origin, subscribeKey, userId: `roster-worker-${process.pid}` });
client.onStatus((event) => {
  const error = "error" in event ? event.error : undefined;
  console.log(error === undefined ? event.type : `${event.type}: ${error.message}`);
});

/** The worker only watches: it is not on its own roster. */
const roster = client.roster(channel, { join: "watch" });

const ending = new AbortController();
const end = (): void => ending.abort();
process.once("SIGINT", end).once("SIGTERM", end);
const timer = seconds === undefined ? undefined : setTimeout(end, Number(seconds) * 1_000);

let shown = roster.snapshot;
const stop = roster.subscribe(() => {
  for (const line of newsBetween(shown, roster.snapshot)) console.log(line);
  shown = roster.snapshot;
});

await new Promise<void>((resolve) => {
  ending.signal.addEventListener("abort", () => resolve());
});
clearTimeout(timer);

const difference = await differenceFromService(client, roster);
stop();
await client.close();
console.log(difference ?? `The roster is what the service says: ${shown.occupancy} here.`);
process.exitCode = difference === undefined ? 0 : 1;
