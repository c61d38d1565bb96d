export { randomUUID as v4 } from 'node:crypto';
