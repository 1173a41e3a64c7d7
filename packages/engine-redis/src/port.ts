/** What the engine needs of a Redis client: six verbs. Knows no client. */

/** What a script answers: a text, a whole number, nothing, or a list of those. */
export type Reply = string | number | null | readonly Reply[];

/** A script as Redis runs it. Made by `loadScript`. */
export interface Script {
  /** Its file's name without `.lua`. */
  readonly name: string;
  /** Prelude and body. */
  readonly source: string;
  /** The SHA-1 of the source, in hexadecimal: what Redis calls it by. */
  readonly sha: string;
}

/** Slots from the first to the last, both included, of the 16384 there are. */
export type SlotRange = readonly [from: number, to: number];

/** A Redis server that takes writes. */
export interface Master {
  /** `host:port`. */
  readonly address: string;
  /** A name that is new with each start of the server. */
  readonly runId: string;
  /** Its clock, in milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Which slots it owns now. A lone server owns all. */
  readonly slots: readonly SlotRange[];
}

/** The verbs. Each rejects with `EngineError`, and with nothing else. */
export interface RedisPort {
  /** Whether the keys of one script may have any hash tags: there is one master, and no slots. Default false. */
  readonly takesAnyTags?: boolean;
  /**
   * Runs a script where its keys are; all keys have one hash tag, unless the port takes any. Calls of one turn of the
   * event loop go out together. A call that timed out or whose connection broke may have been carried out.
   */
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<Reply>;
  /**
   * Carries a command out where its key is: the command's name, the key, and what follows it. Goes out together with
   * calls of the same turn, in the order of both, and ends as they do.
   */
  send(command: readonly [name: string, key: string, ...rest: string[]]): Promise<Reply>;
  /** Subscribes to a sharded channel. Resolves when the subscription is in force, with what ends it. */
  subscribe(channel: string, onMessage: (message: string) => void): Promise<() => void>;
  /** Calls `listener` when subscriptions were interrupted and are in force again: messages may have been missed. */
  onGap(listener: () => void): () => void;
  /** The masters as they are now. Those that cannot be asked are left out; rejects when none can. */
  masters(): Promise<readonly Master[]>;
  /** Lets go of every connection. What is under way is rejected. */
  close(): Promise<void>;
}
