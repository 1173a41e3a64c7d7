/** An envelope with a presence event as our server writes it, without anything that has to be found out. */

/** The text of one envelope, about 400 bytes: as long as ours. */
export function eventText(action: "join" | "leave", channel: string, user: string): string {
  return (
    `{"a":"1","f":0,"p":{"t":"17955418664520000","r":1},"k":"demo","c":"${channel}-pnpres",` +
    `"u":{"pn_action":"${action}","pn_channel":"${channel}","pn_ispresence":1,"pn_occupancy":2,` +
    `"pn_precise_timestamp":1795541866452,"pn_timestamp":1795541866,"pn_uuid":"${user}"},` +
    `"d":{"action":"${action}","uuid":"${user}","timestamp":1795541866,"precise_timestamp":1795541866452,` +
    `"occupancy":2,"epoch":"Omb1SgPI.1","revision":2},"b":"${channel}-pnpres"}`
  );
}

/** A frame with some events. */
export function eventFrame(events: readonly string[]): string {
  return `{"t":{"t":"17955418664520000","r":1},"m":[${events.join(",")}]}`;
}
