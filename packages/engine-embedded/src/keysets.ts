/** Keysets: read from memory, replaced on disk first. A stored policy may be older than this version's settings. */
import {
  type Cancel,
  EngineError,
  type Keyset,
  type KeysetStore,
  parseStoredPolicy,
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
  const text = textOf(row, "policy");
  const read = parseStoredPolicy(text);
  if (read.policy === undefined) throw unreadable(subscribeKey, read.problem, text);
  const { policy } = read;
  return { subscribeKey, publishKey: textOf(row, "publish_key") as PublishKey, policy };
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
