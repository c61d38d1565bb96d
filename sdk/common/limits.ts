/** Bounds that the engine and the SDK share. docs/limits.md lists all of them. */

/** Up to here a payload stands in the history itself; a larger one is stored beside it, once for each run. */
export const MAX_INLINE_PAYLOAD_BYTES = 128 * 1024;
/** The largest payload, in bytes of decoded data, unless the engine's MAX_PAYLOAD_BYTES says otherwise. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
/**
 * The largest JSON message: request bodies, answers of Workers, and what one event of history carries. A payload of
 * 16 MiB has 21.4 MiB in base64; JS RPC carries 32 MiB.
 */
export const MAX_MESSAGE_BYTES = 24 * 1024 * 1024;
