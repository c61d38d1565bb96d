export async function countRecords(): Promise<number> {
  return 25;
}
export async function records(offset: number, max: number, end: number): Promise<number[]> {
  const length = Math.max(0, Math.min(max, end - offset));
  return Array.from({ length }, (_, i) => offset + i);
}
export async function processRecord(id: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5 + (id % 3)));
}
