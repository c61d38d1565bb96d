export async function upper(text: string): Promise<string> {
  return text.toUpperCase();
}
export async function join(...texts: string[]): Promise<string> {
  return texts.join(' ');
}
export async function reverse(text: string): Promise<string> {
  return [...text].reverse().join('');
}
