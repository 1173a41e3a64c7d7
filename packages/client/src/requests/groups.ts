/** Channel groups: named sets of channels. */
import type { CallOptions, Groups } from "../api.ts";
import { checkName, checkTargets } from "../names.ts";
import type { Part } from "./ask.ts";
import type { CallContext } from "./context.ts";
import { field, isCount, isTexts, must } from "./reply.ts";

/** Makes `channelGroups`. */
export function createGroups({ ask, settings }: CallContext<unknown>): Groups {
  const path = ["v1", "channel-registration", "sub-key", settings.subscribeKey, "channel-group"];
  type GroupOptions = CallOptions & { readonly channelGroup: string };
  const askGroup = async (
    options: GroupOptions,
    below: readonly Part[],
    query: { add?: Part; remove?: Part } = {},
  ) => {
    const group = checkName(options.channelGroup, "channelGroup");
    const { json } = await ask({ path: [...path, group, ...below], query }, options);
    must(field(json, "status"), isCount);
    return json;
  };
  return {
    addChannels: async (options) => {
      await askGroup(options, [], { add: checkTargets({ channels: options.channels }).channels });
    },
    removeChannels: async (options) => {
      await askGroup(options, [], { remove: checkTargets({ channels: options.channels }).channels });
    },
    delete: async (options) => {
      await askGroup(options, ["remove"]);
    },
    listChannels: async (options) => ({
      channels: must(field(await askGroup(options, []), "payload", "channels"), isTexts),
    }),
    list: async (options) => {
      const { json } = await ask({ path }, options);
      return { channelGroups: must(field(json, "payload", "groups"), isTexts) };
    },
  };
}
