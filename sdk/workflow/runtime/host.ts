/** Which JavaScript host this is, told by the name it gives itself. */

const { navigator } = globalThis as { navigator?: { userAgent?: string } };

/** workerd: Cloudflare Workers, deployed or local. Otherwise Node is assumed. */
export const isWorkerd: boolean = navigator?.userAgent === 'Cloudflare-Workers';
