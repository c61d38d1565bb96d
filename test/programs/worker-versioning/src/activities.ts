export async function someActivity(calledBy: string): Promise<string> {
  return `called by ${calledBy}`;
}
