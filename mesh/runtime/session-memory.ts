/**
 * For `maxSessionMemory` of node:http2, in megabytes; the most that it takes. What a stream that is reset had still to send is freed but stays
 * in a session's count, so that any limit ends with ENHANCE_YOUR_CALM for everybody who shares a long-lived connection, as behind a proxy.
 * The streams and windows of a connection bound what it holds; grpc-js sets no limit either.
 */
export const UNLIMITED_SESSION_MEMORY = 2 ** 32 - 1;
