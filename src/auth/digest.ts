/** Digests of secrets: what is stored in their place, and how two of them are compared without telling by time. */

const encoder = new TextEncoder();

export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)));
}

export async function sha256Hex(text: string): Promise<string> {
  return [...(await sha256(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Takes as long whatever the two are: they are of one length, and every byte is looked at. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}

/** Are two secrets the same? Their digests are compared, so that nothing about either shows in the time it takes. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  return sameBytes(await sha256(a), await sha256(b));
}
