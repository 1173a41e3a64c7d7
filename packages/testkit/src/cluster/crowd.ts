/** A crowd of users as a test holds it: a process that is given orders and tells what its users live through. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { withDeadline } from "../deadline.ts";
import { nodePath } from "../runtimes.ts";
import type {
  CrowdOrder,
  CrowdPlan,
  CrowdReport,
  CrowdWord,
  LifeStep,
  NumberedOrder,
} from "./crowd-messages.ts";

/** A crowd at work. Disposing of it ends its process: its users fall silent. */
export interface Crowd extends AsyncDisposable {
  readonly pid: number;
  /** Gives an order and waits until it is carried out; orders may overlap. */
  order(order: Exclude<CrowdOrder, { kind: "start" }>, withinMs?: number): Promise<CrowdReport>;
}

interface Waiting {
  readonly resolve: (report: CrowdReport) => void;
  readonly reject: (error: Error) => void;
}

const program = join(import.meta.dirname, "crowd-child.ts");

/** Starts a crowd and waits until all its users are seated. `onLife` is told of every step of their lives. */
export async function startCrowd(
  plan: CrowdPlan,
  onLife: (step: LifeStep) => void,
  withinMs: number = 60_000,
): Promise<Crowd> {
  const child = fork(program, [], {
    execPath: nodePath(),
    execArgv: ["--conditions=source"],
    serialization: "advanced",
  });
  const waiting = new Map<number, Waiting>();
  let orders = 0;
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.on("message", (word: CrowdWord) => {
    if (word.kind === "life") for (const step of word.steps) onLife(step);
    else if (word.kind === "done") waiting.get(word.number)?.resolve(word.report);
    else waiting.get(word.number)?.reject(new Error(word.reason));
  });
  child.once("exit", () => {
    for (const { reject } of waiting.values()) reject(new Error("The crowd's process has ended."));
  });
  const give = (order: CrowdOrder, ms: number): Promise<CrowdReport> => {
    const number = orders++;
    const answer = new Promise<CrowdReport>((resolve, reject) => waiting.set(number, { resolve, reject }));
    child.send({ number, order } satisfies NumberedOrder);
    const answered = withDeadline(answer, `What the crowd was told (${order.kind})`, ms);
    return answered.finally(() => waiting.delete(number));
  };
  try {
    await give({ kind: "start", plan }, withinMs);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return {
    pid: child.pid ?? 0,
    order: (order, ms = 60_000) => give(order, ms),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
