/** What the SDK does over polls, over streams. */
import "./support/use-streams.ts";
import "./calls.test.ts";
import "./connection.test.ts";
import "./core.test.ts";
import "./platform.test.ts";
import "./roster-client.test.ts";
import "./roster-large.test.ts";
import "./seats.test.ts";
import "./subscribing.test.ts";
import "./schema.test.ts";
import "./weather.property.test.ts";
