/**
 * Bun's WebSocket with publish and subscribe and nothing behind it: what a connection weighs and what a delivery costs
 * before Hereabouts does anything. Run as `bun peers/bare-socket.ts`. Everybody who connects subscribes to the topics named
 * in the address. A heartbeat or leave over HTTP, as our server takes them, publishes a ready-made event of the size of
 * ours: all of one turn of the event loop in one frame, as ours does.
 */
import { eventFrame, eventText } from "./bare-event.ts";

interface Member {
  readonly topics: readonly string[];
}

const waiting = new Map<string, string[]>();
const accepted = JSON.stringify({ status: 200, message: "OK", service: "Presence" });
const acceptedInit: ResponseInit = {
  headers: { "content-type": 'text/javascript; charset="UTF-8"', "cache-control": "no-cache" },
};

const server: Bun.Server<Member> = Bun.serve<Member>({
  hostname: "127.0.0.1",
  port: 0,
  development: false,
  idleTimeout: 255,
  fetch(request, self): Response | undefined {
    const { url } = request;
    const path = url.slice(url.indexOf("/", 8));
    const [, version, , , , , channel = "", verb = ""] = path.split("/");
    if (version === "v3") {
      const data = { topics: decodeURIComponent(path.split("?")[0]?.split("/")[4] ?? "").split(",") };
      return self.upgrade(request, { data }) ? undefined : new Response("No upgrade.", { status: 400 });
    }
    const user = /[?&]uuid=([^&]*)/.exec(verb)?.[1];
    if (user !== undefined)
      tell(channel, eventText(verb.startsWith("leave") ? "leave" : "join", channel, user));
    return new Response(accepted, acceptedInit);
  },
  websocket: {
    idleTimeout: 60,
    sendPings: true,
    perMessageDeflate: false,
    open(socket) {
      for (const topic of socket.data.topics) socket.subscribe(topic);
      socket.send('{"c":"ready","t":{"t":"17000000000000000","r":1},"id":0}');
    },
    message() {},
  },
});

function tell(channel: string, event: string): void {
  const topic = `${channel}-pnpres`;
  const events = waiting.get(topic);
  if (events !== undefined) {
    events.push(event);
    return;
  }
  if (waiting.size === 0) setImmediate(flush);
  waiting.set(topic, [event]);
}

function flush(): void {
  for (const [topic, events] of waiting) server.publish(topic, eventFrame(events));
  waiting.clear();
}

console.log(`Listening on http://127.0.0.1:${server.port}`);
process.on("SIGTERM", () => process.exit(0));
