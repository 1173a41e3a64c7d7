/** What a stream is asked until it is answered, and the watch over a stream that does not answer or has gone silent. */
import { patienceMs } from "./machine/stream.ts";
import type { Settings } from "./options.ts";

/** The questions of one stream. */
export interface Questions {
  /** Sends what `body` makes; resolves with the answer. */
  ask(body: () => object): Promise<unknown>;
  /** Answers the question of this id, if there is one. */
  answer(id: unknown, answer: unknown): void;
  /** Something came. */
  heard(): void;
  /** Sends again what has not been answered, a second from now. */
  repeatLater(): void;
  /** Rejects all with this, and ends the watch. What is asked later rejects, too. */
  end(error: unknown): void;
}

/** What questions need of their stream. */
export interface QuestionsParts {
  readonly settings: Settings<unknown>;
  send(text: string): void;
  /** It was silent for the heartbeat interval, or for half a minute: asks for a sign of life. */
  check(): void;
  /** An answer is overdue. */
  onOverdue(): void;
}

interface Open {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly send: () => void;
}

const secondMs = 1_000;
/** The longest silence that is taken on trust: browsers show no pings, and a connection may be dead without a word. */
const silenceMaxMs = 30_000;

/** Begins the watch: the first answer, to what opened the stream, is awaited already. */
export function createQuestions({ settings, send, check, onOverdue }: QuestionsParts): Questions {
  const { scheduling, heartbeatMs } = settings;
  const silenceMs = Math.min(heartbeatMs, silenceMaxMs);
  const open = new Map<unknown, Open>();
  let count = 0;
  let isSilent = false;
  let isOver = false;
  const idle = (): void => {
    isSilent = true;
    watch(silenceMs, () => (isSilent ? check() : idle()));
  };
  const watch = (ms: number, run: () => void): void => {
    stop();
    stop = scheduling.after(ms, run);
  };
  let stop = scheduling.after(patienceMs, onOverdue);
  return {
    ask: (body) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject();
        const id = ++count;
        const sendIt = (): void => send(JSON.stringify({ id, ...body() }));
        if (open.size === 0) watch(patienceMs, onOverdue);
        open.set(id, { resolve, reject, send: sendIt });
        sendIt();
      }),
    answer: (id, answer) => {
      open.get(id)?.resolve(answer);
      open.delete(id);
      if (open.size === 0) idle();
    },
    heard: () => {
      isSilent = false;
    },
    repeatLater: () => {
      scheduling.after(secondMs, () => {
        for (const one of open.values()) one.send();
      });
    },
    end: (error) => {
      isOver = true;
      stop();
      for (const one of open.values()) one.reject(error);
      open.clear();
    },
  };
}
