export async function example(name: string): Promise<string> {
  return `Hello, ${name}`;
}
