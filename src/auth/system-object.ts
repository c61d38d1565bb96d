/** The one object of the engine itself: API keys, the namespaces and the engine's own secrets. Its class is the Namespace's. */

import type {
  NamespaceRecord,
  RegisterNamespaceRequest,
  UpdateNamespaceRequest,
} from '../../sdk/common/namespaces.ts';
import type {
  ApiKey,
  AuditedCall,
  AuditPage,
  CreateApiKeyReply,
  PageRequest,
} from '../../sdk/common/security.ts';
import type { Result } from '../../sdk/common/service.ts';
import type { Env } from '../env.ts';
import type { NewApiKey, StoredApiKey } from './api-keys.ts';
import type { EngineSecret } from './engine-secrets.ts';

/** No namespace can have this name: no id has control characters. */
const SYSTEM_OBJECT = '\u0000system';

export interface SystemStub {
  createApiKey(key: NewApiKey): Promise<Result<CreateApiKeyReply>>;
  listApiKeys(): Promise<ApiKey[]>;
  revokeApiKey(id: string): Promise<Result<ApiKey>>;
  findApiKey(id: string): Promise<StoredApiKey | undefined>;
  /** The newest first; never empty. */
  engineSecrets(): Promise<EngineSecret[]>;
  rotateEngineSecret(): Promise<EngineSecret[]>;
  listNamespaces(): Promise<NamespaceRecord[]>;
  findNamespace(name: string): Promise<NamespaceRecord | undefined>;
  homeOfDeletedNamespace(name: string): Promise<{ jurisdiction?: string } | undefined>;
  registerNamespace(request: RegisterNamespaceRequest, id: string): Promise<Result<NamespaceRecord>>;
  updateNamespace(request: UpdateNamespaceRequest, configured: boolean): Promise<Result<NamespaceRecord>>;
  deleteNamespace(name: string): Promise<boolean>;
  audit(call: AuditedCall): Promise<void>;
  auditLog(page: PageRequest): Promise<Result<AuditPage>>;
}

export const isSystemObject = (name: string): boolean => name === SYSTEM_OBJECT;

export function systemObject(env: Env): SystemStub {
  return env.NAMESPACE.getByName(SYSTEM_OBJECT) as unknown as SystemStub;
}
