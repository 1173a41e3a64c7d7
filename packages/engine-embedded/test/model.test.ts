import { describeEngineModel } from "@hereabouts/testkit/conformance";
import { openInMemory, openOnDisk } from "./open-engine.ts";

describeEngineModel("embedded, in memory", openInMemory, { keeps: "nothing", runs: 500 });
describeEngineModel("embedded, on disk", openOnDisk(), { keeps: "everything", runs: 60 });
