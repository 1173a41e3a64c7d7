/** A node's log on a real Redis, as the engine makes it, for tests: with calls counted and faults put in between. */
import { EngineError, type LogEntry, type LogPage, type Publication } from "@hereabouts/core";
import type { Channel, JsonText, SubscribeKey, Timetoken, UserId } from "@hereabouts/protocol";
import { onTestFinished } from "vitest";
import { Background, type EngineContext, Gate } from "../../src/context.ts";
import { EngineTime } from "../../src/engine-time.ts";
import { Keyspace } from "../../src/keys.ts";
import { RedisEventLog } from "../../src/log/event-log.ts";
import { openNodeRedisPort } from "../../src/node-redis-port.ts";
import type { RedisPort } from "../../src/port.ts";
import { createTimers } from "../../src/timers.ts";

export const keyset = "sub-key" as SubscribeKey;

let prefixes = 0;

/** A prefix that no test has used. */
export function freshPrefix(): string {
  prefixes += 1;
  return `log-${process.pid}-${prefixes}`;
}

/** What a node is opened with. */
export interface NodeOptions {
  readonly url: string;
  readonly prefix: string;
  /** Default 24. */
  readonly partitions?: number;
  /** Default: the time. */
  readonly now?: number;
  readonly scheduler?: EngineContext["scheduler"];
}

/** One node. */
export interface Node {
  readonly log: RedisEventLog;
  readonly context: EngineContext;
  /** Scripts called, by name, since it was last emptied. */
  readonly calls: Map<string, number>;
  readonly warnings: string[];
  /** Whether calls fail. */
  isCutOff: boolean;
  /** Whether news are lost. */
  isDeaf: boolean;
  close(): Promise<void>;
}

let epochs = 0;

/** Opens a node; it is closed when the test is over. */
export async function openNode(options: NodeOptions): Promise<Node> {
  const real = await openNodeRedisPort(options.url);
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
  };
  epochs += 1;
  const { partitions } = options;
  const calls = new Map<string, number>();
  const port: RedisPort = {
    ...bound(real),
    run: (script, keys, args) => {
      calls.set(script.name, (calls.get(script.name) ?? 0) + 1);
      if (node.isCutOff)
        return Promise.reject(new EngineError("unavailable", "cut off", { cause: undefined }));
      return real.run(script, keys, args);
    },
    subscribe: (channel, onMessage) =>
      real.subscribe(channel, (text) => {
        if (!node.isDeaf) onMessage(text);
      }),
  };
  const context: EngineContext = {
    port,
    keys: new Keyspace({ prefix: options.prefix, ...(partitions === undefined ? {} : { partitions }) }),
    time: new EngineTime(options.now ?? Date.now(), undefined),
    scheduler: options.scheduler ?? createTimers(),
    gate: new Gate(),
    background: new Background(warn),
    epoch: `node-${process.pid}-${epochs}`,
    outageMs: undefined,
    warn,
  };
  const node: Node = {
    log: new RedisEventLog(context),
    context,
    calls,
    warnings,
    isCutOff: false,
    isDeaf: false,
    async close() {
      if (!context.gate.isOpen) return;
      context.gate.shut();
      node.log.close();
      await context.background.settled();
      await real.close();
    },
  };
  onTestFinished(() => node.close());
  return node;
}

function bound(port: RedisPort): RedisPort {
  return {
    takesAnyTags: port.takesAnyTags === true,
    run: (...call) => port.run(...call),
    send: (command) => port.send(command),
    subscribe: (...call) => port.subscribe(...call),
    onGap: (listener) => port.onGap(listener),
    masters: () => port.masters(),
    close: () => port.close(),
  };
}

/** Topics as written with spaces between them. */
export function topicsOf(text: string): readonly Channel[] {
  return text.split(" ") as Channel[];
}

/** A message on a channel. */
export function message(channel: string, text: string): Publication {
  return {
    kind: "message",
    channel: channel as Channel,
    publisher: "publisher" as UserId,
    payload: JSON.stringify(text) as JsonText,
    meta: undefined,
    customMessageType: undefined,
    sequence: 1,
    origin: undefined,
  };
}

/** Publishes texts on a channel. */
export function publish(
  node: Node,
  channel: string,
  texts: readonly string[],
  now: number = Date.now(),
): Promise<readonly Timetoken[]> {
  return node.log.append(
    keyset,
    texts.map((text) => message(channel, text)),
    now,
  );
}

/** Reads on. */
export function readPage(
  node: Node,
  {
    topics,
    after,
    limit = 100,
  }: { readonly topics: string; readonly after: Timetoken; readonly limit?: number },
  now: number = Date.now(),
): Promise<LogPage> {
  return node.log.read(keyset, topicsOf(topics), after, limit, now);
}

/** An entry in words. */
export function entryText(entry: LogEntry): string {
  if (entry.kind === "publication")
    return `${entry.publication.channel}: ${JSON.parse(entry.publication.payload)}`;
  if (entry.kind === "change") return `${entry.change.kind} ${entry.change.user} in ${entry.change.channel}`;
  return `interval in ${entry.interval.channel} (${entry.interval.occupancy})`;
}

/** Waits, in real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Waits, in real time, until something holds. Fails after ten seconds. */
export async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`It did not come about that ${what}.`);
    await pause(2);
  }
}
