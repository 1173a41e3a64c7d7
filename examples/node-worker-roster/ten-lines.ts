import { createClient } from "@hereabouts/client";

const { ORIGIN: origin = "http://127.0.0.1:7400" } = process.env;
const client = createClient({ origin, subscribeKey: "demo", userId: "ann" });
const roster = client.roster("lobby", { join: "join" });

for await (const { occupants } of roster) {
  console.log(`Here now: ${[...occupants.keys()].join(", ")}`);
}
