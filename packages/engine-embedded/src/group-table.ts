/** Groups on disk: one row per channel of a group, in the order they were added. Knows nothing of limits. */
import type { Channel, Group, SubscribeKey } from "@hereabouts/protocol";
import { integerOf, textOf } from "./rows.ts";
import type { Sqlite } from "./sqlite.ts";

/** A channel in a group of a keyset. */
export interface GroupRow {
  readonly keyset: SubscribeKey;
  readonly group: Group;
  readonly channel: Channel;
}

/** The table of groups. Writes belong in a transaction of the caller. */
export interface GroupTable {
  /** Every row there was at the start, in the order they were added. */
  load(): Iterable<GroupRow>;
  /** Adds a channel that the group does not have. */
  add(keyset: SubscribeKey, group: Group, channel: Channel): void;
  remove(keyset: SubscribeKey, group: Group, channel: Channel): void;
  /** Removes all channels of a group. */
  drop(keyset: SubscribeKey, group: Group): void;
}

/** Rows read at a time. */
const rowsPerRead = 10_000;

/** Opens the table of groups. */
export function openGroupTable(sqlite: Sqlite): GroupTable {
  const page = sqlite.prepare(
    `SELECT place, keyset, name, channel FROM group_channels WHERE place > ? ORDER BY place LIMIT ${rowsPerRead}`,
  );
  const insert = sqlite.prepare(
    "INSERT INTO group_channels (keyset, name, channel, place) VALUES (?, ?, ?, ?)",
  );
  const remove = sqlite.prepare("DELETE FROM group_channels WHERE keyset = ? AND name = ? AND channel = ?");
  const drop = sqlite.prepare("DELETE FROM group_channels WHERE keyset = ? AND name = ?");
  let place = 0;
  return {
    *load() {
      for (;;) {
        const rows = page.all(place);
        for (const row of rows) {
          place = integerOf(row, "place");
          yield {
            keyset: textOf(row, "keyset") as SubscribeKey,
            group: textOf(row, "name") as Group,
            channel: textOf(row, "channel") as Channel,
          };
        }
        if (rows.length < rowsPerRead) return;
      }
    },
    add(keyset, group, channel) {
      place += 1;
      insert.run(keyset, group, channel, place);
    },
    remove: (keyset, group, channel) => remove.run(keyset, group, channel),
    drop: (keyset, group) => drop.run(keyset, group),
  };
}
