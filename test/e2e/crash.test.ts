/** A server that is killed in the middle of its work. */
import { Agent } from "node:http";
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/folder.ts";
import { changeGroup, groupChannels, handshake, publish, time } from "./support/service.ts";
import { within } from "./support/until.ts";

const writers = 8;
/** Many channels a change, so that writing it takes long enough for a kill to fall into it. */
const channelsPerChange = 250;
const acknowledgedPerLife = 40;
const kills = 4;

describe.each(runtimes)("kill -9 on %s", (runtime) => {
  it("loses no group change that was acknowledged, and no timetoken comes again", async () => {
    using folder = makeFolder();
    const data = folder.join("data");
    const ledgers = Array.from({ length: writers }, (_, index) => createLedger(`group-${index}`));
    let newest = 0n;

    for (let kill = 1; kill <= kills; kill++) {
      await using server = await startServer({ runtime, data });
      const { port } = server;
      const firstTimetoken = BigInt(await publish(port, "news", `life ${kill}`));
      const found = await Promise.all(ledgers.map((ledger) => groupChannels(port, ledger.group)));
      expect(firstTimetoken).toBeGreaterThan(newest);
      found.forEach((channels, index) => {
        expect(ledgers[index]?.possible()).toContainEqual(channels);
        ledgers[index]?.settle(channels);
      });

      const timetokens: bigint[] = [];
      let acknowledged = 0;
      // At once, in the very turn in which the news comes: later, what was not written when it was said would be.
      const onAcknowledged = (): void => {
        acknowledged++;
        if (acknowledged === acknowledgedPerLife) server.kill("SIGKILL");
      };
      const writing = ledgers.map((ledger) => write(port, ledger, onAcknowledged));
      const publishing = publishUntilGone(port, timetokens);
      await within("The end of the server", server.exited);
      await within("The end of the writers", Promise.all([...writing, publishing]));
      newest = [firstTimetoken, ...timetokens].reduce((most, one) => (one > most ? one : most));
    }

    await using last = await startServer({ runtime, data });
    const found = await Promise.all(ledgers.map((ledger) => groupChannels(last.port, ledger.group)));
    const position = BigInt(await handshake(last.port, "news", "reader"));
    const published = BigInt(await publish(last.port, "news", "end"));
    found.forEach((channels, index) => {
      expect(ledgers[index]?.possible()).toContainEqual(channels);
    });
    expect(position).toBeGreaterThanOrEqual(newest);
    expect(published).toBeGreaterThan(newest);
    expect(found.flat().length).toBeGreaterThan(0);
  });
});

/** What one writer knows of its group: what was acknowledged, and what was asked for last. */
interface Ledger {
  readonly group: string;
  /** The change to ask for next, as the end of a target. */
  next(): string;
  acknowledge(): void;
  /** What the group may hold: without and with the change that was under way. */
  possible(): readonly (readonly string[])[];
  /** Takes over what is really there. */
  settle(channels: readonly string[]): void;
}

function createLedger(group: string): Ledger {
  let channels: readonly string[] = [];
  let wished: readonly string[] | undefined;
  let asked = 0;
  return {
    group,
    next: () => {
      asked++;
      // Every third change takes something away, so that a lost removal would be seen, too.
      if (asked % 3 === 0 && channels.length > channelsPerChange) {
        const removed = channels.slice(0, channelsPerChange);
        wished = channels.slice(channelsPerChange);
        return `?remove=${removed.join(",")}`;
      }
      if (channels.length > 4 * channelsPerChange) {
        wished = [];
        return "/remove";
      }
      const added = Array.from({ length: channelsPerChange }, (_, index) => nameOf(asked, index));
      wished = [...channels, ...added];
      return `?add=${added.join(",")}`;
    },
    acknowledge: () => {
      channels = wished ?? channels;
      wished = undefined;
    },
    possible: () => (wished === undefined ? [channels] : [channels, wished]),
    settle: (found) => {
      channels = found;
      wished = undefined;
    },
  };
}

/** Names whose order is that in which they are added. */
function nameOf(change: number, index: number): string {
  return `c${String(change).padStart(5, "0")}-${String(index).padStart(3, "0")}`;
}

/** Changes a group one step after the other until the server is gone. */
async function write(port: number, ledger: Ledger, onAcknowledged: () => void): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await untilGone(async () => {
    await changeGroup(port, ledger.group, ledger.next(), agent);
    ledger.acknowledge();
    onAcknowledged();
  });
  agent.destroy();
}

/** Publishes one message after the other until the server is gone, and notes every timetoken it hears of. */
async function publishUntilGone(port: number, timetokens: bigint[]): Promise<void> {
  await untilGone(async () => {
    timetokens.push(BigInt(await publish(port, "news", "meanwhile")), BigInt(await time(port)));
  });
}

/** Does something again and again until a connection is lost. A refusal is a mistake, and is one of the test's, too. */
async function untilGone(step: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await step();
    } catch (error) {
      if (error instanceof Error && "code" in error) return;
      throw error;
    }
  }
}
