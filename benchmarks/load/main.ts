/** The load process: takes orders from the bench over its channel, one at a time, and reports. */
import { answerPolls } from "./answers.ts";
import { type Crowd, expectationOf, openCrowd, sendEach } from "./crowd.ts";
import { timeDelivery } from "./delivery.ts";
import { watchExpiry } from "./expire.ts";
import { fanOut } from "./fan-out.ts";
import { watchIntervals } from "./interval.ts";
import { type Members, openMembers } from "./members.ts";
import type { CrowdReport, EachOrder, LoadOrder, LoadReply, LoadReports } from "./messages.ts";
import { saturate } from "./saturate.ts";

let crowd: Crowd | undefined;
let members: Members | undefined;

async function run(order: LoadOrder): Promise<LoadReports[LoadOrder["kind"]]> {
  switch (order.kind) {
    case "saturate":
      return await saturate(order);
    case "each":
      return await each(order);
    case "answers":
      return await answerPolls(order);
    case "delivery":
      return await timeDelivery(order);
    case "open": {
      const opened = await openCrowd(order);
      crowd = opened.crowd;
      return opened.report;
    }
    case "hold":
      return await present().hold(order.plan);
    case "release":
      return await present().release(order.plan, expectationOf(order));
    case "abort": {
      const leaving = present();
      crowd = undefined;
      return await leaving.abort();
    }
    case "fan-out":
      return await fanOut(order);
    case "members": {
      const opened = await openMembers(order);
      members = opened.members;
      return opened.report;
    }
    case "rest":
      return await presentMembers().rest(order.ms);
    case "return":
      return await presentMembers().cutAndReturn(order);
    case "expire":
      return await watchExpiry(order);
    case "interval":
      return await watchIntervals(order);
    case "drop":
      members?.drop();
      members = undefined;
      return null;
  }
}

function present(): Crowd {
  if (crowd === undefined) throw new Error("No crowd is open.");
  return crowd;
}

function presentMembers(): Members {
  if (members === undefined) throw new Error("There are no members.");
  return members;
}

async function each(order: EachOrder): Promise<CrowdReport> {
  const startedAt = performance.now();
  const count = await sendEach(order.port, order.plan, order.connections, order);
  return { count, serverCpuMs: 0, elapsedMs: performance.now() - startedAt, spreadMs: 0 };
}

function reply(message: LoadReply): void {
  process.send?.(message);
}

process.on("message", (order: LoadOrder) => {
  run(order).then(
    (report) => reply({ ok: true, report }),
    (error: unknown) => reply({ ok: false, reason: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
