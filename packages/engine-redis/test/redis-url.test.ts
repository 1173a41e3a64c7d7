import { parseRedisUrl, RedisUrlError } from "@hereabouts/engine-redis";
import { expect, test } from "vitest";

const plain = { isEncrypted: false, username: undefined, password: undefined, database: 0, masterName: "" };

test.each([
  ["redis://h", { ...plain, kind: "alone", nodes: [{ host: "h", port: 6_379 }] }],
  [
    "rediss://h:1/7",
    { ...plain, kind: "alone", isEncrypted: true, database: 7, nodes: [{ host: "h", port: 1 }] },
  ],
  ["redis://[::1]:2", { ...plain, kind: "alone", nodes: [{ host: "::1", port: 2 }] }],
  [
    "redis://us%3Aer:p%40ss@h",
    { ...plain, kind: "alone", username: "us:er", password: "p@ss", nodes: [{ host: "h", port: 6_379 }] },
  ],
  ["redis://:secret@h", { ...plain, kind: "alone", password: "secret", nodes: [{ host: "h", port: 6_379 }] }],
  [
    "rediss+cluster://a:1,b",
    {
      ...plain,
      kind: "cluster",
      isEncrypted: true,
      nodes: [
        { host: "a", port: 1 },
        { host: "b", port: 6_379 },
      ],
    },
  ],
  [
    "redis+sentinel://a,b:3/seats/2",
    {
      ...plain,
      kind: "sentinel",
      masterName: "seats",
      database: 2,
      nodes: [
        { host: "a", port: 26_379 },
        { host: "b", port: 3 },
      ],
    },
  ],
])("%s is understood", (url, target) => {
  expect(parseRedisUrl(url)).toEqual(target);
});

test.each([
  ["http://h", "This is no address of a Redis."],
  ["h:6379", "This is no address of a Redis."],
  ["redis://h?db=1", "This is no address of a Redis."],
  ["redis://", '"" is no host with a port.'],
  ["redis://h:0", "The port 0 is not from 1 to 65535."],
  ["redis://h:99999", "The port 99999 is not from 1 to 65535."],
  ["redis://h:x", '"h:x" is no host with a port.'],
  ["redis://::1", '"::1" is no host with a port.'],
  ["redis://a,b", "redis:// takes one host; several are a cluster or Sentinels."],
  ["redis://secret@h", "Before the @ stands user:password, or :password alone."],
  ["redis://:%zz@h", "The user or the password has a % that is no escape; write %25."],
  ["redis://h/x", 'The database "x" is no number from 0 to 16383.'],
  ["redis+cluster://h/1", "A cluster has the database 0 only."],
  ["redis+sentinel://h", "After the Sentinels stands the name of the master."],
])("%s is refused", (url, problem) => {
  expect(() => parseRedisUrl(url)).toThrow(RedisUrlError);
  expect(() => parseRedisUrl(url)).toThrow(problem);
  expect(() => parseRedisUrl(url)).not.toThrow(/secret/);
});
