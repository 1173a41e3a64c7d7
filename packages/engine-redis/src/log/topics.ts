/** Which partitions a set of topics is in. */
import { baseName, type Channel, isPresenceName, isWildcard } from "@hereabouts/protocol";
import type { Keyspace } from "../keys.ts";

/** The topics that have entries in one partition. */
export interface TopicsOfPartition {
  /** The partition, from 0. */
  readonly index: number;
  readonly topics: readonly Channel[];
}

/** Splits topics by partition, and remembers the split as long as the list of topics lives: polls ask again and again. */
export class TopicTable {
  readonly #keys: Keyspace;
  readonly #known = new WeakMap<readonly Channel[], readonly TopicsOfPartition[]>();

  constructor(keys: Keyspace) {
    this.#keys = keys;
  }

  /** The partitions of topics, by index. The list must not be changed afterwards. */
  split(topics: readonly Channel[]): readonly TopicsOfPartition[] {
    let split = this.#known.get(topics);
    if (split === undefined) {
      split = this.#split(topics);
      this.#known.set(topics, split);
    }
    return split;
  }

  #split(topics: readonly Channel[]): readonly TopicsOfPartition[] {
    const byPartition = new Map<number, Channel[]>();
    const everywhere: Channel[] = [];
    for (const topic of topics) {
      const base = isPresenceName(topic) ? baseName(topic) : topic;
      if (isWildcard(base)) {
        everywhere.push(topic);
        continue;
      }
      const index = this.#keys.partitionOf(base);
      const own = byPartition.get(index);
      if (own === undefined) byPartition.set(index, [topic]);
      else own.push(topic);
    }
    const indexes =
      everywhere.length > 0
        ? Array.from({ length: this.#keys.partitions }, (_, index) => index)
        : [...byPartition.keys()];
    return indexes
      .sort((a, b) => a - b)
      .map((index) => ({ index, topics: [...(byPartition.get(index) ?? []), ...everywhere] }));
  }
}
