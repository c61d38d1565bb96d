export async function addDays(d: Date, n: number): Promise<Date> {
  if (!(d instanceof Date)) throw new Error('not a date');
  return new Date(d.getTime() + n * 86400_000);
}
