import type {
  Channel,
  ChannelOccupancy,
  HereNowOutcome,
  Occupant,
  State,
  UserId,
} from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, faultOf } from "./requests.ts";

const presence = "/v2/presence/sub-key/demo";

function occupant(user: string, state?: string): Occupant {
  return { user: user as UserId, state: state as State | undefined, since: 5, devices: 1 };
}

function occupancy(
  channel: string,
  occupants: readonly Occupant[],
  count = occupants.length,
): ChannelOccupancy {
  return {
    channel: channel as Channel,
    occupancy: count,
    epoch: "e",
    revision: 1,
    occupants,
    next: undefined,
  };
}

function outcomeOf(...channels: ChannelOccupancy[]): HereNowOutcome {
  const totalOccupancy = channels.reduce((total, channel) => total + channel.occupancy, 0);
  return {
    channels,
    totalChannels: channels.filter((channel) => channel.occupancy > 0).length,
    totalOccupancy,
  };
}

function bodyOf(query: string, outcome: HereNowOutcome): string {
  return encodeOutcome(commandOfKind("here-now", `${presence}/channel/${query}`), outcome).body;
}

describe("asking who is here", () => {
  it("everything a client can say is understood", () => {
    const target = `${presence}/channel/a,a-pnpres?channel-group=g&state=1&disable_uuids=1&limit=2&offset=4&uuid=u`;
    expect(commandOf(target)).toEqual({
      kind: "here-now",
      subscribeKey: "demo",
      user: "u",
      device: undefined,
      channels: ["a"],
      groups: ["g"],
      single: false,
      includeState: true,
      includeUsers: false,
      limit: 2,
      offset: 4,
      includeDetails: false,
      after: undefined,
    });
  });

  it("a walk goes on where the page before ended, in the single form only", () => {
    const command = commandOfKind("here-now", `${presence}/channel/a?details=1&next=1z.life.2`);
    expect([command.includeDetails, command.after]).toEqual([true, { epoch: "life.2", place: 71 }]);
    for (const query of [
      "a,b?next=1z.life.2",
      "a?next=x",
      "a?next=.life",
      "a?next=-1.life",
      "a?channel-group=g&next=1.e",
    ]) {
      expect(faultOf(`${presence}/channel/${query}`).code).toBe("invalid-argument");
    }
  });

  it("the answer is single for one channel and no group, as written", () => {
    const single = (query: string): boolean =>
      commandOfKind("here-now", `${presence}/channel/${query}`).single;
    const singles = ["a", "a-pnpres", "a,", "a,a", "a?channel-group=", "a.*"];
    const multiples = ["a,b", "a,a-pnpres", "a?channel-group=g", ",?channel-group=g", ","];
    expect(singles.map(single)).not.toContain(false);
    expect(multiples.map(single)).not.toContain(true);
  });

  it("the limit is at most 1000, which it is too when it says nothing usable", () => {
    const values = [
      "limit=0",
      "limit=7",
      "limit=1000",
      "limit=5000",
      "limit=-1",
      "limit=x",
      "limit=",
      "limit=2.9",
      "",
    ];
    expect(values.map((query) => commandOfKind("here-now", `${presence}/channel/a?${query}`).limit)).toEqual([
      0, 7, 1000, 1000, 1000, 1000, 1000, 2, 1000,
    ]);
  });

  it("the offset is zero when it says nothing usable", () => {
    const values = ["offset=0", "offset=7", "offset=-1", "offset=x", "offset=1e300", ""];
    expect(values.map((query) => commandOfKind("here-now", `${presence}/channel/a?${query}`).offset)).toEqual(
      [0, 7, 0, 0, Number.MAX_SAFE_INTEGER, 0],
    );
  });

  it("a whole keyset can be asked about", () => {
    expect(commandOf(`${presence}?state=1&limit=10`)).toEqual({
      kind: "global-here-now",
      subscribeKey: "demo",
      user: undefined,
      device: undefined,
      includeState: true,
      includeUsers: true,
      limit: 10,
      offset: 0,
      includeDetails: false,
    });
  });
});

describe("telling who is here, in the single form", () => {
  const here = outcomeOf(
    occupancy("a", [occupant("u", '{"x":1.50}'), occupant('v"'), occupant("w", "{}")], 9),
  );

  it("details for those who keep rosters: revision, devices, since when, and where the next page begins", () => {
    const cut = outcomeOf({
      ...occupancy("a", [occupant("u", '{"x":1}')], 9),
      next: { epoch: "e", place: 71 },
    });
    const life = '"epoch":"e","revision":1,"next":"1z.e"}';
    expect(bodyOf("a?details=1", cut)).toBe(
      `{"message":"OK","occupancy":9,"service":"Presence","status":200,"uuids":[{"uuid":"u","since":5,"devices":1}],${life}`,
    );
    expect(bodyOf("a?details=1&state=1", cut)).toBe(
      `{"message":"OK","occupancy":9,"service":"Presence","status":200,"uuids":[{"state":{"x":1},"uuid":"u","since":5,"devices":1}],${life}`,
    );
    expect(bodyOf("a?details=1&disable_uuids=1", cut)).toBe(
      `{"message":"OK","occupancy":9,"service":"Presence","status":200,${life}`,
    );
  });

  it("users alone by default", () => {
    expect(bodyOf("a", here)).toBe(
      '{"message":"OK","occupancy":9,"service":"Presence","status":200,"uuids":["u","v\\"","w"]}',
    );
  });

  it("users with the states they have", () => {
    expect(bodyOf("a?state=1", here)).toBe(
      '{"message":"OK","occupancy":9,"service":"Presence","status":200,' +
        '"uuids":[{"state":{"x":1.50},"uuid":"u"},{"uuid":"v\\""},{"uuid":"w"}]}',
    );
  });

  it("no users when they are not wanted, whatever is said about states", () => {
    const body = '{"message":"OK","occupancy":9,"service":"Presence","status":200}';
    expect([bodyOf("a?disable_uuids=1", here), bodyOf("a?disable_uuids=1&state=1", here)]).toEqual([
      body,
      body,
    ]);
  });

  it("nobody is an empty list", () => {
    const body = '{"message":"OK","occupancy":0,"service":"Presence","status":200,"uuids":[]}';
    expect([bodyOf("a", outcomeOf(occupancy("a", []))), bodyOf("a-pnpres", outcomeOf())]).toEqual([
      body,
      body,
    ]);
  });

  it("the variants of one occupancy do not disturb each other", () => {
    const both = (): string[] => [bodyOf("a", here), bodyOf("a?state=1", here)];
    expect(both()).toEqual(both());
  });
});

describe("telling who is here, in the multi form", () => {
  const two = outcomeOf(
    occupancy("a", [occupant("u", '{"x":1}'), occupant("v")]),
    occupancy("empty", []),
    occupancy('b"', [occupant("u")]),
  );

  it("users alone by default; channels without occupants are left out", () => {
    expect(bodyOf("a,b", two)).toBe(
      '{"message":"OK","payload":{"channels":{"a":{"occupancy":2,"uuids":["u","v"]},"b\\"":{"occupancy":1,"uuids":["u"]}},' +
        '"total_channels":2,"total_occupancy":3},"service":"Presence","status":200}',
    );
  });

  it("users with the states they have", () => {
    expect(JSON.parse(bodyOf("a,b?state=1", two)).payload.channels).toEqual({
      a: { occupancy: 2, uuids: [{ state: { x: 1 }, uuid: "u" }, { uuid: "v" }] },
      'b"': { occupancy: 1, uuids: [{ uuid: "u" }] },
    });
  });

  it("no users when they are not wanted", () => {
    expect(JSON.parse(bodyOf(",?channel-group=g&disable_uuids=1", two)).payload.channels).toEqual({
      a: { occupancy: 2 },
      'b"': { occupancy: 1 },
    });
  });

  it("nobody anywhere is an empty object, also for the whole keyset", () => {
    const body =
      '{"message":"OK","payload":{"channels":{},"total_channels":0,"total_occupancy":0},"service":"Presence","status":200}';
    expect(bodyOf("a,b", outcomeOf())).toBe(body);
    expect(encodeOutcome(commandOfKind("global-here-now", presence), outcomeOf()).body).toBe(body);
  });
});

describe("a page that comes as runs of shared lists", () => {
  const list = ["u", "v", "w", "x"].map((user) => occupant(user, '{"k":1}'));
  const more = [occupant("y")];
  const occupants = [...list.slice(1), ...more];
  const runs = [
    { list, from: 1, to: 4 },
    { list: more, from: 0, to: 1 },
  ];

  it.each(["", "?state=1", "?details=1", "?state=1&details=1"])(
    "is written like every other, asked %s",
    (query) => {
      const command = commandOfKind("here-now", `${presence}/channel/a${query}`);
      const plain = encodeOutcome(command, outcomeOf(occupancy("a", occupants)));
      const shared = encodeOutcome(command, outcomeOf({ ...occupancy("a", occupants), runs }));
      const again = encodeOutcome(command, outcomeOf({ ...occupancy("a", occupants), runs }));
      expect([shared, again]).toEqual([plain, plain]);
    },
  );
});
