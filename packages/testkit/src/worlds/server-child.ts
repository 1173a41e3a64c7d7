/** A server process on one of the runtimes, driven line by line. Knows nothing of HTTP. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { withDeadline } from "../deadline.ts";
import { type Runtime, runtimePath } from "../runtimes.ts";
import { nextTurn } from "../test-clock.ts";
import type { ControlReply, ControlRequest } from "./control.ts";

/** A request without its id. */
export type Ask = ControlRequest extends infer Each
  ? Each extends { readonly id: number }
    ? Omit<Each, "id">
    : never
  : never;

/** What the process answered. */
export interface Answered {
  readonly value: number;
  /** What its service has complained about so far. */
  readonly errors: readonly string[];
}

/** A running server process. */
export interface ServerChild {
  /** Asks and waits; advancing far may take a while in real time. */
  ask(request: Ask): Promise<Answered>;
  /** A mark for one HTTP request, and the promise that it has come to rest at the server. */
  expectArrival(): { readonly mark: string; readonly arrived: Promise<void> };
  /** Ends the process and waits until it has gone. */
  end(): Promise<void>;
}

interface Waiting {
  resolve(answered: Answered): void;
  reject(problem: Error): void;
}

const entry = fileURLToPath(new URL("../clocked-server.ts", import.meta.url));
/** What a server process is given beside its entry: sources instead of builds, and room for long targets. */
const runtimeFlags = ["--conditions=source", "--max-http-header-size=65536"];
const askPatienceMs = 30_000;
const arrivalPatienceMs = 8_000;
const errorTailCharacters = 4_000;

/** Starts a server process; nothing listens until it is asked to open. */
export function startServerChild(runtime: Runtime): ServerChild {
  const child = spawn(runtimePath(runtime), [...runtimeFlags, entry], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const conversation = converse(child, runtime);
  return {
    ...conversation,
    end: async () => {
      conversation.expectEnd();
      child.stdin?.end();
      await withDeadline(exited, `The end of the ${runtime} process`).catch((problem: unknown) => {
        child.kill("SIGKILL");
        throw problem;
      });
    },
  };
}

type Conversation = Pick<ServerChild, "ask" | "expectArrival"> & { expectEnd(): void };

function converse(child: ChildProcess, runtime: Runtime): Conversation {
  const waiting = new Map<number, Waiting>();
  const arrivals = new Map<string, () => void>();
  let lastId = 0;
  let errorTail = "";
  let ended: string | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errorTail = (errorTail + text).slice(-errorTailCharacters);
  });
  child.stdin?.on("error", () => {});
  child.on("exit", (code, signal) => {
    ended = `The ${runtime} process has ended (${code ?? signal}). ${errorTail}`;
    for (const each of waiting.values()) each.reject(new Error(ended));
    waiting.clear();
  });
  if (child.stdout === null) throw new Error("The process has no standard output.");
  createInterface({ input: child.stdout }).on("line", (line) => {
    take(JSON.parse(line) as ControlReply, waiting, arrivals);
  });
  return {
    ask: async (request) => {
      if (ended !== undefined) throw new Error(ended);
      const id = ++lastId;
      const answered = new Promise<Answered>((resolve, reject) => waiting.set(id, { resolve, reject }));
      child.stdin?.write(`${JSON.stringify({ id, ...request })}\n`);
      const result = await withDeadline(
        answered,
        `The ${runtime} process's answer to ${request.ask}`,
        askPatienceMs,
      );
      await letSocketsCatchUp();
      return result;
    },
    expectArrival: () => {
      const mark = String(++lastId);
      const arrived = new Promise<void>((resolve) => arrivals.set(mark, resolve)).then(letSocketsCatchUp);
      return { mark, arrived: withDeadline(arrived, "The arrival of a poll", arrivalPatienceMs) };
    },
    expectEnd: () => {
      ended = `The ${runtime} process was ended.`;
    },
  };
}

function take(reply: ControlReply, waiting: Map<number, Waiting>, arrivals: Map<string, () => void>): void {
  if ("arrived" in reply) {
    arrivals.get(reply.arrived)?.();
    arrivals.delete(reply.arrived);
    return;
  }
  const asked = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ("problem" in reply) asked?.reject(new Error(reply.problem));
  else asked?.resolve(reply);
}

/** What the server wrote before its line is in this process's sockets already: a few turns read it. */
async function letSocketsCatchUp(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
}
