/** Which device this is, where the application does not say. */

let ownDeviceId: string | undefined;

/** A random id: the same for the life of the tab or process. */
export function defaultDeviceId(): string {
  ownDeviceId ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
  return ownDeviceId;
}
