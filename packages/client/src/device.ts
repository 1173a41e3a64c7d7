/** Which device this is, where the application does not say. */

let ownDeviceId: string | undefined;

/** A random id of 32 hexadecimal digits: the same for the life of the tab or process. */
export function defaultDeviceId(): string {
  ownDeviceId ??= [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return ownDeviceId;
}
