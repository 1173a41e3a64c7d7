/** Keysets as they are stored: JSON texts. What they were and are says what has to be forgotten. */
import { EngineError, type Keyset, parseStoredPolicy } from "@hereabouts/core";
import type { PublishKey, SubscribeKey } from "@hereabouts/protocol";

/** Everything that is stored about keysets. */
export interface StoredKeysets {
  /** Names this state of things; empty when nothing was ever stored. */
  readonly version: string;
  readonly keysets: readonly Keyset[];
  /** How often each keyset went; those that never did are missing. */
  readonly generations: ReadonlyMap<SubscribeKey, number>;
}

/** A keyset in a generation that is over. */
export interface GoneKeyset {
  readonly keyset: SubscribeKey;
  readonly generation: number;
}

/** What there is before anything was stored. */
export const noKeysets: StoredKeysets = { version: "", keysets: [], generations: new Map() };

/** Reads what is stored. Throws `EngineError` when it cannot be read, naming the keyset. */
export function parseStoredKeysets(version: string, keysets: string, generations: string): StoredKeysets {
  return { version, keysets: parseKeysets(keysets), generations: parseGenerations(generations) };
}

/** The keysets as a text. */
export function formatKeysets(keysets: readonly Keyset[]): string {
  return JSON.stringify(
    keysets.map(({ subscribeKey, publishKey, policy }) => [subscribeKey, publishKey, JSON.stringify(policy)]),
  );
}

/** The generations as a text. */
export function formatGenerations(generations: ReadonlyMap<SubscribeKey, number>): string {
  return JSON.stringify([...generations]);
}

/** The generations after a replacement: the next one for every keyset that goes; and those that go. */
export function generationsAfter(
  before: StoredKeysets,
  keysets: readonly Keyset[],
): { readonly generations: ReadonlyMap<SubscribeKey, number>; readonly gone: readonly GoneKeyset[] } {
  const kept = new Set(keysets.map(({ subscribeKey }) => subscribeKey));
  const generations = new Map(before.generations);
  const gone: GoneKeyset[] = [];
  for (const { subscribeKey } of before.keysets) {
    if (kept.has(subscribeKey)) continue;
    const generation = before.generations.get(subscribeKey) ?? 0;
    gone.push({ keyset: subscribeKey, generation });
    generations.set(subscribeKey, generation + 1);
  }
  return { generations, gone };
}

/** A keyset that went, as a text. */
export function formatGone({ keyset, generation }: GoneKeyset): string {
  return `${generation} ${keyset}`;
}

/** Reads a keyset that went; `undefined` when the text is none. */
export function parseGone(text: string): GoneKeyset | undefined {
  const parts = /^(\d{1,9}) (.+)$/s.exec(text);
  return parts === null
    ? undefined
    : { generation: Number(parts[1]), keyset: (parts[2] ?? "") as SubscribeKey };
}

function parseKeysets(text: string): readonly Keyset[] {
  if (text === "") return [];
  return listOf(parse(text)).map((value) => {
    const [subscribeKey, publishKey, policyText] = listOf(value);
    if (
      typeof subscribeKey !== "string" ||
      typeof publishKey !== "string" ||
      typeof policyText !== "string"
    ) {
      throw unreadable("Stored keysets are not as they should be.", value);
    }
    const read = parseStoredPolicy(policyText);
    if (read.policy === undefined) {
      throw unreadable(
        `The stored keyset ${JSON.stringify(subscribeKey)} cannot be read: ${read.problem}`,
        value,
      );
    }
    return {
      subscribeKey: subscribeKey as SubscribeKey,
      publishKey: publishKey as PublishKey,
      policy: read.policy,
    };
  });
}

function parseGenerations(text: string): ReadonlyMap<SubscribeKey, number> {
  if (text === "") return new Map();
  return new Map(
    listOf(parse(text)).map((value) => {
      const [keyset, generation] = listOf(value);
      if (typeof keyset === "string" && typeof generation === "number")
        return [keyset as SubscribeKey, generation];
      throw unreadable("Stored generations of keysets are not as they should be.", value);
    }),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable("What is stored about keysets is not JSON.", error);
  }
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unreadable("What is stored about keysets is no list.", value);
}

function unreadable(message: string, cause: unknown): EngineError {
  return new EngineError("corrupt", message, { cause });
}
