/** Imported first, it lets the tests that are imported after it run over streams. */
import { useStreams } from "./transports.ts";

useStreams();
