/** Activities do the work: they may call anything, and are tried again when they fail. */

export async function greet(name: string): Promise<string> {
  return `Hello, ${name}!`;
}
