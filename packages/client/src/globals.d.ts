/**
 * What the SDK uses of its surroundings, and all it may use: these declarations are the only globals beyond ES2023 that
 * its sources see. Browsers, Node, Bun and Deno have them. What only some have is feature-detected in `platform.ts`.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

interface FetchInit {
  readonly method: string;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly keepalive?: boolean;
  readonly cache: "no-store";
}

interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

declare function fetch(address: string, init: FetchInit): Promise<FetchReply>;

declare function setTimeout(run: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;
declare function queueMicrotask(run: () => void): void;

declare class WebSocket {
  constructor(address: string);
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

declare const crypto: {
  getRandomValues<Numbers extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>(
    numbers: Numbers,
  ): Numbers;
};
