/** What is used of Cloudflare's vitest integration, whose package has had several names. */
declare module 'cloudflare:test' {
  export function runInDurableObject<R>(
    stub: DurableObjectStub,
    callback: (instance: DurableObject, state: DurableObjectState) => R | Promise<R>,
  ): Promise<R>;
  export function runDurableObjectAlarm(stub: DurableObjectStub): Promise<boolean>;
}
