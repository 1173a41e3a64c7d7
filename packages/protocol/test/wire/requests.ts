/** Requests and what becomes of them, for the codec's tests. */
import type { Command, CommandKind, CommandOf, Fault } from "@hereabouts/protocol";
import {
  type Decoded,
  decodeRequest,
  encodeFault,
  neverCancelled,
  type WireRequest,
  type WireResponse,
} from "@hereabouts/protocol/wire";

/** The timetoken of every fault's reply in these tests. */
export const now = 17_579_694_347_952_403n;

export function request(method: string, target: string, body?: string): WireRequest {
  return { method, target, header: () => undefined, body, signal: neverCancelled };
}

export function decoded(target: string, method = "GET", body?: string): Decoded {
  return decodeRequest(request(method, target, body));
}

export function commandOf(target: string, method = "GET", body?: string): Command {
  const result = decoded(target, method, body);
  if (!result.ok) throw new Error(`${target}: ${result.fault.code} ${result.fault.message ?? ""}`);
  return result.command;
}

export function commandOfKind<Kind extends CommandKind>(kind: Kind, target: string): CommandOf<Kind> {
  const command = commandOf(target);
  if (command.kind !== kind) throw new Error(`${target} is a ${command.kind}, not a ${kind}`);
  return command as CommandOf<Kind>;
}

export function faultOf(target: string, method = "GET", body?: string): Fault {
  const result = decoded(target, method, body);
  if (result.ok) throw new Error(`${target} is a ${result.command.kind} command`);
  return result.fault;
}

/** The reply to a request that cannot be decoded. */
export function refusalOf(target: string, method = "GET", body?: string): WireResponse {
  const result = decoded(target, method, body);
  if (result.ok) throw new Error(`${target} is a ${result.command.kind} command`);
  return encodeFault(result.fault, result.hint, now);
}

/** A refusal's status and parsed body. */
export function refusalBodyOf(target: string, method = "GET", body?: string): [number, unknown] {
  const reply = refusalOf(target, method, body);
  return [reply.status, JSON.parse(reply.body)];
}
