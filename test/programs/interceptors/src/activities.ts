import { current } from './context';

export async function whoAmI(): Promise<string> {
  return current.getStore()?.name ?? 'nobody';
}
