/** Opens streams with the platform's `WebSocket`. */
import type { StreamOpener } from "./ports.ts";

/** Abnormal closure: what WebSocket says when there was no close frame. */
const abnormal = 1006;

/** Makes what opens streams at an origin. Where the platform has no `WebSocket`, none comes about. */
export function createWebSocketOpener(origin: string): StreamOpener {
  const base = origin.replace(/\/$/, "").replace(/^http/i, "ws");
  return (target, { onText, onClose }) => {
    let socket: WebSocket | undefined;
    try {
      socket = new WebSocket(base + target);
      socket.onmessage = ({ data }) => onText(String(data));
      // An error that ends a stream is followed by its close.
      socket.onclose = ({ code }) => onClose(code);
    } catch {
      queueMicrotask(() => onClose(abnormal));
    }
    return {
      send: (text) => socket?.send(text),
      close: () => socket?.close(),
    };
  };
}
