/** Writes the API reports of the packages from what `tsc -b` has made. `npm run api` builds first. */
import { writeFileSync } from "node:fs";
import { apiReport, reported, reportPath } from "./lib/api-report.ts";

for (const name of reported) writeFileSync(reportPath(name), apiReport(name));
