/** What may stand for the engine: the embedded one, or where Redis or Valkey is. Addresses may hold a password. */
import { parseRedisUrl, RedisUrlError } from "@hereabouts/engine-redis/address";

/** The engine of one process, in it. */
export const embeddedEngine = "embedded";

/** Whether this is where a Redis or Valkey is, that many nodes share. */
export function isClusterEngine(engine: string): boolean {
  return engine !== embeddedEngine;
}

/** Whether a text may stand for the engine. */
export function isEngine(text: string): boolean {
  if (text === embeddedEngine) return true;
  try {
    parseRedisUrl(text);
    return true;
  } catch (error) {
    if (error instanceof RedisUrlError) return false;
    throw error;
  }
}

/** A text that may stand for the engine as it may be shown: without its password. */
export function withoutPassword(text: string): string {
  const end = text.lastIndexOf("@");
  const begin = text.indexOf("//") + 2;
  if (end < 0 || begin < 2) return text;
  const userInfo = text.slice(begin, end);
  const colon = userInfo.indexOf(":");
  return `${text.slice(0, begin)}${colon < 0 ? "" : `${userInfo.slice(0, colon)}:`}***${text.slice(end)}`;
}
