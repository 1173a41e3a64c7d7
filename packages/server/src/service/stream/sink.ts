/** What a stream writes to: a WebSocket of either runtime, or a test. */

/** One client's connection. No call throws, also when the connection is closed already. */
export interface Sink {
  /** Sends a text frame after all those before. */
  send(text: string): void;
  /** Bytes that were sent and that the client has not taken yet. */
  bufferedBytes(): number;
  /** Asks the client for a sign of life; an answer is told by `Stream.hear`. */
  ping(): void;
  /** Closes the connection when what was sent is out. `Stream.end` is called, now or later. */
  close(code: number, reason: string): void;
  /** Cuts the connection off, whatever is still to be sent. Harmless when it has closed. */
  cutOff(): void;
  /** Begins to take what is published on a topic. */
  join(topic: string): void;
  /** Ceases to, with what is published from now on. */
  leave(topic: string): void;
}

/** Sends one text to every sink that has joined a topic. */
export type Publish = (topic: string, text: string) => void;

/** Topics for sinks whose runtime has none. */
export class Topics<Member> {
  readonly #members = new Map<string, Set<Member>>();

  /** Lets somebody join a topic. */
  join(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (members === undefined) this.#members.set(topic, new Set([member]));
    else members.add(member);
  }

  /** Lets somebody leave a topic. */
  leave(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (members?.delete(member) && members.size === 0) this.#members.delete(topic);
  }

  /** Who has joined a topic. */
  of(topic: string): Iterable<Member> {
    return this.#members.get(topic) ?? [];
  }
}
