import { Context } from '@temporalio/activity';

export async function lookUp(): Promise<string> {
  return `${Context.current().info.workflowType} on ${Context.current().info.taskQueue}`;
}
