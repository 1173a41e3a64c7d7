/** The hooks on a server: rendered once, with nothing opened and nothing sent. */
import type { Request, Transport } from "@hereabouts/client";
import { createClient } from "@hereabouts/client";
import { createElement, type ReactNode } from "react";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import {
  HereaboutsProvider,
  useConnectionStatus,
  useOccupancy,
  useOwnState,
  usePresenceEvents,
  useRoster,
} from "../src/index.ts";

const base = { origin: "http://127.0.0.1:9", subscribeKey: "demo", userId: "ada" } as const;

function Page(): ReactNode {
  const { channel, occupants, occupancy, complete, at } = useRoster("lobby");
  const names = useRoster("lobby", (snapshot) => [...snapshot.occupants.keys()]);
  const [own] = useOwnState("lobby");
  usePresenceEvents("lobby", () => {
    throw new Error("There are no events on a server.");
  });
  const seen = { channel, occupants: [...occupants], occupancy, complete, at, names, own: own ?? null };
  return JSON.stringify({ ...seen, count: useOccupancy("lobby"), status: useConnectionStatus() });
}

const blank = {
  channel: "lobby",
  occupants: [],
  occupancy: 0,
  complete: false,
  at: 0,
  names: [],
  own: null,
  count: 0,
  status: "disconnected",
};

function textOf(html: string): unknown {
  return JSON.parse(html.replaceAll("&quot;", '"'));
}

test("a server renders an empty roster that is not complete, and asks for nothing", () => {
  const asked: Request[] = [];
  const transport: Transport = (request) => {
    asked.push(request);
    return Promise.reject(new Error("There is no network."));
  };

  const html = renderToString(
    createElement(HereaboutsProvider, { options: { ...base, transport } }, createElement(Page)),
  );

  expect(textOf(html)).toEqual(blank);
  expect(asked).toEqual([]);
});

test("a server renders the same with a client that it was given", async () => {
  await using client = createClient(base);

  const html = renderToString(createElement(HereaboutsProvider, { client }, createElement(Page)));

  expect(textOf(html)).toEqual(blank);
});

test("a hook without a provider says what it needs", () => {
  expect(() => renderToString(createElement(Page))).toThrow(
    "A hook of Hereabouts needs its HereaboutsProvider above it.",
  );
});
