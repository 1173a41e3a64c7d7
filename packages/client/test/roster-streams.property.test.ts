/** Rosters in bad weather, over streams. */
import "./support/use-streams.ts";
import "./roster.property.test.ts";
