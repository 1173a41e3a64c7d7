/** The provider: gives a client to the hooks below it, and closes the one it made. */
import { type ClientTypes, createClient } from "@hereabouts/client";
import { type Context, createElement, type ReactNode, useEffect, useMemo, useState } from "react";
import type { HereaboutsProviderProps } from "./api.ts";
import { createOwnSource, type Source, sourceOf } from "./source.ts";

/** The provider of a context. */
export function createProvider<Types extends ClientTypes>(
  context: Context<Source<Types> | undefined>,
): (props: HereaboutsProviderProps<Types>) => ReactNode {
  // biome-ignore lint/correctness/noComponentHookFactories: a provider is made once, in a module.
  return function HereaboutsProvider({ client, options, children }) {
    const [own] = useState(() =>
      options === undefined ? undefined : createOwnSource(options.userId, () => createClient(options)),
    );
    const source = useMemo(() => (client === undefined ? own : sourceOf(client)), [client, own]);
    useEffect(() => source?.hold(), [source]);
    return createElement(context.Provider, { value: source }, children);
  };
}
