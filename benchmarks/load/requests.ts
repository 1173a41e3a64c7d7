/** Turns plans into the bytes of requests, about 500 each, as a browser would send them. */
import type { Plan } from "./messages.ts";

/** The bytes of every request of a plan. */
export function buildRequests(plan: Plan, port: number): Buffer[] {
  return targetsOf(plan).map((target) => buildRequest(target, port));
}

/** The bytes of one request. */
export function buildRequest(target: string, port: number): Buffer {
  return Buffer.from(
    `GET ${target} HTTP/1.1\r\n` +
      `Host: 127.0.0.1:${port}\r\n` +
      "Connection: keep-alive\r\n" +
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
      "Accept: */*\r\n" +
      "Origin: https://app.example.com\r\n" +
      "Referer: https://app.example.com/\r\n" +
      "Accept-Encoding: gzip, deflate, br\r\n" +
      "Accept-Language: en-GB,en;q=0.9\r\n" +
      "\r\n",
    "latin1",
  );
}

/** A user's id: 20 characters, as long as many applications' own. */
export function userName(index: number): string {
  return `user-${index.toString(36).padStart(15, "0")}`;
}

/** The name of one of the benches' channels. */
export function channelName(index: number): string {
  return `room-${index}`;
}

/** The target of a heartbeat; with a state, in JSON, it sets that in its channel. Its seat lasts 300 s unless told. */
export function heartbeatTarget(channel: string, user: string, state?: string, seconds = 300): string {
  const carried = state === undefined ? "" : `&state=${encodeURIComponent(state)}`;
  return `/v2/presence/sub-key/demo/channel/${channel}/heartbeat?heartbeat=${seconds}&uuid=${user}${carried}&requestid=5b3c1f0e&pnsdk=bench%2F1`;
}

/** The channels of a user of a plan of seats: neighbours in number, so that they differ. */
export function channelsOfSeats(
  user: number,
  { channels, perUser }: { readonly channels: number; readonly perUser: number },
): readonly string[] {
  return range(perUser).map((index) => channelName((user * perUser + index) % channels));
}

/** The target of a leave. */
export function leaveTarget(channel: string, user: string): string {
  return `/v2/presence/sub-key/demo/channel/${channel}/leave?uuid=${user}&pnsdk=bench%2F1`;
}

/** The target of a subscribe to a channel and its presence channel; cursor `0` is a handshake. */
export function subscribeTarget(channel: string, user: string, cursor: string): string {
  return `/v2/subscribe/demo/${channel},${channel}-pnpres/0?tt=${cursor}&tr=1&uuid=${user}&heartbeat=300&requestid=5b3c1f0e&pnsdk=bench%2F1`;
}

/** The target of a subscribe to a list of channels as they are; cursor `0` is a handshake. */
export function pollTarget(channels: string, user: string, cursor: string): string {
  return `/v2/subscribe/demo/${channels}/0?tt=${cursor}&tr=1&uuid=${user}&heartbeat=300&requestid=5b3c1f0e&pnsdk=bench%2F1`;
}

/** The target of the publication of a text. */
export function publishTarget(channel: string, text: string): string {
  return `/publish/demo/demo/0/${channel}/0/%22${text}%22?uuid=bench&pnsdk=bench%2F1`;
}

/** The two channels of a user of the heartbeat plan. */
export function channelsOfUser(user: number, channels: number): readonly [number, number] {
  return [(user * 7) % channels, (user * 13 + 1) % channels];
}

function targetsOf(plan: Plan): string[] {
  switch (plan.kind) {
    case "heartbeats":
      return heartbeatTargets(plan.users, plan.channels);
    case "fill":
      return usersOf(plan).map((user) => heartbeatTarget(plan.channel, userName(user), plan.state));
    case "cycle":
      return [...plan.targets];
    case "seats":
      return usersOf(plan).map((user) =>
        heartbeatTarget(channelsOfSeats(user, plan).join(","), userName(user)),
      );
    case "repeat":
      return [plan.target];
    case "handshakes":
      return usersOf(plan).map((user) => subscribeTarget(homeOf(user, plan), userName(user), "0"));
    case "polls":
      return usersOf(plan).map((user) => subscribeTarget(homeOf(user, plan), userName(user), plan.cursor));
    case "publishes":
      return range(plan.channels).map((channel) => publishTarget(channelName(channel), plan.text));
  }
}

function heartbeatTargets(users: number, channels: number): string[] {
  const targets = range(users * 2).map((index) => {
    const user = index % users;
    const pair = channelsOfUser(user, channels);
    return heartbeatTarget(channelName(index < users ? pair[0] : pair[1]), userName(user));
  });
  // A fixed mixing: neighbours in time are strangers in memory, as with real users.
  const stride = 7919;
  return range(targets.length).map((index) => targets[(index * stride) % targets.length] ?? "");
}

function homeOf(user: number, plan: { readonly channels: number }): string {
  return channelName(user % plan.channels);
}

function usersOf(plan: { readonly first: number; readonly users: number }): number[] {
  return range(plan.users).map((index) => plan.first + index);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
