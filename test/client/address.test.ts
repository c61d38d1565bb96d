import { afterEach, describe, expect, it, vi } from 'vitest';
import { engineUrl } from '../../sdk/client/address.ts';
import { Connection } from '../../sdk/client/connection.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the address of the engine', () => {
  it('is the local engine by default, and what is given otherwise', () => {
    vi.stubEnv('PERDURE_ADDRESS', undefined);
    expect(engineUrl()).toBe('http://127.0.0.1:8787');
    expect(engineUrl('engine:99')).toBe('http://engine:99');
    expect(engineUrl('https://engine.example/')).toBe('https://engine.example');
    expect(engineUrl('localhost:7233')).toBe('http://localhost:7233');
  });

  it('is PERDURE_ADDRESS without one, and for one on Temporal’s port', () => {
    vi.stubEnv('PERDURE_ADDRESS', 'http://127.0.0.1:4000/');
    expect(engineUrl()).toBe('http://127.0.0.1:4000');
    expect(engineUrl('localhost:7233')).toBe('http://127.0.0.1:4000');
    expect(engineUrl('temporal:7233', { clientCertPair: {} })).toBe('http://127.0.0.1:4000');
    expect(engineUrl('http://engine:8787')).toBe('http://engine:8787');
    expect(engineUrl('engine:17233')).toBe('http://engine:17233');
  });

  it('is HTTPS with tls, which may ask for nothing more', () => {
    expect(engineUrl('engine.example', true)).toBe('https://engine.example');
    expect(engineUrl('engine.example', {})).toBe('https://engine.example');
    expect(engineUrl('engine.example', null)).toBe('http://engine.example');
    expect(() => engineUrl('engine.example', { clientCertPair: {} })).toThrow('tls');
  });

  it('is not all that a connection may be told: what is about gRPC has no effect, or is refused where it would matter', () => {
    const address = 'http://engine:99';
    expect(() => Connection.lazy({ address, channelArgs: { a: 1 }, interceptors: [] })).not.toThrow();
    expect(() => Connection.lazy({ address, interceptors: [{}] })).toThrow('interceptors');
    expect(() => Connection.lazy({ address, callCredentials: [{}] })).toThrow('callCredentials');
  });

  it('must be one', () => {
    expect(() => engineUrl('http://')).toThrow(TypeError);
  });
});
