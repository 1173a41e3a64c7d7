/** Streams in place of polls, as an addition to a core. */
import { mayPass } from "./backoff.ts";
import { PresenceError } from "./error.ts";
import { initialStreamState, type StreamInput, stepStream } from "./machine/stream.ts";
import { minus, presenceSuffix, type TargetSet } from "./machine/targets.ts";
import type { StreamOpener } from "./ports.ts";
import type { Answer, Ask, Manner, Question } from "./requests/ask.ts";
import { field } from "./requests/reply.ts";
import { type Line, openLine, targetsIn } from "./stream-line.ts";
import type { Streams } from "./stream-port.ts";
import { ignore } from "./turns.ts";
import { createWebSocketOpener } from "./web-socket.ts";

/**
 * Makes streams for a core: where the server has them, events come by one connection in place of polls, and that keeps
 * the seats. `open` opens them; default: the platform's `WebSocket`. Where none comes about, polls go on as without.
 */
export function createStreams(open?: StreamOpener): Streams {
  return (...parts) => {
    const [, request] = parts;
    const holder = createHolder(parts, open);
    const ask: Ask = (question, manner = {}, closing) => {
      const { path } = question;
      // A handshake is at no cursor.
      if (path[1] === "subscribe") return (question.query?.tt ? poll : greet)(holder, question, manner);
      const byRequest = (): Promise<Answer> => request(question, manner, closing);
      // Version, presence, sub-key, its key, channel, its names: so begins what keeps seats and what gives them up.
      if (path[6] === "heartbeat" && holder.upLine()) return Promise.resolve(answerOf({}));
      // A page that is left waits for nothing.
      if (path[6] !== "leave" || manner.keepalive) return byRequest();
      const seats = targetsIn({ ...question, path: path.slice(2) });
      return leave(holder, seats).then((left) => (left ? answerOf(left) : byRequest()));
    };
    return Object.assign(ask, { end: () => giveUp(holder) });
  };
}

/** What holds the stream of a client. */
interface Holder {
  /** The stream, ready or not. */
  line: Line | undefined;
  /** Resolves when the last one that was opened is ready or will never be, and when one has given its seats up. */
  opened: Promise<unknown>;
  /** What has to be told once: changes may have been missed without a trace. */
  loss: PresenceError | undefined;
  readonly request: Ask;
  /** The stream, when it is ready. */
  upLine(): Line | undefined;
  step(input: StreamInput): void;
  /** Opens a stream for a poll if it is time for one; returns how many milliseconds that takes else. */
  openFor(asked: Question): number;
  /** Resolves when something has happened. */
  change(): Promise<void>;
}

function createHolder([settings, request, tell]: Parameters<Streams>, opener?: StreamOpener): Holder {
  const { scheduling } = settings;
  const open = opener ?? createWebSocketOpener(settings.origin);
  let state = initialStreamState;
  // A poll waits for it, and none that was given up is worth waking.
  let wake = ignore;
  const holder: Holder = {
    line: undefined,
    opened: Promise.resolve(),
    loss: undefined,
    request,
    upLine: () => (state.phase === "up" ? holder.line : undefined),
    step: (input) => {
      state = stepStream(state, input, { now: scheduling.now(), dice: scheduling.random() });
      wake();
    },
    openFor: (asked) => {
      holder.step({ type: "wanted" });
      const { phase, isOffered, notBefore } = state;
      if (phase !== "opening") return isOffered ? notBefore - scheduling.now() : Number.POSITIVE_INFINITY;
      const line = openLine(
        { settings, open, asked },
        {
          onReady: () => {
            if (holder.line === line) holder.step({ type: "ready" });
          },
          onNews: () => wake(),
          onGap: (channels) => tell({ type: "gap", channels }),
          onEnd: (end) => {
            if (holder.line !== line) return;
            if (end.type === "broken" && holder.upLine())
              holder.loss = new PresenceError("network", "The stream broke.");
            holder.line = undefined;
            holder.step(end);
          },
        },
      );
      holder.line = line;
      holder.opened = line.opened;
      return 0;
    },
    change: () =>
      new Promise((resume) => {
        wake = resume;
      }),
  };
  return holder;
}

/** Gives seats up by the stream; `undefined` when that fails. A stream that comes after a leave would take them again. */
async function leave(holder: Holder, seats: TargetSet): Promise<unknown> {
  await holder.opened;
  return holder.upLine()?.leave(seats).catch(ignore);
}

/** Closes the stream. What it keeps is given up by it, so that nothing else can come between. */
function giveUp(holder: Holder): void {
  const { line } = holder;
  const isUp = holder.upLine();
  holder.loss = holder.line = undefined;
  if (!line) return;
  holder.step({ type: "ended", pauseMs: 0 });
  const seats = [...targetsIn(line.asked)].filter((target) => !target.endsWith(presenceSuffix));
  const quit = async (): Promise<void> => {
    if (seats.length > 0) await line.leave(new Set(seats)).catch(ignore);
    // A handshake that is under way must not be sent by a request instead: it would take the seats again.
    line.close(new PresenceError("aborted", "The connection was given up."));
  };
  holder.opened = isUp ? quit() : line.opened.then(quit);
}

async function greet(holder: Holder, question: Question, manner: Manner): Promise<Answer> {
  throwLoss(holder);
  try {
    const answer = await holder.upLine()?.tell(question);
    if (answer) return answerOf(answer);
  } catch (thrown) {
    holder.loss = undefined;
    // When it was given up for another, a request does instead.
    if (thrown) throw thrown;
  }
  const answer = await byRequest(holder, question, manner);
  holder.step({ type: "offered", isOffered: field(answer.json, "stream") === 1 });
  return answer;
}

async function poll(holder: Holder, question: Question, manner: Manner): Promise<Answer> {
  const targets = targetsIn(question);
  for (;;) {
    manner.signal?.throwIfAborted();
    throwLoss(holder);
    // Of what a request has greeted, it would leave out what came between the greeting and its frame.
    if (holder.line && minus(targets, targetsIn(holder.line.asked)).size > 0) holder.line.close();
    const pauseMs = holder.line ? 0 : holder.openFor(question);
    const line = holder.upLine();
    if (line && isOther(line.asked, question)) line.tell(question).catch(ignore);
    const taken = line?.take();
    if (taken) return answerOf(taken);
    if (holder.line) await holder.change();
    else {
      const timeoutMs = Math.min(manner.timeoutMs ?? 0, pauseMs);
      try {
        return await byRequest(holder, question, { ...manner, timeoutMs });
      } catch (thrown) {
        // It is time for a stream.
        if (timeoutMs !== pauseMs || PresenceError.from(thrown).code !== "timeout") throw thrown;
      }
    }
  }
}

async function byRequest(holder: Holder, question: Question, manner: Manner): Promise<Answer> {
  try {
    return await holder.request(question, manner);
  } catch (thrown) {
    if (mayPass(PresenceError.from(thrown))) holder.step({ type: "away" });
    throw thrown;
  }
}

function isOther(told: Question, asked: Question): boolean {
  const filter = "filter-expr";
  return told.query?.[filter] !== asked.query?.[filter] || minus(targetsIn(told), targetsIn(asked)).size > 0;
}

function throwLoss(holder: Holder): void {
  const { loss } = holder;
  holder.loss = undefined;
  if (loss) throw loss;
}

function answerOf(json: unknown): Answer {
  return { json, text: "" };
}
