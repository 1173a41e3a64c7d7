import { targetBytesMax } from "@hereabouts/protocol";
import { decodeRequest, encodeOutcome, hintFor } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { commandOf, commandOfKind, decoded, faultOf, refusalBodyOf, request } from "./requests.ts";

describe("routes", () => {
  it("the time is asked for without a key and told as an integer", () => {
    expect(commandOf("/time/0?uuid=u")).toEqual({ kind: "time" });
    expect(encodeOutcome(commandOfKind("time", "/time/0"), { now: 14_818_963_707_386_265n }).body).toBe(
      "[14818963707386265]",
    );
  });

  it("an unknown path is told, without its query [W-005]", () => {
    expect(refusalBodyOf("/v2/presence/nope?secret=1")).toEqual([
      404,
      { status: 404, error: 1, message: "Not found: '/v2/presence/nope'", service: "Presence" },
    ]);
  });

  it("paths that are almost right are not found", () => {
    const targets = [
      "/",
      "/time",
      "/time/1",
      "/time/0/",
      "//time/0",
      "/v2/presence/sub-key",
      "/v2/presence/sub.key/demo",
      "/v2/presence/sub-key/demo/",
      "/v2/presence/sub-key/demo/channel/a/heartbeat/",
      "/v2/presence/sub-key/demo/channel/a/uuid/u/data/more",
      "/v2/subscribe/demo/a",
      "/v1/subscribe/demo/a/0",
      "/publish/p/demo/0/a/0",
      "/x/x/x/x/x/x/x/x/x/x/x/x",
    ];
    expect(targets.map((target) => faultOf(target).code)).toEqual(targets.map(() => "not-found"));
  });

  it("only GET is answered, and POST to publish", () => {
    const methods = ["HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "get", ""];
    expect(methods.map((method) => faultOf("/v2/presence/sub-key/demo/channel/a", method).code)).toEqual(
      methods.map(() => "not-found"),
    );
    expect(faultOf("/publish/p/demo/0/a/0", "GET").code).toBe("not-found");
    expect(faultOf("/publish/p/demo/0/a/0/5", "POST", "5").code).toBe("not-found");
  });

  it("dot segments lead nowhere, however they are written", () => {
    const names = [".", "..", "%2e", "%2E%2e", ".%2e"];
    expect(names.map((name) => faultOf(`/v2/presence/sub-key/demo/channel/${name}`).code)).toEqual(
      names.map(() => "not-found"),
    );
  });

  it("an absolute address is answered as its path", () => {
    expect(commandOf("http://127.0.0.1:7400/v2/presence/sub-key/demo?state=1")).toEqual(
      commandOf("/v2/presence/sub-key/demo?state=1"),
    );
  });

  it("what is neither a path nor an address cannot be parsed", () => {
    expect(["", "*", "time/0", "h:443"].map((target) => faultOf(target).code)).toEqual(
      ["", "*", "time/0", "h:443"].map(() => "could-not-parse"),
    );
  });

  it("a target has at most 32768 bytes", () => {
    const target = "/time/0?x=".padEnd(targetBytesMax, "y");
    expect(decoded(target).ok).toBe(true);
    expect(refusalBodyOf(`${target}y`)).toEqual([
      414,
      { status: 414, error: true, message: "Request URI Too Long", service: "Balancer" },
    ]);
  });

  it("every command knows its dress", () => {
    const parts = [
      "/time/0",
      "/v2/subscribe/demo/a/0",
      "/v2/presence/sub-key/demo",
      "/v1/channel-registration/sub-key/demo/channel-group/g",
      "/publish/p/demo/0/a/0/5",
      "/signal/p/demo/0/a/0/5",
    ].map((target) => hintFor(commandOf(target)).part);
    expect(parts).toEqual(["presence", "presence", "presence", "groups", "publish", "publish"]);
  });
});

describe("preflights", () => {
  function preflight(target: string, headers: string | undefined): unknown {
    const result = decodeRequest({
      ...request("OPTIONS", target),
      header: (name) => (name === "access-control-request-headers" ? headers : undefined),
    });
    if (!result.ok || result.command.kind !== "preflight") throw new Error("not a preflight");
    return encodeOutcome(result.command, undefined);
  }

  function allowing(headers: string): unknown {
    return {
      status: 204,
      headers: {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, DELETE, OPTIONS",
        "access-control-allow-headers": headers,
        "access-control-max-age": "86400",
      },
      body: "",
    };
  }

  const usual = "Origin, X-Requested-With, Content-Type, Content-Encoding, Accept";

  it("of any path allow every method and the headers asked for", () => {
    const targets = ["/v2/subscribe/demo/a/0", "/nowhere", "*", "", "/%ff"];
    expect(targets.map((target) => preflight(target, undefined))).toEqual(targets.map(() => allowing(usual)));
    expect(preflight("/", "x-a, content-type,x_b")).toEqual(allowing(`${usual}, x-a, content-type,x_b`));
  });

  it("echo nothing that is not a list of header names", () => {
    const lists = ["", "a\r\nset-cookie: x", "a;b", "a,", "é", "a".repeat(1_025)];
    expect(lists.map((list) => preflight("/", list))).toEqual(lists.map(() => allowing(usual)));
  });
});
