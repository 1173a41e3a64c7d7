/** Pins every fault's reply, in each dress. A change here is a change of the wire. */
import type { FaultCode } from "@hereabouts/protocol";
import { encodeFault, type FaultHint, presenceHint, type WireResponse } from "@hereabouts/protocol/wire";
import { describe, expect, it } from "vitest";
import { now } from "./requests.ts";

const hints: readonly FaultHint[] = [
  presenceHint,
  { part: "groups", path: undefined },
  { part: "publish", path: undefined },
];

function inEveryDress(code: FaultCode): [number, string][] {
  return hints.map((hint) => {
    const reply = encodeFault({ code }, hint, now);
    return [reply.status, reply.body];
  });
}

function object(status: number, error: 1 | true, message: string, service: string): [number, string] {
  return [status, `{"status":${status},"error":${error},"message":"${message}","service":"${service}"}`];
}

function array(message: string): [number, string] {
  return [400, `[0,"${message}","17579694347952403"]`];
}

function always(reply: [number, string]): [number, string][] {
  return [reply, reply, reply];
}

function byPart(status: number, message: string): [number, string][] {
  return [
    object(status, 1, message, "Presence"),
    object(status, true, message, "channel-registry"),
    status === 400 ? array(message) : object(status, true, message, "Publish"),
  ];
}

const table: Readonly<Record<FaultCode, [number, string][]>> = {
  "invalid-subscribe-key": always(object(400, true, "Invalid Subscribe Key", "Access Manager")),
  "invalid-publish-key": always(array("Invalid Key")),
  "could-not-parse": always(object(400, true, "Could Not Parse Request", "Access Manager")),
  "invalid-argument": byPart(400, "Invalid Arguments"),
  "target-too-long": always(object(414, true, "Request URI Too Long", "Balancer")),
  "body-too-large": always(object(413, true, "Request Entity Too Large", "Balancer")),
  "not-found": byPart(404, "Not found"),
  "feature-off": always(object(402, 1, "This feature is not turned on for this account.", "Presence")),
  "state-missing": always(object(400, 1, "No state specified.", "Presence")),
  "state-invalid": always(object(400, 1, "Invalid JSON specified.", "Presence")),
  "state-too-large": always(object(413, 1, "Request Entity Too Large", "Presence")),
  "message-invalid": always(array("Invalid JSON")),
  "message-too-large": always(array("Message Too Large")),
  "signal-too-large": always(array("Signal size too large")),
  "channel-unpublishable": always(array("Invalid Channel")),
  "reserved-character": always(
    object(400, true, "Reserved character in input parameters.", "channel-registry"),
  ),
  "group-too-large": always(object(400, true, "Maximum channel group count exceeded.", "channel-registry")),
  unavailable: byPart(503, "Service Unavailable"),
  "too-many-requests": byPart(429, "Too Many Requests"),
  internal: byPart(500, "Internal Server Error"),
};

const codes = Object.keys(table) as FaultCode[];

describe("the fault table", () => {
  it.each(codes)("%s", (code) => {
    expect(inEveryDress(code)).toEqual(table[code]);
  });

  it("every fault in every dress is JSON of a type clients read, open to every origin [W-003]", () => {
    for (const code of codes) {
      for (const hint of hints) {
        const reply = encodeFault({ code, message: 'a "quoted"\nsentence' }, hint, now);
        expect(() => JSON.parse(reply.body)).not.toThrow();
        expect(reply.status).toBeGreaterThanOrEqual(400);
        expect(reply.headers["content-type"]).toMatch(/javascript|json/);
        expect(reply.headers["access-control-allow-origin"]).toBe("*");
        expect(reply.headers["cache-control"]).toBe("no-cache");
      }
    }
  });
});

describe("a fault's own words", () => {
  function bodyOf(code: FaultCode): unknown {
    return JSON.parse(encodeFault({ code, message: "Own words." }, presenceHint, now).body);
  }

  it("take the sentence's place where no client knows the sentence", () => {
    expect([bodyOf("invalid-argument"), bodyOf("feature-off")]).toEqual([
      { status: 400, error: 1, message: "Own words.", service: "Presence" },
      { status: 402, error: 1, message: "Own words.", service: "Presence" },
    ]);
  });

  it("stand beside it elsewhere, and nowhere in publish's arrays", () => {
    expect([bodyOf("could-not-parse"), bodyOf("message-invalid")]).toEqual([
      {
        status: 400,
        error: true,
        message: "Could Not Parse Request",
        service: "Access Manager",
        detail: "Own words.",
      },
      [0, "Invalid JSON", "17579694347952403"],
    ]);
  });
});

describe("coming back later", () => {
  function retryAfter(code: FaultCode, seconds?: number): string | undefined {
    const fault = seconds === undefined ? { code } : { code, retryAfterSeconds: seconds };
    const reply: WireResponse = encodeFault(fault, presenceHint, now);
    return reply.headers["retry-after"];
  }

  it("is said in whole seconds, one at least", () => {
    expect([
      retryAfter("unavailable"),
      retryAfter("unavailable", 7),
      retryAfter("too-many-requests", 0.2),
      retryAfter("too-many-requests", 1.5),
    ]).toEqual(["1", "7", "1", "2"]);
  });

  it("is not said where it would not help", () => {
    expect(codes.filter((code) => retryAfter(code, 5) !== undefined)).toEqual([
      "unavailable",
      "too-many-requests",
    ]);
  });
});
