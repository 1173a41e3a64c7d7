/** A server that is killed in the middle of its work. */
import { Agent } from "node:http";
import { runtimes, startServer } from "@hereabouts/testkit";
import { describe, expect, it } from "vitest";
import { makeFolder } from "./support/folder.ts";
import { changeGroup, groupChannels, handshake, publish, time } from "./support/service.ts";
import { until, within } from "./support/until.ts";

const writers = 8;
const acknowledgedBeforeKill = 400;
const kills = 3;

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

      const writing = ledgers.map((ledger) => write(port, ledger));
      const goal = acknowledgedBeforeKill * kill;
      const timetokens: bigint[] = [];
      await until("the acknowledgements", async () => {
        timetokens.push(BigInt(await publish(port, "news", "meanwhile")), BigInt(await time(port)));
        const sum = ledgers.reduce((total, ledger) => total + ledger.acknowledged(), 0);
        return sum >= goal ? true : undefined;
      });
      server.kill("SIGKILL");
      await server.exited;
      await within("The end of the writers", Promise.all(writing));
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
    expect(found.every((channels) => channels.length > 0)).toBe(true);
  });
});

/** What one writer knows of its group: what was acknowledged, and what was asked for last. */
interface Ledger {
  readonly group: string;
  acknowledged(): number;
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
  let count = 0;
  let asked = 0;
  return {
    group,
    acknowledged: () => count,
    next: () => {
      asked++;
      const oldest = channels[0];
      // Every third change takes something away, so that a lost removal would be seen, too.
      if (asked % 3 === 0 && oldest !== undefined) {
        wished = channels.slice(1);
        return `?remove=${oldest}`;
      }
      const added = [`c${String(asked).padStart(6, "0")}a`, `c${String(asked).padStart(6, "0")}b`];
      wished = [...channels, ...added];
      return `?add=${added.join(",")}`;
    },
    acknowledge: () => {
      if (wished !== undefined) channels = wished;
      wished = undefined;
      count++;
    },
    possible: () => (wished === undefined ? [channels] : [channels, wished]),
    settle: (found) => {
      channels = found;
      wished = undefined;
    },
  };
}

/** Changes a group one step after the other until the server is gone. */
async function write(port: number, ledger: Ledger): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (;;) {
      await changeGroup(port, ledger.group, ledger.next(), agent);
      ledger.acknowledge();
    }
  } catch (error) {
    // A refusal is a mistake; a lost connection is what the test is about.
    if (error instanceof Error && /was answered/.test(error.message)) throw error;
  } finally {
    agent.destroy();
  }
}
