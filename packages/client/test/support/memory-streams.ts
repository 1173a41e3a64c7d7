/**
 * Streams to a server in this process, without sockets: what the server pushes is carried to the client in order, and a
 * network between them may delay it, break it, or lose it without a word.
 */
import { Stream, type StreamDoor, Topics } from "@hereabouts/server";
import type { StreamListener, StreamOpener } from "../../src/index.ts";

/** What becomes of one stream. Everything left out is as on a good network. */
export interface StreamFate {
  /** Milliseconds until the server is asked for it. */
  readonly delayMs?: number;
  /** Milliseconds that each frame takes, in each direction. */
  readonly frameDelayMs?: number;
  /** It is refused, as by a proxy that lets no upgrades through; or nobody answers at all. */
  readonly refused?: "told" | "silent";
  /** It breaks with the frame of this number, which is lost; `silent`: nobody is told, and nothing comes through any more. */
  readonly breaksAt?: { readonly frame: number; readonly how: "told" | "silent" };
}

/** Where streams go. */
export interface StreamGround {
  /** The server's door; `undefined` while there is no server. */
  door(): StreamDoor | undefined;
  /** Runs later, by the test's clock. */
  after(ms: number, run: () => void): void;
  fate(target: string): StreamFate;
  /** Whether nothing gets through at the moment: then what is sent on a stream is lost, and so is the stream. */
  isCut?(): boolean;
}

/** What carries streams, and what there is of them. */
export interface MemoryStreams {
  readonly open: StreamOpener;
  /** Lets a server publish on streams; from then on its handshakes offer them. */
  attach(door: StreamDoor): void;
  /** The targets of all that were asked for. */
  readonly targets: readonly string[];
  /** What clients have sent on them. */
  readonly frames: readonly string[];
  /** Breaks all that are open; the server is told, too. */
  breakAll(): void;
  /** How many are open, as clients see it. */
  openCount(): number;
}

/** Begins to carry streams. */
export function createMemoryStreams(ground: StreamGround): MemoryStreams {
  const targets: string[] = [];
  const frames: string[] = [];
  const wires = new Set<Wire>();
  return {
    targets,
    frames,
    attach: topicsOf,
    open: (target, listener) => {
      targets.push(target);
      const wire = new Wire(ground, ground.fate(target), listener, () => wires.delete(wire));
      wires.add(wire);
      void wire.connect(target);
      return {
        send: (text) => {
          frames.push(text);
          wire.send(text);
        },
        close: () => wire.close(),
      };
    },
    breakAll: () => {
      for (const wire of [...wires]) wire.break();
    },
    openCount: () => wires.size,
  };
}

const halls = new WeakMap<StreamDoor, Topics<(text: string) => void>>();

/** A server publishes in one place, whoever carries its streams. */
function topicsOf(door: StreamDoor): Topics<(text: string) => void> {
  const known = halls.get(door);
  if (known) return known;
  const topics = new Topics<(text: string) => void>();
  door.attach((topic, text) => {
    for (const send of [...topics.of(topic)]) send(text);
  });
  halls.set(door, topics);
  return topics;
}

class Wire {
  readonly #ground: StreamGround;
  readonly #fate: StreamFate;
  readonly #listener: StreamListener;
  readonly #onOver: () => void;
  #stream: Stream | undefined;
  #isOver = false;
  #isDead = false;
  #count = 0;

  constructor(ground: StreamGround, fate: StreamFate, listener: StreamListener, onOver: () => void) {
    this.#ground = ground;
    this.#fate = fate;
    this.#listener = listener;
    this.#onOver = onOver;
  }

  async connect(target: string): Promise<void> {
    const { delayMs, refused } = this.#fate;
    if (delayMs) await new Promise<void>((resolve) => this.#ground.after(delayMs, resolve));
    else await null;
    if (refused === "silent") return;
    const door = this.#ground.door();
    if (refused || !door || this.#isOver || this.#ground.isCut?.()) return this.#end(1006);
    const topics = topicsOf(door);
    const admitted = await door.admit(target);
    if (!(admitted instanceof Stream)) return this.#end(1006);
    this.#stream = admitted;
    const send = (text: string): void => this.#deliver(text);
    admitted.begin({
      send,
      bufferedBytes: () => 0,
      ping: () => {
        if (!this.#isCut() && !this.#isOver) admitted.hear();
      },
      close: (code) => this.#end(code),
      cutOff: () => this.#end(1006),
      join: (topic) => topics.join(topic, send),
      leave: (topic) => topics.leave(topic, send),
    });
    if (this.#isOver) admitted.end();
  }

  send(text: string): void {
    this.#later(() => {
      if (this.#isCut() || this.#isOver) return;
      this.#stream?.take(text);
    });
  }

  /** By the client: what it has sent still arrives. */
  close(): void {
    if (this.#isOver) return;
    const stream = this.#stream;
    this.#later(() => {
      this.#isOver = true;
      this.#onOver();
      if (!this.#isDead) stream?.end();
    });
  }

  break(): void {
    this.#end(1006);
    if (!this.#isDead) this.#stream?.end();
  }

  /** What was lost once is lost for good: frames do not come through after a hole. */
  #isCut(): boolean {
    this.#isDead ||= this.#ground.isCut?.() ?? false;
    return this.#isDead;
  }

  #deliver(text: string): void {
    const { breaksAt } = this.#fate;
    if (this.#isCut() || this.#isOver) return;
    if (breaksAt?.frame === this.#count++) {
      if (breaksAt.how === "told") this.break();
      else this.#isDead = true;
      return;
    }
    this.#later(() => {
      if (!this.#isCut() && !this.#isOver) this.#listener.onText(text);
    });
  }

  #end(code: number): void {
    if (this.#isOver) return;
    this.#later(() => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#onOver();
      if (!this.#isCut()) this.#listener.onClose(code);
    });
  }

  #later(run: () => void): void {
    const { frameDelayMs = 0 } = this.#fate;
    if (frameDelayMs > 0) this.#ground.after(frameDelayMs, run);
    else queueMicrotask(run);
  }
}
