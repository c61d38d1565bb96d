export async function birthday({ born }: { born: Date }): Promise<{ next: Date; seconds: bigint }> {
  const next = new Date(born);
  next.setUTCFullYear(2030);
  return { next, seconds: BigInt(Math.round((next.getTime() - born.getTime()) / 1000)) };
}
