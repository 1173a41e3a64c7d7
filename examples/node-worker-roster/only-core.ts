import { createCalls, createCore } from "@hereabouts/client/core";

const { ORIGIN: origin = "http://127.0.0.1:7400" } = process.env;
const core = createCore({ origin, subscribeKey: "demo", userId: "ann" });
const { hereNow } = createCalls(core);

for await (const event of core.subscribe({ channels: "hall", withPresence: true })) {
  if (event.type !== "presence" || event.action !== "join") continue;
  const { totalOccupancy } = await hereNow({ channels: "hall" });
  console.log(`${event.userId} came: ${totalOccupancy} here`);
}
