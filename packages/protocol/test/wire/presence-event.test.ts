import type { Channel, PresenceEvent, PresenceItem, State, UserId } from "@hereabouts/protocol";
import { filterInput } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import {
  detailedPayload,
  hasDetails,
  presenceMetadata,
  presencePayload,
} from "../../src/wire/encode-presence.ts";

const base = { channel: "a" as Channel, at: 1_757_969_639_531.7, occupancy: 3, epoch: "e", revision: 7 };
const user = 'u"1' as UserId;
const state = '{"k":1.50,"list":["x"]}' as State;
const empty = "{}" as State;
const interval = {
  ...base,
  action: "interval",
  joined: [],
  left: [],
  timedOut: [],
  hereNowRefresh: false,
} as const;
const users = { joined: ["a", "b"] as UserId[], left: ['c"'] as UserId[], timedOut: ["d"] as UserId[] };

const life = ',"epoch":"e","revision":7';
const times = '"timestamp":1757969639,"precise_timestamp":1757969639531';

describe("with details", () => {
  it("an interval says who of its lists is here, and since when it counts", () => {
    const here = new Map([
      ["a" as UserId, state],
      ["b" as UserId, undefined],
    ]);
    const event = {
      ...{ ...interval, ...users, listsNeedDetails: true as const },
      ...{ sinceRevision: 2, here },
    };
    const lists = '"join":["a","b"],"leave":["c\\""],"timeout":["d"]';
    expect(hasDetails(event)).toBe(true);
    expect(detailedPayload(event)).toBe(
      `{"action":"interval",${times},"occupancy":3,${lists},"since_revision":2,"here":{"a":${state},"b":null}${life}}`,
    );
    expect(presencePayload(event)).toBe(`{"action":"interval",${times},"occupancy":3${life}}`);
    expect(presenceMetadata(event)).not.toContain("pn_join");
  });

  it("an interval that does not say enough has its lists alone", () => {
    const event = { ...interval, joined: users.joined };
    expect(detailedPayload(event)).toBe(
      `{"action":"interval",${times},"occupancy":3,"join":["a","b"]${life}}`,
    );
  });

  it("a change in a channel that is summed up says so", () => {
    const event = { ...base, action: "leave", user, state: undefined, isSummedUp: true } as const;
    const start = `{"action":"leave","uuid":"u\\"1",${times},"occupancy":3`;
    expect(detailedPayload(event)).toBe(`${start},"summed_up":1${life}}`);
    expect(presencePayload(event)).toBe(`${start}${life}}`);
    expect(hasDetails({ ...event, isSummedUp: undefined } as unknown as PresenceEvent)).toBe(false);
  });
});

describe("a presence event's payload", () => {
  const cases: [string, PresenceEvent, string][] = [
    [
      "join",
      { ...base, action: "join", user, state: undefined },
      `{"action":"join","uuid":"u\\"1",${times},"occupancy":3${life}}`,
    ],
    [
      "join of a user whose state was set before",
      { ...base, action: "join", user, state },
      `{"action":"join","uuid":"u\\"1",${times},"occupancy":3${life},"state":${state}}`,
    ],
    [
      "leave without state",
      { ...base, action: "leave", user, state: undefined },
      `{"action":"leave","uuid":"u\\"1",${times},"occupancy":3${life}}`,
    ],
    [
      "leave with an empty state",
      { ...base, action: "leave", user, state: empty },
      `{"action":"leave","uuid":"u\\"1",${times},"occupancy":3${life}}`,
    ],
    [
      "leave with state",
      { ...base, action: "leave", user, state },
      `{"action":"leave","uuid":"u\\"1",${times},"data":${state},"occupancy":3${life}}`,
    ],
    [
      "timeout",
      { ...base, action: "timeout", user, state: empty },
      `{"action":"timeout","uuid":"u\\"1",${times},"data":{},"occupancy":3${life}}`,
    ],
    [
      "state change",
      { ...base, action: "state-change", user, state },
      `{"action":"state-change","uuid":"u\\"1",${times},"data":${state},"occupancy":3${life}}`,
    ],
    ["interval", interval, `{"action":"interval",${times},"occupancy":3${life}}`],
    [
      "interval with deltas",
      { ...interval, ...users },
      `{"action":"interval",${times},"occupancy":3,"join":["a","b"],"leave":["c\\""],"timeout":["d"]${life}}`,
    ],
    [
      "interval with some deltas",
      { ...interval, left: ["x"] as UserId[] },
      `{"action":"interval",${times},"occupancy":3,"leave":["x"]${life}}`,
    ],
    [
      "interval with too many deltas",
      { ...interval, ...users, hereNowRefresh: true },
      `{"action":"interval",${times},"occupancy":3,"here_now_refresh":true${life}}`,
    ],
  ];
  it.each(cases)("%s", (_, event, text) => {
    expect(presencePayload(event)).toBe(text);
  });
});

describe("a presence event's metadata", () => {
  it("has a member for each member of the state it carries", () => {
    expect(presenceMetadata({ ...base, action: "state-change", user, state })).toBe(
      '{"pn_action":"state-change","pn_channel":"a","pn_ispresence":1,"pn_occupancy":3,"pn_precise_timestamp":1757969639531,' +
        '"pn_state_k":1.50,"pn_state_list":["x"],"pn_timestamp":1757969639,"pn_uuid":"u\\"1"}',
    );
  });

  it("of an interval has the deltas and no user", () => {
    expect(presenceMetadata({ ...interval, ...users })).toBe(
      '{"pn_action":"interval","pn_channel":"a","pn_ispresence":1,"pn_join":["a","b"],"pn_leave":["c\\""],"pn_occupancy":3,' +
        '"pn_precise_timestamp":1757969639531,"pn_timeout":["d"],"pn_timestamp":1757969639}',
    );
  });
});

describe("what a filter sees of an item", () => {
  const item: PresenceItem = {
    kind: "presence",
    timetoken: 1n,
    channel: "a-pnpres" as Channel,
    metadata: true,
    event: { ...base, action: "timeout", user, state },
  };

  it("of a presence event its metadata and its payload", () => {
    const input = filterInput(item);
    expect([input.meta, input.data]).toEqual([
      {
        pn_action: "timeout",
        pn_channel: "a",
        pn_ispresence: 1,
        pn_occupancy: 3,
        pn_precise_timestamp: 1_757_969_639_531,
        pn_state_k: 1.5,
        pn_state_list: ["x"],
        pn_timestamp: 1_757_969_639,
        pn_uuid: 'u"1',
      },
      {
        action: "timeout",
        uuid: 'u"1',
        timestamp: 1_757_969_639,
        precise_timestamp: 1_757_969_639_531,
        data: { k: 1.5, list: ["x"] },
        occupancy: 3,
        epoch: "e",
        revision: 7,
      },
    ]);
  });

  it("is parsed once for all who share the item", () => {
    expect(filterInput(item)).toBe(filterInput(item));
    expect(filterInput(item).meta).toBe(filterInput(item).meta);
    expect(filterInput(item).data).toBe(filterInput(item).data);
  });

  it("without metadata is the payload alone", () => {
    expect(filterInput({ ...item, metadata: false }).meta).toBeUndefined();
  });
});
