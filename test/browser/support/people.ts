/** Other users, by raw requests. */
import type { ServerProcess } from "@hereabouts/testkit";

/** What others can do in a channel. */
export interface People {
  come(user: string): Promise<void>;
  go(user: string): Promise<void>;
  feel(user: string, mood: string): Promise<void>;
}

/** Others in a channel of a server. */
export function peopleIn(server: ServerProcess, channel: string): People {
  const ask = async (user: string, rest: string, query: Readonly<Record<string, string>>): Promise<void> => {
    const path = `/v2/presence/sub-key/demo/channel/${channel}/${rest}?${new URLSearchParams({ uuid: user, ...query })}`;
    const reply = await fetch(server.url(path));
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path} was answered with ${reply.status}: ${text}`);
  };
  return {
    come: (user) => ask(user, "heartbeat", {}),
    go: (user) => ask(user, "leave", {}),
    feel: (user, mood) => ask(user, `uuid/${user}/data`, { state: JSON.stringify({ mood }) }),
  };
}
