/** The load process as seen from the bench: an order goes in, a report comes out. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { nodePath } from "../packages/testkit/src/runtimes.ts";
import { killWithParent, pinned } from "./launch.ts";
import type { LoadOrder, LoadReply, LoadReports } from "./load/messages.ts";

const orderWithinMs = 300_000;

/** A process that sends load. Takes one order at a time. */
export interface LoadProcess {
  run<Kind extends LoadOrder["kind"]>(
    order: Extract<LoadOrder, { readonly kind: Kind }>,
  ): Promise<LoadReports[Kind]>;
  stop(): void;
}

/** Starts the load process on its core. */
export function startLoad(): LoadProcess {
  const main = resolve(import.meta.dirname, "load/main.ts");
  const [file = "", ...args] = pinned("load", [nodePath(), main]);
  const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  killWithParent(child);
  return {
    run: (order) =>
      new Promise((resolve, reject) => {
        const settle = (run: () => void): void => {
          clearTimeout(timer);
          child.off("message", onMessage);
          child.off("exit", onExit);
          run();
        };
        const timer = setTimeout(
          () => settle(() => reject(new Error(`The order ${order.kind} took over ${orderWithinMs} ms.`))),
          orderWithinMs,
        );
        const onExit = (): void => settle(() => reject(new Error("The load process has ended.")));
        const onMessage = (reply: LoadReply): void =>
          settle(() => {
            if (!reply.ok) return reject(new Error(reply.reason));
            // The process answers each order with the report of its kind.
            resolve(reply.report as LoadReports[typeof order.kind]);
          });
        child.on("message", onMessage);
        child.once("exit", onExit);
        child.send(order);
      }),
    stop: () => {
      child.disconnect();
    },
  };
}
