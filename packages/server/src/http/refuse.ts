/** Answers to what never becomes a request: a head or a body that cannot be read. */
import { type FaultCode, zeroTimetoken } from "@hereabouts/protocol";
import { type WireResponse, encodeFault } from "@hereabouts/protocol/wire";
