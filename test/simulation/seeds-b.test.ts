/** Whole clusters in one process, with everything that can go wrong: the second share of the seeds. */
import { testShare } from "./seed-share.ts";

testShare(1);
