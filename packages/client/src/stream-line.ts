/** One stream from its opening to its end: what it is told, what it brings, and whether it is still alive. */
import { PresenceError } from "./error.ts";
import type { StreamEnd } from "./machine/stream.ts";
import { namesOf, type TargetSet, targetsOf } from "./machine/targets.ts";
import type { Settings } from "./options.ts";
import type { StreamOpener } from "./ports.ts";
import { type Part, type Question, targetOf } from "./requests/ask.ts";
import { field, isCount, isList, isTexts, must } from "./requests/reply.ts";
import { createQuestions } from "./stream-questions.ts";
import { ignore } from "./turns.ts";

/** What a stream tells of itself. */
export interface LineListener {
  onReady(): void;
  /** There is something to take. */
  onNews(): void;
  onGap(channels: readonly string[]): void;
  onEnd(end: StreamEnd): void;
}

/** A stream. */
export interface Line {
  /** The handshake or poll that it was told last. */
  readonly asked: Question;
  /** Resolves when it is ready, or will never be. */
  readonly opened: Promise<void>;
  /** Puts another subscription in place of the one before; resolves with an answer like that to a handshake. */
  tell(asked: Question): Promise<unknown>;
  /** Gives seats up. Like `tell` it rejects when the stream ends, with the error that ended it. */
  leave(seats: TargetSet): Promise<unknown>;
  /** What has come since the last time, like the answer to a poll. */
  take(): object | undefined;
  /** Ends it, without a failure of its own. */
  close(error?: unknown): void;
}

/** What a stream is made of. */
export interface LineParts {
  readonly settings: Settings<unknown>;
  readonly open: StreamOpener;
  /** The poll that it answers. */
  readonly asked: Question;
}

/** What is subscribed to by a handshake or a poll. */
export function targetsIn({ path, query = {} }: Question): TargetSet {
  const listOf = (part: Part): readonly string[] => (isTexts(part) ? part : []);
  return targetsOf({ channels: listOf(path[3]), groups: listOf(query["channel-group"]) });
}

/** Says that the service is on its way out. */
const goingAway = 1001;
/** Says that a client has sent more frames in a second than it may. */
const tooMany = 429;
const secondMs = 1_000;

/** Opens a stream from a poll's cursor. */
export function openLine({ settings, open, ...begin }: LineParts, listener: LineListener): Line {
  const { scheduling } = settings;
  let { asked } = begin;
  let isOver = false;
  let stopMove = ignore;
  let resolveOpened = ignore;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });

  const end = (how: StreamEnd, error?: unknown): void => {
    if (isOver) return;
    isOver = true;
    stopMove();
    questions.end(error);
    resolveOpened();
    socket.close();
    listener.onEnd(how);
  };
  const ended = (pauseMs = 0): void => end({ type: "ended", pauseMs });
  const broken = (): void => end({ type: "broken" }, new PresenceError("network", "The stream broke."));
  const tell = (next: Question, state = next.query?.state): Promise<unknown> => {
    asked = next;
    // Sent again, it is what is wanted by then.
    return questions.ask(() => subscribeFrame(asked, state));
  };
  const questions = createQuestions({
    settings,
    send: (text) => socket.send(text),
    // Without the state: another may have been set since.
    check: () => tell(asked, "").catch(ignore),
    onOverdue: broken,
  });
  const inbox = createInbox(listener, ended);
  /** By what `c` says. Of other kinds nobody knows yet. */
  const readers: Readonly<Record<string, (frame: unknown) => void>> = {
    ...inbox.readers,
    ready: (frame) => {
      listener.onReady();
      resolveOpened();
      questions.answer(field(frame, "id"), { t: field(frame, "t"), m: [] });
    },
    // What is in force is not what was asked for: requests get the same answer, in the words that all get.
    error: (frame) => (field(frame, "status") === tooMany ? questions.repeatLater() : ended()),
    move: (frame) => {
      stopMove = scheduling.after(must(field(frame, "afterMs"), isCount), ended);
    },
  };
  const socket = open(targetOf(settings, streamQuestion(asked)), {
    onText: (text) => {
      if (isOver) return;
      questions.heard();
      try {
        const frame: unknown = JSON.parse(text);
        readers[`${field(frame, "c")}`]?.(frame);
      } catch {
        broken();
      }
    },
    onClose: (code) => (code === goingAway ? ended(scheduling.random() * secondMs) : broken()),
  });
  return {
    get asked() {
      return asked;
    },
    opened,
    tell,
    leave: (seats) => questions.ask(() => ({ leave: listsOf(seats) })),
    take: inbox.take,
    close: (error) => end({ type: "ended", pauseMs: 0 }, error),
  };
}

/** Items that are kept while listeners take their time: with more it is begun again later, from the cursor. */
const itemsMax = 10_000;

/** What has come and was not taken yet. */
function createInbox(
  { onGap, onNews }: LineListener,
  onFull: () => void,
): Pick<Line, "take"> & {
  readonly readers: Readonly<Record<"gap" | "undefined", (frame: unknown) => void>>;
} {
  let items: readonly unknown[] = [];
  let t: unknown;
  return {
    take: () => {
      const answer = t ? { t, m: items } : undefined;
      t = undefined;
      items = [];
      return answer;
    },
    readers: {
      gap: (frame) => {
        onGap(must(field(frame, "channels"), isTexts));
        t = field(frame, "t");
        onNews();
      },
      undefined: (frame) => {
        items = [...items, ...must(field(frame, "m"), isList)];
        t = field(frame, "t");
        if (items.length > itemsMax) onFull();
        else onNews();
      },
    },
  };
}

/** What opens a stream, as a poll asks. */
function streamQuestion({ path, query = {} }: Question): Question {
  return { path: ["v3", "stream", ...path.slice(2, 4)], query };
}

function subscribeFrame(asked: Question, state: Part): object {
  return {
    subscribe: {
      ...listsOf(targetsIn(asked)),
      filter: asked.query?.["filter-expr"],
      ...(state && { state: JSON.parse(`${state}`) }),
    },
  };
}

function listsOf(targets: TargetSet): { readonly channels: string; readonly groups: string } {
  const { channels, groups } = namesOf(targets);
  return { channels: channels.join(), groups: groups.join() };
}
