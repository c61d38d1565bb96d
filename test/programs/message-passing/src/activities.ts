export async function callGreetingService(language: string): Promise<string | undefined> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return { arabic: 'مرحبا', hindi: 'नमस्ते', chinese: '你好' }[language];
}
export async function assign(nodes: string[], job: string): Promise<string[]> {
  return nodes.map((node) => `${node}:${job}`);
}
