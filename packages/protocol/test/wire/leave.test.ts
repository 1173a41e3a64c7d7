import { encodeOutcome } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind } from "./requests.ts";

const target = "/v2/presence/sub-key/demo/channel/a,b-pnpres/leave?uuid=u&channel-group=g";

describe("leaves", () => {
  it("name channels and groups; presence names among them are dropped", () => {
    expect(commandOf(target)).toEqual({
      kind: "leave",
      subscribeKey: "demo",
      user: "u",
      device: undefined,
      channels: ["a"],
      groups: ["g"],
    });
  });

  it("may write sub_key with an underscore [W-041]", () => {
    expect(commandOf(target.replace("sub-key", "sub_key"))).toEqual(commandOf(target));
  });

  it("are acknowledged with their action", () => {
    expect(encodeOutcome(commandOfKind("leave", target), undefined).body).toBe(
      '{"action":"leave","message":"OK","service":"Presence","status":200}',
    );
  });
});
