import { describeEngine } from "@hereabouts/testkit/conformance";
import { openInMemory, openOnDisk } from "./open-engine.ts";

describeEngine("embedded, in memory", openInMemory, { keeps: "nothing" });
describeEngine("embedded, on disk", openOnDisk(), { keeps: "everything" });
