import type { Channel } from "@hereabouts/protocol";
import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind } from "./requests.ts";

const path = "/v2/presence/sub-key/demo/uuid";

describe("where a user is", () => {
  it("is asked about the user in the path, whoever asks", () => {
    expect(commandOf(`${path}/.*%7C%40?uuid=caller`)).toEqual({
      kind: "where-now",
      subscribeKey: "demo",
      user: "caller",
      device: undefined,
      target: ".*|@",
    });
  });

  it("is told as a list, empty when it is nowhere", () => {
    const command = commandOfKind("where-now", `${path}/u`);
    const bodies = [["a", 'b"'], []].map(
      (channels) => encodeOutcome(command, { channels: channels as Channel[] }).body,
    );
    expect(bodies).toEqual([
      '{"message":"OK","payload":{"channels":["a","b\\""]},"service":"Presence","status":200}',
      '{"message":"OK","payload":{"channels":[]},"service":"Presence","status":200}',
    ]);
  });
});
