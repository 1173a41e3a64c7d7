/** Polls that are answered by messages, group by group, as often as asked. */
import { openConnection, refusal } from "./connection.ts";
import type { AnswersOrder, CrowdReport } from "./messages.ts";
import { type Observer, startObserver } from "./observer.ts";
import { buildRequest, channelsOfSeats, pollTarget, publishTarget, userName } from "./requests.ts";

const messageWithinMs = 10_000;

/** Runs an order. The time it took is that of the messages and their answers, without the polls before. */
export async function answerPolls(order: AnswersOrder): Promise<CrowdReport> {
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const seen = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const onNews = (body: string): void => {
    for (const [, text = ""] of body.matchAll(/"d":"([^"]+)"/g)) {
      const count = (seen.get(text) ?? 0) + 1;
      seen.set(text, count);
      if (count === order.observersPerGroup) waiting.get(text)?.();
      if (count > order.observersPerGroup) failure.reject(new Error(`The message ${text} came twice.`));
    }
  };
  const observers = await openObservers(order, onNews, failure.reject);
  const publisher = openPublisher(order.port, failure.reject);
  const started = performance.now();
  try {
    for (let message = 0; message < order.messages; message++) {
      for (let group = 0; group < order.groups; group++) {
        const channel = channelsOfSeats(group, order)[message % order.perUser] ?? "";
        const text = `message-${group}-${message}`;
        const all = Promise.withResolvers<void>();
        waiting.set(text, all.resolve);
        publisher.publish(publishTarget(channel, text));
        await Promise.race([all.promise, failure.promise, late(text)]);
        waiting.delete(text);
      }
      await new Promise((resolve) => setTimeout(resolve, order.pauseMs));
    }
    const elapsedMs = performance.now() - started;
    const count = order.groups * order.messages * order.observersPerGroup;
    return { count, serverCpuMs: 0, elapsedMs, spreadMs: 0 };
  } finally {
    for (const observer of observers) observer.stop();
    publisher.stop();
  }
}

async function openObservers(
  order: AnswersOrder,
  onNews: (body: string) => void,
  onFailure: (error: Error) => void,
): Promise<readonly Observer[]> {
  const observers: Observer[] = [];
  for (let index = 0; index < order.groups * order.observersPerGroup; index++) {
    const channels = channelsOfSeats(index % order.groups, order).join(",");
    const target = (cursor: string): string => pollTarget(channels, userName(index), cursor);
    const observer = startObserver({ port: order.port, target, onNews, onFailure });
    observers.push(observer);
    await observer.ready;
  }
  // The last poll has been sent, but it has yet to be taken in.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return observers;
}

function openPublisher(
  port: number,
  fail: (error: Error) => void,
): { publish: (target: string) => void; stop: () => void } {
  const opened = Promise.withResolvers<void>();
  const connection = openConnection(port, {
    onOpen: opened.resolve,
    onAnswer: (status, body) => {
      if (status !== 200) fail(refusal(status, body));
    },
    onLost: (reason) => fail(new Error(reason)),
  });
  return {
    publish: (target) => void opened.promise.then(() => connection.send(buildRequest(target, port))),
    stop: () => connection.drop(),
  };
}

function late(text: string): Promise<never> {
  return new Promise((_, reject) => {
    const error = new Error(`Not all polls were answered with ${text} within ${messageWithinMs} ms.`);
    setTimeout(() => reject(error), messageWithinMs).unref();
  });
}
