export interface Env {
  address: string;
  namespace: string;
  clientCertPath?: string;
  clientKeyPath?: string;
  serverNameOverride?: string;
  serverRootCACertificatePath?: string;
  taskQueue: string;
  apiKey?: string;
}
export function getEnv(): Env {
  return {
    address: process.env.TEMPORAL_ADDRESS ?? 'localhost:7233',
    namespace: process.env.TEMPORAL_NAMESPACE ?? 'default',
    clientCertPath: process.env.TEMPORAL_CLIENT_CERT_PATH,
    clientKeyPath: process.env.TEMPORAL_CLIENT_KEY_PATH,
    serverNameOverride: process.env.TEMPORAL_SERVER_NAME_OVERRIDE,
    serverRootCACertificatePath: process.env.X,
    taskQueue: process.env.TEMPORAL_TASK_QUEUE || 'connection-options',
    apiKey: process.env.TEMPORAL_API_KEY,
  };
}
