/** Keysets: read from memory, replaced on disk first. A stored policy may be older than this version's settings. */
import {
  type Cancel,
  defaultPolicy,
  EngineError,
  type Keyset,
  type KeysetStore,
  type Policy,
  policyProblems,
  Watchers,
} from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";
import type { Gate } from "./gate.ts";
import { textOf } from "./rows.ts";
import type { Sqlite, SqlRow, Statement } from "./sqlite.ts";

/** What everyone who watches keysets watches. */
const everything: readonly string[] = ["keysets"];

/** What a keyset store stands on. */
export interface EmbeddedKeysetStoreOptions {
  readonly sqlite: Sqlite;
  readonly gate: Gate;
  /** Told which keysets are in force after a replacement, before watchers are. */
  readonly onReplaced: (inForce: ReadonlySet<SubscribeKey>) => void;
}

/** The keyset store of one process. */
export class EmbeddedKeysetStore implements KeysetStore {
  readonly #sqlite: Sqlite;
  readonly #gate: Gate;
  readonly #onReplaced: EmbeddedKeysetStoreOptions["onReplaced"];
  readonly #insert: Statement;
  readonly #watchers = new Watchers();
  #keysets: readonly Keyset[];

  /** Reads all keysets. Throws `EngineError` when one cannot be read, naming it. */
  constructor({ sqlite, gate, onReplaced }: EmbeddedKeysetStoreOptions) {
    this.#gate = gate;
    this.#onReplaced = onReplaced;
    this.#sqlite = sqlite;
    this.#insert = sqlite.prepare(
      "INSERT INTO keysets (subscribe_key, publish_key, policy) VALUES (?, ?, ?)",
    );
    const rows = sqlite
      .prepare("SELECT subscribe_key, publish_key, policy FROM keysets ORDER BY place")
      .all();
    this.#keysets = Object.freeze(rows.map(readKeyset));
  }

  async list(): Promise<readonly Keyset[]> {
    this.#gate.pass();
    return this.#keysets;
  }

  async replace(keysets: readonly Keyset[]): Promise<void> {
    this.#gate.pass();
    this.#sqlite.transaction(() => {
      this.#sqlite.exec("DELETE FROM keysets");
      for (const { subscribeKey, publishKey, policy } of keysets) {
        this.#insert.run(subscribeKey, publishKey, JSON.stringify(policy));
      }
    });
    this.#keysets = Object.freeze([...keysets]);
    this.#onReplaced(new Set(keysets.map((keyset) => keyset.subscribeKey)));
    this.#watchers.wake(everything);
  }

  watch(wake: () => void): Cancel {
    this.#gate.pass();
    const watch = this.#watchers.watch(everything, { wake });
    return () => watch.stop();
  }
}

function readKeyset(row: SqlRow): Keyset {
  const subscribeKey = textOf(row, "subscribe_key") as SubscribeKey;
  const policy = readPolicy(subscribeKey, textOf(row, "policy"));
  return { subscribeKey, publishKey: textOf(row, "publish_key") as PublishKey, policy };
}

/** A setting that the stored policy does not have, because it is older than the setting, has its default. */
function readPolicy(subscribeKey: SubscribeKey, text: string): Policy {
  const stored = parseObject(subscribeKey, text);
  const policy: Policy = {
    presenceTimeoutSeconds: numberOf(stored, "presenceTimeoutSeconds", subscribeKey),
    debounceSeconds: numberOf(stored, "debounceSeconds", subscribeKey),
    impliedHeartbeat: booleanOf(stored, "impliedHeartbeat", subscribeKey),
    globalHereNow: booleanOf(stored, "globalHereNow", subscribeKey),
    streamFiltering: booleanOf(stored, "streamFiltering", subscribeKey),
    hereNowStaleMs: numberOf(stored, "hereNowStaleMs", subscribeKey),
    channelsPerGroupMax: numberOf(stored, "channelsPerGroupMax", subscribeKey),
  };
  const [problem] = policyProblems(policy);
  if (problem !== undefined) throw unreadable(subscribeKey, problem, text);
  return policy;
}

type Settings<Type> = {
  [Name in keyof Policy]: Policy[Name] extends Type ? Name : never;
}[keyof Policy];

function numberOf(
  stored: ReadonlyMap<string, unknown>,
  name: Settings<number>,
  subscribeKey: SubscribeKey,
): number {
  const value = stored.get(name) ?? defaultPolicy[name];
  if (typeof value === "number") return value;
  throw unreadable(subscribeKey, `${name} is ${JSON.stringify(value)}, not a number.`, value);
}

function booleanOf(
  stored: ReadonlyMap<string, unknown>,
  name: Settings<boolean>,
  subscribeKey: SubscribeKey,
): boolean {
  const value = stored.get(name) ?? defaultPolicy[name];
  if (typeof value === "boolean") return value;
  throw unreadable(subscribeKey, `${name} is ${JSON.stringify(value)}, neither true nor false.`, value);
}

function parseObject(subscribeKey: SubscribeKey, text: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(subscribeKey, "its policy is not JSON.", error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return new Map(Object.entries(value));
  throw unreadable(subscribeKey, "its policy is not an object.", value);
}

function unreadable(subscribeKey: SubscribeKey, problem: string, cause: unknown): EngineError {
  return new EngineError(
    "corrupt",
    `The stored keyset ${JSON.stringify(subscribeKey)} cannot be read: ${problem}`,
    {
      cause,
    },
  );
}
