/** What the page's address says: `?user=Ada&channel=lobby&origin=http://127.0.0.1:7400&key=demo`. */

/** Where the page looks, and as whom. */
export interface Settings {
  readonly origin: string;
  readonly subscribeKey: string;
  readonly channel: string;
  /** `undefined`: ask. */
  readonly user: string | undefined;
}

/** Reads the query of an address. What it does not say is as `npm start` has it. */
export function settingsOf(search: string): Settings {
  const query = new URLSearchParams(search);
  const user = query.get("user")?.trim();
  return {
    origin: query.get("origin") ?? "http://127.0.0.1:7400",
    subscribeKey: query.get("key") ?? "demo",
    channel: query.get("channel") ?? "lobby",
    user: user === "" ? undefined : user,
  };
}
