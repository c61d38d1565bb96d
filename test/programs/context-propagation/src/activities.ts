import { log } from '@temporalio/activity';
import { getContext } from './context/context-injection';

export async function greet(name: string): Promise<string> {
  log.info('Greeting');
  return `Hello, ${name} from ${getContext().customer}!`;
}
