/** An observer: polls on and on over one connection, and hands on what it is told. */
import { openConnection, refusal } from "./connection.ts";
import { buildRequest } from "./requests.ts";

/** What an observer does. */
export interface ObserverOptions {
  readonly port: number;
  /** The target of a poll from a cursor on; `0` is the handshake. */
  target(cursor: string): string;
  /** Called with the body of each answer but the handshake's, at once when it has come. */
  onNews(body: string): void;
  onFailure(error: Error): void;
}

/** Who observes. */
export interface Observer {
  /** Settled when its handshake was answered and its first poll has been sent. */
  readonly ready: Promise<void>;
  stop(): void;
}

/** Starts an observer. */
export function startObserver({ port, target, onNews, onFailure }: ObserverOptions): Observer {
  const ready = Promise.withResolvers<void>();
  let isReady = false;
  const fail = (error: Error): void => {
    ready.reject(error);
    onFailure(error);
  };
  const connection = openConnection(port, {
    onOpen: () => connection.send(buildRequest(target("0"), port)),
    onAnswer: (status, body) => {
      if (status !== 200) return fail(refusal(status, body));
      const text = body.bytes.toString("utf8", body.start, body.end);
      if (isReady) onNews(text);
      const cursor = /"t":"(\d+)"/.exec(text)?.[1];
      if (cursor === undefined) return fail(new Error(`An answer has no cursor: ${text.slice(0, 300)}`));
      connection.send(buildRequest(target(cursor), port));
      isReady = true;
      ready.resolve();
    },
    onLost: (reason) => fail(new Error(reason)),
  });
  return { ready: ready.promise, stop: () => connection.drop() };
}
